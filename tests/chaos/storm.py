"""One storm: phones act while the plan's strikes fall; then calm, and everything acknowledged is looked for."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.chaos.phones import Act, Board, Desk, Ledger, Phone
from tests.chaos.plan import Strike, plan
from tests.chaos.platform import Platform, Striker
from tests.chaos.viewers import Viewer

PHONES = 4
CALM_S = 120.0
MATTER = "city.problem"
ASKED_AGAIN = 150  # acknowledged acts that are sent once more at the end


@dataclass
class Outcome:
    """What a storm was and what was found afterwards."""

    title: str
    seed: int
    seconds: float = 0.0
    strikes: list[tuple[Strike, str]] = field(default_factory=list)
    acknowledged: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    cut: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    restarts: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    verified: dict[str, float] = field(default_factory=dict)  # seconds until each look was over
    heard: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        blows = Counter(blow.kind for blow, _what in self.strikes)
        lines = [
            f"{self.title}: seed {self.seed}, {self.seconds:.0f} s, {sum(self.acknowledged.values())} acts acknowledged "
            f"({', '.join(f'{k} {n}' for k, n in sorted(self.acknowledged.items()))})",
            f"  {len(self.strikes)} strikes: {', '.join(f'{k} {n}' for k, n in sorted(blows.items())) or 'none'}",
            f"  {self.sent} requests sent for them, {self.cut} cut off; answers {dict(sorted(self.statuses.items()))}; slowest {self.slowest:.1f} s; "
            f"processes started again {self.restarts}",
            f"  viewers heard {self.heard} events; checks: {', '.join('{check} {seen}'.format(**c) for c in self.checks)}",
            f"  looked at within {self.verified} s",
            *(f"  note: {n}" for n in self.notes),
            *(f"  WRONG: {f}" for f in self.faults[:40]),
        ]
        if len(self.faults) > 40:
            lines.append(f"  ... and {len(self.faults) - 40} more")
        return "\n".join(lines) + f"\n  {'NOTHING LOST' if not self.faults else f'{len(self.faults)} FAULTS'}"


class Storm:
    """Everything of one run on one platform; several storms may follow each other on it."""

    def __init__(self, platform: Platform, seed: int) -> None:
        self.platform, self.seed = platform, seed
        self.ledger = Ledger()
        self.desk = Desk(platform.url, platform.world, self.ledger)
        self.board = Board(seed)
        self.began_at = self._last_position()
        self.viewers = [Viewer(platform.live_url, lambda who=who: self.desk.cookies(who)) for who in ("acceptor", "leader")]  # type: ignore[misc]
        for viewer in self.viewers:
            viewer.start()
        for viewer in self.viewers:
            if not viewer.ready.wait(30):
                raise RuntimeError("the live stream lets nobody in")

    def blow(self, title: str, *, seconds: float = 0.0, acts: int = 0, kinds: Sequence[str] = (), gap_s: float = 4.0, strikes: list[Strike] | None = None, most_s: float = 3600.0) -> Outcome:
        """Let the phones work for so long, or until so many acts are acknowledged and every strike of a list has fallen; then verify."""
        before, sent_before = len(self.ledger.acknowledged), sum(a.tries for a in self.ledger.acts)
        began = time.monotonic()
        finish_by = began + (seconds or 3600.0) + CALM_S
        striker = Striker(self.platform, strikes if strikes is not None else plan(self.seed, seconds or 3600.0, kinds, gap_s=gap_s) if kinds else [])

        def more() -> bool:
            if acts:
                wanted = len(self.ledger.acknowledged) - before < acts or (strikes is not None and striker.is_alive())
                return wanted and time.monotonic() - began < most_s
            return time.monotonic() - began < seconds

        phones = [Phone(n, self.seed + len(self.ledger.acts), self.desk, self.board, self.ledger, more, lambda: finish_by) for n in range(PHONES)]
        for one in (striker, *phones):
            one.start()
        while any(p.is_alive() for p in phones) and more():
            time.sleep(0.2)
        striker.end()  # calm: nothing is struck any more, what is under way comes to its answer
        finish_by = time.monotonic() + CALM_S
        for phone in phones:
            phone.join(timeout=CALM_S + 30)
        found = Outcome(title, self.seed, seconds=time.monotonic() - began, strikes=striker.done, notes=list(self.platform.notes))
        found.faults += [f"{p.name} stopped: {p.error!r}" for p in phones if p.error is not None]
        found.faults += [f"{p.name} did not come to an end" for p in phones if p.is_alive()]
        found.sent = sum(a.tries for a in self.ledger.acts) - sent_before
        self._verify(found)
        return found

    # --- afterwards --------------------------------------------------------------------------------------------------

    def _verify(self, found: Outcome) -> None:
        ledger = self.ledger
        found.acknowledged = Counter(a.kind + ("@page" if a.by_page else "") for a in ledger.acknowledged)
        found.cut, found.statuses, found.slowest = ledger.cut, ledger.statuses, ledger.slowest
        found.faults += [f"a failure without a sentence: {b}" for b in dict.fromkeys(ledger.bare)]
        found.faults += [f"{a.kind} {a.path} was refused: {a.refused}" for a in ledger.acts if a.refused]
        found.faults += [f"{a.kind} {a.path} was never answered" for a in ledger.acts if a.answer is None and not a.refused]
        began = time.monotonic()
        self.platform.wait_until_whole()
        found.restarts = self.platform.restarts()
        found.faults += [f"a process was left over: {process}" for process in self.platform.left_over()]
        for look in (self._settle, self._acts_are_there, self._answers_again, self._heard, self._sound):
            look(found)
            found.verified[look.__name__.strip("_")] = round(time.monotonic() - began, 1)

    def _settle(self, found: Outcome) -> None:
        """Wait until relay, sealer and worker have done what is left."""
        end = time.monotonic() + CALM_S
        waits = ""
        while time.monotonic() < end:
            with self.platform.connect() as db:
                row = db.execute(
                    "SELECT (SELECT max(position) FROM yw_audit_event), (SELECT min(position) FROM yw_exchange_relaycursor),"
                    " (SELECT max(upto_position) FROM yw_audit_seal WHERE stream = 'event'),"
                    " (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND (scheduled_at IS NULL OR scheduled_at <= now())),"
                    " (SELECT count(*) FROM yw_cases_timer WHERE fired_at IS NULL AND due_at <= now())"
                ).fetchone()
                live = db.execute("SELECT coalesce(max(position), 0) FROM yw_audit_event WHERE mode = 'live'").fetchone()
            assert row is not None
            assert live is not None
            last, cursor, sealed, jobs, timers = row
            waits = f"read up to {cursor} of {live[0]}, sealed up to {sealed} of {last}, {jobs} jobs, {timers} timers"
            if (cursor or 0) >= live[0] and (sealed or 0) >= (last or 0) and not jobs and not timers:
                return
            time.sleep(0.5)
        found.faults.append(f"what was left was not done {CALM_S:.0f} s after the storm: {waits}")

    def _acts_are_there(self, found: Outcome) -> None:
        """Every acknowledged act is on record once, and nothing is there that nobody acknowledged."""
        reports = [a for a in self.ledger.acknowledged if a.kind == "report"]
        acts = [a for a in self.ledger.acknowledged if a.kind != "report" and not a.by_page]
        pages = [a for a in self.ledger.acknowledged if a.by_page]
        with self.platform.connect() as db:
            on_record: Counter[str] = Counter(str(r[0]) for r in db.execute("SELECT uid FROM yw_audit_event WHERE position > %s", [self.began_at]))
            events = Counter({r[0]: r[1] for r in db.execute(
                "SELECT action, count(*) FROM yw_audit_event WHERE position > %s AND actor_kind = 'person' GROUP BY 1", [self.began_at])})  # fmt: skip
            known = Counter(str(r[0]) for r in db.execute("SELECT uid FROM yw_cases_report"))
            cases = {str(r[0]) for r in db.execute("SELECT uid FROM yw_cases_case")}
            done = Counter(str(r[0]) for r in db.execute("SELECT task_uid FROM yw_audit_event WHERE action = 'complete'"))
            files = {str(r[0]) for r in db.execute("SELECT uid FROM yw_files_attachment")}
        for act in reports:
            self._once(found, act, "report", known, (act.answer or {})["report"])
            if (act.answer or {})["case"] not in cases:
                found.faults.append(f"report {act.key}: its case is not there")
        for act in acts:
            self._once(found, act, "event", on_record, (act.answer or {})["event"])
        for act in pages:
            self._once(found, act, "task", done, (act.answer or {})["task"])
        for what, mine in (("report", len(reports)), ("urge", sum(a.kind == "urge" for a in acts)),
                           ("complete", sum(a.kind != "urge" for a in acts) + len(pages))):  # fmt: skip
            if events[what] != mine:
                found.faults.append(f"{mine} acts {what} were acknowledged, {events[what]} are on record")
        if len({(a.answer or {})["report"] for a in reports}) != len(reports) or len({(a.answer or {})["event"] for a in acts}) != len(acts):
            found.faults.append("two acts were given the same answer")
        found.faults += [f"photo {uid} was acknowledged and is not there" for uid in self.ledger.uploads if uid not in files]

    def _once(self, found: Outcome, act: Act, what: str, there: Counter[str], uid: str) -> None:
        if there[uid] != 1:
            found.faults.append(f"{act.kind} {act.key} was acknowledged with {what} {uid}, which is there {there[uid]} times")

    def _answers_again(self, found: Outcome) -> None:
        """The same request once more: the first answer, marked as a repeat, and nothing done."""
        some = [a for a in self.ledger.acknowledged if not a.by_page][-ASKED_AGAIN:]
        with httpx.Client(base_url=self.platform.url, trust_env=False, timeout=60) as client:
            for act in some:
                cookies = self.desk.cookies(act.who)
                headers = {"Idempotency-Key": act.key, "X-CSRFToken": cookies.get("csrftoken", ""), "Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}
                again = client.post(act.path, json=act.body, headers=headers)
                first = {k: v for k, v in (act.answer or {}).items() if k != "repeated"}
                second = {k: v for k, v in again.json().items() if k != "repeated"} if again.status_code in (200, 201) else {"status": again.status_code}
                if first != second or not again.json().get("repeated"):
                    found.faults.append(f"{act.kind} {act.key} was answered {first}, and again {second}")

    def _heard(self, found: Outcome) -> None:
        with self.platform.connect() as db:
            rows = db.execute("SELECT position FROM yw_audit_event WHERE position > %s AND matter = %s AND mode = 'live'", [self.began_at, MATTER]).fetchall()
        wanted = {int(r[0]) for r in rows}
        for number, viewer in enumerate(self.viewers):
            missing = viewer.wait_for(wanted, 45)
            found.heard.append(len(set(viewer.heard)))
            if missing and not viewer.reloads:
                found.faults.append(f"viewer {number} never heard of {len(missing)} events, the first at position {min(missing)}")

    def _sound(self, found: Outcome) -> None:
        """`yiwang check-data` over everything, with every file read."""
        for last in (False, True):
            done = self.platform.yiwang("check-data", "--settled", "--deep", "--json", check=False)
            try:
                told = json.loads(done.stdout.strip().splitlines()[-1])
            except (ValueError, IndexError):
                found.faults.append(f"check-data did not run: {done.stdout[-500:]} {done.stderr[-1500:]}")
                return
            if told["ok"] or last:  # a minute's periodic job may just be under way: once more
                break
            time.sleep(5)
        found.checks = told["checks"]
        for check in told["checks"]:
            found.faults += [f"{check['check']}: {f['subject']}: {f['detail']}" for f in check["findings"]]

    def _last_position(self) -> int:
        with self.platform.connect() as db:
            row = db.execute("SELECT coalesce(max(position), 0) FROM yw_audit_event").fetchone()
        return int(row[0]) if row else 0

    def end(self) -> None:
        for viewer in self.viewers:
            viewer.over.set()
