"""Clients that behave as real phones do: one key for one act, sent again until there is an answer, sometimes twice at once."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import httpx

from tests.world import picture

CONDITION = "C01001-02"  # a damaged cover: filing condition, and what closes it
CLASS = "component:01001"
TIMEOUT_S = 15.0
TWICE = 0.12  # share of acts that an impatient finger sends twice at once
BY_PAGE = 0.5  # share of the steps that can be done on the page which are done there
MOST_WAIT_S = 2.0
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@dataclass(frozen=True)
class Step:
    """One step of a case's way: who does it, with which outcome, and what the form asks."""

    name: str
    who: str
    outcome: str
    data: dict[str, Any] = field(default_factory=dict)
    photo: str = ""
    reason: str = ""
    page: bool = False  # nothing to fill in: may be done by the page's form


WAY = (
    Step("accept", "acceptor", "pass"),
    Step("file", "shift_leader", "file", {"condition": CONDITION, "not_duplicate": True}),
    Step("dispatch", "dispatcher", "dispatch"),
    Step("handle", "handler2", "done", photo="after", reason="已更换井盖"),
    Step("screen", "dispatcher", "pass", page=True),
    Step("send_check", "acceptor", "send", page=True),
    Step("check", "inspector2", "pass", photo="check"),
    Step("close", "shift_leader2", "close", {"closing": CONDITION}),
)


@dataclass
class Act:
    """Something sent, with what came back. `answer` is the acknowledgement: from then on it must be there for good."""

    kind: str
    who: str
    key: str
    path: str
    body: dict[str, Any]
    answer: dict[str, Any] | None = None
    refused: str = ""
    tries: int = 0
    by_page: bool = False


class Ledger:
    """Everything the phones know: what was acknowledged, what was refused, what the answers looked like."""

    def __init__(self) -> None:
        self.acts: list[Act] = []
        self.uploads: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.cut = 0  # connections that broke, answers that never came
        self.bare: list[str] = []  # failures without a sentence
        self.slowest = 0.0
        self._lock = threading.Lock()

    def keep(self, act: Act) -> Act:
        with self._lock:
            self.acts.append(act)
        return act

    def saw(self, response: httpx.Response) -> None:
        with self._lock:
            self.statuses[response.status_code] += 1
            self.slowest = max(self.slowest, response.elapsed.total_seconds())
            if response.status_code == 503 and "retry-after" not in response.headers:
                self.bare.append(f"503 without Retry-After: {response.request.url.path}")
            if response.status_code in (500, 502, 504):
                where = UUID.sub("<uid>", response.request.url.path)
                self.bare.append(f"{response.status_code} {response.request.method} {where}: {UUID.sub('<uid>', response.text[:300])}")

    def lost(self) -> None:
        with self._lock:
            self.cut += 1

    @property
    def acknowledged(self) -> list[Act]:
        return [a for a in self.acts if a.answer is not None]


class Stopped(Exception):
    """The run is over and this act was given up; it may or may not have happened."""


class Board:
    """Cases and the step that each waits for. Several phones take from it; a case is in one hand at a time."""

    def __init__(self, seed: int) -> None:
        self.waiting: list[tuple[str, int]] = []
        self.draw = random.Random(seed)
        self.left: float | int = 0
        self.condition = threading.Condition()
        self.closed = 0

    def put(self, case: str, at: int) -> None:
        with self.condition:
            self.waiting.append((case, at))
            self.condition.notify()

    def take(self, wanted: int) -> tuple[str, int] | None:
        """Return a case to go on with, or None: report something new."""
        with self.condition:
            if len(self.waiting) < wanted:
                return None
            return self.waiting.pop(self.draw.randrange(len(self.waiting)))


class Desk:
    """Sessions of the people, signed in by the page; shared by all phones."""

    def __init__(self, url: str, world: dict[str, Any], ledger: Ledger) -> None:
        self.url, self.world, self.ledger = url, world, ledger
        self.sessions: dict[str, dict[str, str]] = {}
        self.lock = threading.Lock()

    def cookies(self, who: str) -> dict[str, str]:
        with self.lock:
            if who not in self.sessions:
                self.sessions[who] = self._sign_in(who)
            return self.sessions[who]

    def forget(self, who: str) -> None:
        with self.lock:
            self.sessions.pop(who, None)

    def _sign_in(self, who: str) -> dict[str, str]:
        with httpx.Client(base_url=self.url, trust_env=False, timeout=30, headers={"Accept": "text/html"}) as client:
            page = client.get("/accounts/login/")
            page.raise_for_status()
            form = next(f for f in forms_of(page.text) if "password" in f)
            done = client.post("/accounts/login/", data={**form, "login": self.world["people"][who], "password": self.world["password"]},
                               headers={"Referer": self.url})  # fmt: skip
            if done.status_code != 302:
                raise RuntimeError(f"{who} cannot sign in: {done.status_code} {done.text[:500]}")
            return dict(client.cookies)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {k: v or "" for k, v in attrs}
        if tag == "form":
            self.found.append({})
        elif tag in ("input", "textarea") and self.found and given.get("name") and given.get("type") not in ("file", "submit"):
            if given.get("type") in ("radio", "checkbox") and "checked" not in given:
                return
            self.found[-1][given["name"]] = given.get("value", "")


def forms_of(html: str) -> list[dict[str, str]]:
    """Return each form of a page as the names and values that it would send untouched."""
    parser = _Forms()
    parser.feed(html)
    return parser.found


class Phone(threading.Thread):
    """One client: reports, goes on with cases, urges; every act until it is answered."""

    def __init__(self, number: int, seed: int, desk: Desk, board: Board, ledger: Ledger, more: Callable[[], bool], finish_by: Callable[[], float]) -> None:
        super().__init__(daemon=True, name=f"phone-{number}")
        self.draw = random.Random(seed * 1000 + number)
        self.desk, self.board, self.ledger, self.more, self.finish_by = desk, board, ledger, more, finish_by
        self.client = httpx.Client(base_url=desk.url, trust_env=False, timeout=TIMEOUT_S)
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            while self.more():
                self._one()
        except Stopped:
            pass
        except BaseException as error:
            self.error = error
        finally:
            self.client.close()

    def _one(self) -> None:
        found = self.board.take(4)
        if found is None:
            self._report()
            return
        case, at = found
        if at > 1 and self.draw.random() < 0.1:
            self._act(case, Act("urge", "dispatcher", str(uuid4()), f"/api/v1/cases/{case}/actions", {"action": "urge"}))
        step = WAY[at]
        if step.page and self.draw.random() < BY_PAGE:
            done = self._by_page(case, step)
        else:
            done = self._step(case, step)
        if done and at + 1 < len(WAY):
            self.board.put(case, at + 1)

    # --- acts --------------------------------------------------------------------------------------------------------

    def _report(self) -> None:
        lon, lat = self.draw.choice(self.desk.world["places"])
        who, channel = ("inspector", "inspector") if self.draw.random() < 0.7 else ("acceptor2", "hotline")
        files = [self._upload(who, "before")]
        body: dict[str, Any] = {
            "text": f"井盖破损，有响声 {self.draw.randrange(10**9)}", "class": CLASS, "lon": lon + self.draw.uniform(-2e-4, 2e-4),
            "lat": lat + self.draw.uniform(-2e-4, 2e-4), "channel": channel, "files": files,
        }  # fmt: skip
        act = Act("report", who, str(uuid4()), "/api/v1/reports", body)
        answer = self._act("", act)
        if answer is not None:
            self.board.put(answer["case"], 0)

    def _step(self, case: str, step: Step) -> bool:
        task = self._task(case, step)
        if task is None:
            return False
        body: dict[str, Any] = {"action": "complete", "outcome": step.outcome, "data": step.data, "reason": step.reason}
        if step.photo:
            body["files"] = [self._upload(step.who, step.photo)]
        return self._act(case, Act(step.name, step.who, str(uuid4()), f"/api/v1/tasks/{task}/actions", body)) is not None

    def _task(self, case: str, step: Step) -> str | None:
        """Look at the case and return the task on which the step is to be done."""
        shown = self._patient("GET", f"/api/v1/cases/{case}", step.who).json()
        task = next((m["task"] for m in shown["moves"] if m["action"] == "complete" and m["outcome"] == step.outcome and not m["blocked"]), None)
        if task is None:
            self.ledger.keep(Act(step.name, step.who, "", f"/api/v1/cases/{case}", {}, refused=f"no such move in {shown['state']}"))
        return task

    def _by_page(self, case: str, step: Step) -> bool:
        """Open the case's page and send its form, as often as needed: the form carries its own number."""
        page = self._patient("GET", f"/city/cases/{case}/", step.who, headers={"Accept": "text/html"})
        form = next((f for f in forms_of(page.text) if f.get("action") == "complete" and f.get("outcome") == step.outcome), None)
        act = self.ledger.keep(Act(step.name, step.who, (form or {}).get("idempotency_key", ""), f"/city/cases/{case}/act/", dict(form or {}), by_page=True))
        if form is None:
            act.refused = "the page does not offer it"
            return False
        done = self._patient("POST", act.path, step.who, data=form, headers={"Accept": "text/html", "Referer": self.desk.url}, act=act)
        if done.status_code in (302, 303):
            act.answer = {"case": case, "task": form.get("task", "")}
            return True
        act.refused = f"{done.status_code} {done.text[:300]}"
        return False

    def _upload(self, who: str, stage: str) -> str:
        content = picture(f"{stage}-{self.draw.randrange(10**12)}", size=(240, 180))
        while True:
            done = self._patient("POST", "/api/v1/files", who, files={"file": ("photo.jpg", content, "image/jpeg")}, data={"stage": stage})
            if done.status_code == 201:
                uid = str(done.json()["uid"])
                self.ledger.uploads.append(uid)
                return uid
            if done.status_code != 507:
                raise RuntimeError(f"the photo was refused: {done.status_code} {done.text[:300]}")
            self._pause(0.5)  # the store is full: told in a sentence, so the phone keeps it and tries again

    def _act(self, case: str, act: Act) -> dict[str, Any] | None:
        """Send an act until it is answered; sometimes twice at the same moment."""
        self.ledger.keep(act)
        headers = {"Idempotency-Key": act.key}
        twin = None
        if self.draw.random() < TWICE:
            twin = threading.Thread(target=self._twin, args=(act, headers), daemon=True)
            twin.start()
        done = self._patient("POST", act.path, act.who, json=act.body, headers=headers, act=act)
        if twin is not None:
            twin.join(timeout=60)
        if done.status_code in (200, 201):
            act.answer = done.json()
            return act.answer
        act.refused = f"{done.status_code} {done.text[:300]}"
        return None

    def _twin(self, act: Act, headers: dict[str, str]) -> None:
        with httpx.Client(base_url=self.desk.url, trust_env=False, timeout=TIMEOUT_S) as client:
            try:
                self.ledger.saw(client.post(act.path, json=act.body, headers={**headers, **self._who(act.who)}))
            except httpx.HTTPError:
                self.ledger.lost()

    # --- sending -----------------------------------------------------------------------------------------------------

    def _who(self, who: str) -> dict[str, str]:
        cookies = self.desk.cookies(who)
        return {"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items()), "X-CSRFToken": cookies.get("csrftoken", "")}

    def _patient(self, method: str, path: str, who: str, *, headers: dict[str, str] | None = None, act: Act | None = None, **content: Any) -> httpx.Response:
        """Send the same request until somebody answers it: lost connections, time-outs and 5xx are tried again."""
        while True:
            if time.monotonic() > self.finish_by():
                raise Stopped
            if act is not None:
                act.tries += 1
            try:
                done = self.client.request(method, path, headers={**self._who(who), **(headers or {})}, **content)
            except (httpx.HTTPError, RuntimeError, StopIteration) as error:
                if isinstance(error, RuntimeError) and "sign in" not in str(error):
                    raise
                self.ledger.lost()
                self._pause(0.3)
                continue
            self.ledger.saw(done)
            if done.status_code == 507 and act is None:
                return done
            if done.status_code >= 500 or done.status_code == 429:
                self._pause(min(MOST_WAIT_S, float(done.headers.get("Retry-After", "1"))))
                continue
            if done.status_code == 401 or (done.status_code == 302 and "/accounts/login/" in done.headers.get("location", "")):
                self.desk.forget(who)
                continue
            return done

    def _pause(self, seconds: float) -> None:
        time.sleep(seconds * self.draw.uniform(0.5, 1.2))
