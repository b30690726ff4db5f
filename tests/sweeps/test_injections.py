"""Hostile texts in every field of every door: SQL, HTML, templates, formulas, log lines, headers, and letters that hide.

Doors are found by the URL conf, their fields by the forms and links of their own pages, the API's by its description. Then
every page, export and answer is read: our marker must never have become an element, an attribute, a formula or a line.
"""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from logging.config import DictConfigurator
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.urls import reverse
from lxml import etree, html
from openpyxl import load_workbook

from tests.contracts.urls import PARAMETER, Address, addresses
from tests.refusals.doors import OPEN311, REPORTS, TASKS
from tests.refusals.walking import shape
from tests.sweeps.specimens import kind_of

MARK, WORD = "yw-pwned", "onywpwned"
_HTML = f'"\'><{MARK}></textarea></script></style></title><{MARK} {WORD}=1>'
_ATTRIBUTE = f"' {WORD}='1' \" {WORD}=\"1"
_TEMPLATE = "{{ 31337|add:1 }}{% debug %}${31337+1}#{31337+1}"
_SQL = "'); SELECT 1/0;-- \" OR ''=' \\ %s %(x)s %_"
# name: text; each is cut to what a field takes. What does not get into each other's way goes together.
HOSTILE = {
    "markup": _HTML + _ATTRIBUTE + _TEMPLATE + _SQL,
    "formula": f'=1+HYPERLINK("http://x")<{MARK}>',
    "at": "@SUM(1+1)*cmd|' /C calc'!A0 ../../etc/passwd%00",
    "wide": "\u200b＝1+1",
    "lines": "行一\r\nX-Pwned: 1\r\n\r\nFAKE 2026-01-01 ERROR yiwang forged",
    "letters": "\u202e文字\u2066倒\u200d序😀👩‍👩‍👧e\u0301\ufeff",
    "control": "a\x01\x0b\x1fb",
}  # fmt: skip
SOLVED = "31338"  # what a template that was run would have made of it
LONG = os.environ.get("YIWANG_SWEEP") == "all"
TURNS = len(HOSTILE) if LONG else 1
TRIED = sorted(HOSTILE) if LONG else ["formula", "letters", "markup"]
PEOPLE = ("acceptor", "shift_leader", "dispatcher", "evaluator", "inspector", "leader", "handler2", "district_dispatcher", "administrator", "security_administrator",
          "audit_administrator", "citizen", "data_steward", "data_owner", "data_clerk")  # fmt: skip
LEAVE = ("logout", "accounts/password/change", "accounts/login", "accounts/2fa", "accounts/reauthenticate", "ui/components", "backups/", "sessions")


@dataclass(frozen=True)
class Place:
    """An address as somebody who may enter, its parameters filled with a row that he sees."""

    address: Address
    path: str
    who: str | None


def places(wide: Any, method: str) -> Iterator[Place]:
    for address in addresses():
        if address.method != method or address.door is None or any(part in address.route for part in LEAVE):
            continue
        who = None if address.door.public else next((k for k in PEOPLE if wide.readers[k].let_in(address.door)), None)
        assert address.door.public or who, f"nobody of the wide world may open /{address.route}"
        kind = kind_of(address, wide.kinds) if PARAMETER.search(address.route) else None
        seen = next((s for s in kind.specimens if s.seen_by(wide.readers[who])), None) if kind else None
        query = f"?{kind.query}" if kind and kind.query else ""
        yield Place(address, address.path(dict(seen.values) if seen else {}) + query, who)


def wrong_in(answer: Any, raw: bytes) -> str:
    """Say what an answer let through."""
    if answer.status_code >= 500:
        return f"{answer.status_code} {raw[:200]!r}"
    if any("\n" in v or "\r" in v for _k, v in answer.items()) or answer.has_header("X-Pwned"):
        return f"headers {dict(answer.items())}"
    kind = answer.get("Content-Type", "")
    if kind.startswith("text/html") and raw.strip():
        return wrong_in_page(raw.decode())
    if "spreadsheet" in kind:
        return wrong_in_sheet(raw)
    if kind.startswith(("application/json", "application/geo+json", "application/problem+json")):
        json.loads(raw)
    if "xml" in kind.split(";")[0] and "html" not in kind and raw:
        return MARK if etree.fromstring(raw).find(f".//{MARK}") is not None else ""
    return ""


def wrong_in_page(text: str) -> str:
    page = html.fromstring(text)
    for element in page.iter():
        if element.tag == MARK or WORD in element.attrib:
            return f"our marker became {html.tostring(element)[:200]!r}"
        for name, value in element.attrib.items():
            if name in ("href", "src", "action", "formaction") and value.strip().lower().startswith("javascript:"):
                return f"{name}={value[:80]}"
    return "a template ran" if SOLVED in text else ""


def wrong_in_sheet(raw: bytes) -> str:
    for sheet in load_workbook(io.BytesIO(raw)):
        for row in sheet.iter_rows():
            for cell in row:
                value = cell.value
                if cell.data_type == "f" or (isinstance(value, str) and value.lstrip("\u200b\u200c\u200d\u2060\u2063\ufeff \t\r\n")[:1] in ("=", "+", "-", "@", "＝", "＋", "－", "＠")):
                    return f"{cell.coordinate} is a formula: {value!r}"
    return ""


def get(wide: Any, who: str | None, path: str, **headers: str) -> tuple[Any, bytes]:
    cache.clear()
    with transaction.atomic():
        answer = wide.doors.client(who, **headers).get(path)
        raw = answer.getvalue() if answer.streaming else answer.content
        transaction.set_rollback(True)
    return answer, raw


def fields_of(raw: bytes, path: str) -> set[str]:
    """Return the names that a page takes in its address: of its forms that read, and of its links to itself."""
    page = html.fromstring(raw.decode())
    names = set()
    for form in page.iter("form"):
        if (form.get("method") or "get").lower() == "get":
            names |= {e.get("name") for e in form.iter("input", "select", "textarea") if e.get("name")}
    for link in page.iter("a"):
        parts = urlsplit(link.get("href") or "")
        if parts.path in ("", path):
            names |= {k for k, _v in parse_qsl(parts.query)}
    return names


def test_hostile_texts_in_every_query(wide):
    """Each address that reads, with each hostile text in every name that it takes, alone and together."""
    described = wide.client(None).get(reverse("api-v1:openapi-json")).json()
    listed = {listing.address: set(listing.filters) for listing in wide.lists}
    wrong, sent, texts = [], 0, list(HOSTILE.values())
    for place in places(wide, "GET"):
        answer, raw = get(wide, place.who, place.path)
        if answer.status_code == 405:
            continue
        names = {"q", "next", "cursor", "after"} | listed.get(place.address.name, set())
        if answer.get("Content-Type", "").startswith("text/html") and raw.strip():
            names |= fields_of(raw, urlsplit(place.path).path)
        if place.address.is_api:
            operation = next((o for p in described["paths"].values() for m, o in p.items() if m == "get" and place.address.name.endswith(o["operationId"])), {})
            names |= {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
        join = "&" if "?" in place.path else "?"
        for turn in range(TURNS):  # each name gets another text in each turn
            chosen = {name: texts[(at + turn * 3) % len(texts)] for at, name in enumerate(sorted(names))}
            answer, raw = get(wide, place.who, place.path + join + urlencode(chosen))
            sent += 1
            if said := wrong_in(answer, raw):
                wrong.append(f"GET {place.path} as {place.who} with {chosen}: {said}")
    assert sent > 50
    assert not wrong, "\n".join(wrong)


def test_hostile_texts_in_every_path(wide):
    """Words in addresses: codes, names, numbers of requests."""
    wrong = []
    for place in places(wide, "GET"):
        words = [m["name"] for m in PARAMETER.finditer(place.address.route) if m["kind"] in (None, "str", "slug", "path")]
        if not words:
            continue
        for label in sorted(HOSTILE) if LONG else ("control", "lines", "markup"):
            text = HOSTILE[label]
            answer, raw = get(wide, place.who, place.address.path(dict.fromkeys(words, quote(text, safe=""))))
            if said := wrong_in(answer, raw):
                wrong.append(f"GET /{place.address.route} as {place.who} with {label}: {said}")
    assert not wrong, "\n".join(wrong)


def typed_into(form: Any, text: str) -> dict[str, Any]:
    """Return what somebody hostile sends in a form: every text is his, choices and hidden numbers are the page's."""
    sent: dict[str, Any] = {}
    for field in form.iter("input", "textarea", "select"):
        name, kind = field.get("name"), (field.get("type") or field.tag).lower()
        if not name or kind in ("file", "submit", "button"):
            continue
        if field.tag == "select":
            options = [o.get("value") for o in field.iter("option") if o.get("value")]
            if options:
                sent[name] = options[0]
        elif kind in ("radio", "checkbox"):
            sent.setdefault(name, field.get("value") or "on")
        elif kind == "hidden":
            sent[name] = field.get("value") or ""
        elif kind in ("date", "datetime-local"):
            sent[name] = "2026-12-24" if kind == "date" else "2026-12-24T08:00"
        elif kind == "number":
            sent[name] = field.get("value") or "1"
        else:
            sent[name] = text[: int(field.get("maxlength") or 2000)]
    return sent


def _forms(wide: Any) -> Iterator[tuple[Place, str, Any]]:
    """Yield every form that writes, once for each kind: (where it stood, where it goes, the form)."""
    seen: set[str] = set()
    for place in places(wide, "GET"):
        if place.address.is_api:
            continue
        answer, raw = get(wide, place.who, place.path)
        if answer.status_code != 200 or not raw.strip() or not answer["Content-Type"].startswith("text/html"):
            continue
        for form in html.fromstring(raw.decode()).iter("form"):
            action = urlsplit(form.get("action") or place.path).path or place.path
            if (form.get("method") or "get").lower() != "post" or any(part in action for part in LEAVE):
                continue
            outcome = next((e.get("value") for e in form.iter("input") if e.get("name") in ("outcome", "action")), "")
            if (key := f"{shape(action)} {outcome}") not in seen:
                seen.add(key)
                yield place, action, form


_known: list[tuple[Place, str, Any]] = []


def _send_all(wide: Any, label: str, text: str) -> tuple[int, list[str]]:
    """Send one hostile text through every door that writes, for good; return how many took it, and what went wrong."""
    wrong, taken = [], 0
    lon, lat = wide.world.point()
    if not _known:
        _known.extend(_forms(wide))
    for place, action, form in _known:
        cache.clear()
        with transaction.atomic():
            answer = wide.doors.client(place.who).post(action, typed_into(form, text))
        taken += answer.status_code < 400
        if said := wrong_in(answer, answer.content):
            wrong.append(f"POST {action} as {place.who} with {label}: {said}")
    person = {"name": text[:60], "phone": "13800001111", "address": text[:200]}
    body = {"text": text, "class": "component:01001", "lon": lon, "lat": lat, "address": text[:200], "person": person}
    task = wide.kind("city task").specimens[0]
    for who, path, sent in (
        ("machine", REPORTS, body), ("inspector", REPORTS, {**body, "channel": "inspector"}),
        ("acceptor", f"{TASKS}/{task.values['uid']}/actions", {"action": "complete", "outcome": "pass", "reason": text, "data": {"class": text, "note": text}}),
        ("leader", f"/api/v1/cases/{wide.town['work'].uid}/actions", {"action": "supervise", "reason": text}),
        ("acceptor", f"/api/v1/cases/{wide.town['work'].uid}/actions", {"action": "note", "reason": text}),
    ):
        cache.clear()
        with transaction.atomic():
            answer = wide.doors.post(wide.doors.client(who), path, sent)
        taken += answer.status_code < 400
        if said := wrong_in(answer, answer.content):
            wrong.append(f"POST {path} as {who} with {label}: {said}")
    form311 = {"api_key": wide.doors.key, "service_code": "C01001", "lat": lat, "long": lon, "description": text, "address_string": text[:200],
               "first_name": text[:50], "email": text[:50], "jurisdiction_id": ""}  # fmt: skip
    answer = wide.doors.client(None).post(f"{OPEN311}/requests.json", urlencode(form311), content_type="application/x-www-form-urlencoded")
    taken += answer.status_code < 400
    if said := wrong_in(answer, answer.content):
        wrong.append(f"Open311 with {label}: {said}")
    return taken, wrong


def _read_all(wide: Any, label: str) -> list[str]:
    """Read every page, list and export as whoever sees most of it."""
    wrong = []
    paths = [(p.who, p.path) for p in places(wide, "GET")] if label == "markup" else [("administrator", "/accounts/people/"), ("security_administrator", "/accounts/roles/")]
    paths += [("shift_leader", "/city/cases/export.xlsx"), ("shift_leader", "/city/cases/?q=1"), ("leader", f"/city/cases/{wide.town['work'].uid}/"),
              (None, f"{OPEN311}/requests.xml?extensions=true"), (None, f"{OPEN311}/requests.json?extensions=true")]  # fmt: skip
    from yiwang.kernel.cases.models import Case

    newest = Case.objects.order_by("-pk").values_list("uid", flat=True)[: 3 if label == "markup" else 1]
    paths += [("shift_leader", f"/city/cases/{uid}/") for uid in newest] + [("acceptor", f"/city/intake/?case={uid}") for uid in newest]
    for who, path in dict.fromkeys(paths):
        answer, raw = get(wide, who, path)
        if said := wrong_in(answer, raw):
            wrong.append(f"after {label}: GET {path} as {who}: {said}")
    return wrong


@pytest.mark.parametrize("label", TRIED)
def test_hostile_texts_through_every_form_and_then_every_page(wide, label, caplog):
    """What was taken is read again everywhere; what was logged meanwhile stays on its line."""
    caplog.set_level(logging.DEBUG)
    taken, wrong = _send_all(wide, label, HOSTILE[label])
    wrong += _read_all(wide, label)
    assert not wrong, "\n".join(wrong)
    assert taken >= 3 or label == "control", "no door took it: the pages above had nothing to show"
    formatters = [DictConfigurator(settings.LOGGING).configure_formatter(dict(f)) for f in settings.LOGGING["formatters"].values()]
    for record in caplog.records:
        if record.name.startswith("django.db") or record.exc_info:
            continue
        for formatter in formatters:
            line = formatter.format(record)
            assert "\n" not in line, repr(line)
            assert "\r" not in line, repr(line)
            assert "\u202e" not in line, repr(line)


def test_hostile_headers(wide):
    """What browsers and programs say of themselves: never our fault, never in the answer's own headers, never a line of the log."""
    wrong = []
    for label, text in HOSTILE.items():
        safe = text.encode("ascii", "xmlcharrefreplace").decode().replace("\r", "").replace("\n", "")
        heads = {"user-agent": safe, "referer": safe, "accept-language": safe, "x-request-id": safe, "x-forwarded-for": safe, "x-upload-token": safe,
                 "idempotency-key": safe[:80], "accept": safe, "hx-request": safe, "hx-current-url": safe, "range": safe, "if-none-match": safe}  # fmt: skip
        for who, path in (("acceptor", "/city/cases/"), (None, "/report/"), ("acceptor", "/api/v1/cases"), (None, f"{OPEN311}/requests.json")):
            answer, raw = get(wide, who, path, **{k: v for k, v in heads.items() if k != "accept-language"})
            if said := wrong_in(answer, raw):
                wrong.append(f"{path} with {label}: {said}")
            if safe in " ".join(v for k, v in answer.items() if k != "Content-Security-Policy"):
                wrong.append(f"{path} with {label}: repeated in {dict(answer.items())}")
        cache.clear()
        answer = wide.doors.client("acceptor", **heads).post("/ui/theme/", {"theme": safe, "next": text})
        if said := wrong_in(answer, answer.content):
            wrong.append(f"/ui/theme/ with {label}: {said}")
        if not answer.get("Location", "/").startswith("/") or answer.get("Location", "/").startswith("//"):
            wrong.append(f"/ui/theme/ with {label} sends away to {answer['Location']}")
    assert not wrong, "\n".join(wrong)


def test_the_marker_would_be_found():
    """The tests above would pass on a finder that finds nothing."""
    assert wrong_in_page(f"<p>{HOSTILE['markup']}</p>")
    assert wrong_in_page(f"<input value='' {WORD}='1'>")
    assert wrong_in_page(f"<p>{SOLVED}</p>")
    assert not wrong_in_page("<p>&lt;yw-pwned&gt;</p>")
