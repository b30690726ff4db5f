"""Every address that names a row, as everybody, with rows of other districts, other bodies, ended ones, ones that never were.

What one may see answers; what one may not see answers like what never existed, and nothing is left of the attempt. Which
rows there are and who sees them stands in `tests/specimens.py` of each room and app (tests/sweeps/specimens.py).
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from django.core.cache import cache
from django.db import transaction
from django.urls import reverse

from tests.contracts.urls import Address, addresses
from tests.refusals.footprint import footprint, left_behind
from tests.sweeps.conftest import people_of_this_run
from tests.sweeps.specimens import (
    Carried,
    Kind,
    Specimen,
    Write,
    gathered,
    has_id,
    kind_of,
    missing_specimen,
    missing_write,
    named,
)

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
CSRF = re.compile(r'(csrfmiddlewaretoken" value=")[^"]*|(X-CSRFToken": ")[^"]*')
WRITES = ("POST", "PUT", "PATCH", "DELETE")
PEOPLE = people_of_this_run()
MOST_SEEN = 1 if len(PEOPLE) < 15 else 3  # pages that open are dear: so many of each address are opened to see that they do


def with_ids(*methods: str) -> list[Address]:
    return [a for a in addresses() if a.method in methods and a.door is not None and has_id(a) and a.route not in named("NOT_IDS")]


def call(client: Any, address: Address, values: Any, body: Any = None, query: str = "", *, as_json: bool = False) -> Any:
    """Call an address with its parameters filled; what the call wrote stays until the caller takes it back."""
    cache.clear()
    path = address.path(dict(values)) + (f"?{query}" if query else "")
    if address.method == "GET":
        return client.get(path)
    if as_json or address.is_api:
        return client.generic(address.method, path, json.dumps(body or {}), content_type="application/json")
    return client.generic(address.method, path, _form(body or {}), content_type="application/x-www-form-urlencoded")


def _form(body: Any) -> str:
    return urlencode(body, doseq=True)


def tried(client: Any, address: Address, values: Any, body: Any = None, query: str = "") -> Any:
    """Call and take back whatever was written."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        answer = call(client, address, values, body, query)
        raw = answer.getvalue() if answer.streaming else answer.content
        transaction.set_rollback(True)
    client.cookies = cookies
    return Answer(answer, raw, values)


class Answer:
    """What came back, without what differs from one call to the next: numbers of rows and requests, seconds that pass."""

    def __init__(self, response: Any, raw: bytes, values: Any) -> None:
        self.status, self.raw = response.status_code, raw
        text = raw.decode("utf-8", "replace")
        if not response.get("Content-Type", "").startswith("text/html"):
            self.said = (self.status, _plain(unquote(response.get("Location", "")), values), _plain(text, values))
        else:
            self.said = (self.status, _plain(unquote(response.get("Location", "")), values), re.sub(r"\d+", "#", CSRF.sub("*", _plain(text, values))))


def _plain(text: str, values: Any) -> str:
    text = UUID.sub("*", text)
    for value in values.values():
        text = re.sub(rf"(?<![\w]){re.escape(str(value))}(?![\w])", "*", text)
    return text


def differs(one: Answer, other: Answer) -> str:
    """Say how two answers differ, in few words."""
    if one.said[:2] != other.said[:2]:
        return f"{one.said[:2]} {one.raw[:160].decode('utf-8', 'replace')}, and for what never was {other.said[:2]} {other.raw[:160].decode('utf-8', 'replace')}"
    at = next((i for i, (a, b) in enumerate(zip(one.said[2], other.said[2], strict=False)) if a != b), 0)
    return f"{one.status} both, but “…{one.said[2][max(0, at - 60):at + 120]}” and “…{other.said[2][max(0, at - 60):at + 120]}”"


def test_every_address_that_names_a_row_has_specimens(wide):
    missing = [missing_specimen(a) for a in with_ids("GET", *WRITES) if kind_of(a, wide.kinds) is None]
    assert not missing, "\n".join(dict.fromkeys(missing))


def test_what_is_said_to_be_no_id_still_exists(wide):
    routes = {a.route for a in addresses()}
    stale = [route for route in named("NOT_IDS") if route not in routes]
    assert not stale, f"no such address any more: {stale}"


_found: dict[int, list[tuple[Address, Kind]]] = {}


def _writing(wide: Any) -> list[tuple[Address, Kind]]:
    """Return the addresses that write, with their kinds; those whose GET alone answers are left out."""
    if id(wide) in _found:
        return _found[id(wide)]
    found = _found[id(wide)] = []
    for address in with_ids(*WRITES):
        kind = kind_of(address, wide.kinds)
        if kind is None or tried(wide.client("acceptor", json=True), address, kind.absent).status == 405:
            continue
        found.append((address, kind))
    return found


def test_every_write_has_a_body_that_would_succeed(wide):
    """An attack with a body that nobody could send would prove nothing."""
    missing, wrong = [], []
    for address, kind in _writing(wide):
        write = kind.writes.get(address.name)
        if write is None:
            missing.append(missing_write(address, kind))
            continue
        if write.unproved:
            continue
        specimen = next(s for s in kind.specimens if write.on in s.label)
        answer = tried(wide.client(write.who, json=True), address, specimen.values, write.body(specimen))
        if not 200 <= answer.status < 400:
            wrong.append(f"{address.method} /{address.route} as {write.who} on {specimen.label}: {answer.status} {answer.raw[:300]!r}")
    assert not missing, "\n".join(missing)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("who", PEOPLE)
def test_reading(wide, who):
    """A row that one may see is shown; any other answers as one that never was, 404 where the door lets in."""
    reader, client, wrong = wide.readers[who], wide.client(who, json=True), []
    for address in with_ids("GET"):
        kind = kind_of(address, wide.kinds)
        if kind is None:
            continue
        nothing = tried(client, address, kind.absent, query=kind.query)
        if nothing.status == 405:
            continue
        let_in, opened = reader.let_in(address.door) and (not kind.behind or reader.holds(kind.behind)), 0
        for specimen in kind.specimens if let_in else kind.specimens[:1]:  # a closed door does not look at what stands behind it
            seen = specimen.seen_by(reader)
            opened += seen
            if seen and opened > MOST_SEEN:
                continue
            answer = tried(client, address, specimen.values, query=kind.query)
            if said := _wrong_reading(let_in, seen, kind, answer, nothing):
                wrong.append(f"GET /{address.route} as {reader}, {specimen.label}: {said}")
    assert not wrong, "\n".join(wrong)


def _wrong_reading(let_in: bool, seen: bool, kind: Kind, answer: Answer, nothing: Answer) -> str:
    if answer.status >= 500:
        return f"our own fault: {answer.raw[:300]!r}"
    if not let_in:
        return "" if answer.status in (302, 401, 403) and answer.said == nothing.said else f"before a closed door: {differs(answer, nothing)}"
    if seen:
        return "" if 200 <= answer.status < 400 else f"{answer.status}, though he may see it"
    if kind.known:
        return "" if answer.status in (401, 403) else f"{answer.status} instead of a refusal"
    # Asks for the password, or for a person instead of a program, before it looks at the row.
    again = answer.status == 302 and answer.said[1].startswith(("/accounts/reauthenticate/", "/accounts/login/"))
    if answer.status != 404 and not again:
        return f"{answer.status} instead of 404"
    return "" if answer.said == nothing.said else differs(answer, nothing)


@pytest.mark.parametrize("who", PEOPLE)
def test_writing(wide, who):
    """Nobody changes what he may not see or do; the refusal tells a hidden row from none in no way, and leaves nothing."""
    reader, client, wrong = wide.readers[who], wide.client(who, json=True), []
    attacks = []
    for address, kind in _writing(wide):
        if write := kind.writes.get(address.name):
            found = [s for s in kind.specimens if not may_do(write, reader, s)]
            if not reader.let_in(address.door):
                found = found[:1]  # a closed door does not look at what stands behind it
            attacks += [(address, kind, s, write.body(s)) for s in found]
    before = footprint()  # after the bodies were made: one may have sent a file for it
    with transaction.atomic():
        absent: dict[Address, Answer] = {}
        for address, kind, specimen, body in attacks:
            nothing = absent[address] = absent.get(address) or attempt(client, address, kind.absent, body)
            answer = attempt(client, address, specimen.values, body)
            if said := _wrong_writing(reader, address, specimen, answer, nothing):
                wrong.append(f"{address.method} /{address.route} as {reader}, {specimen.label}: {said}")
        left = left_behind(before, footprint())
        transaction.set_rollback(True)
    if left:  # which of them was it?
        for address, _kind, specimen, body in attacks:
            with transaction.atomic():
                attempt(client, address, specimen.values, body)
                if found := left_behind(before, footprint()):
                    wrong.append(f"{address.method} /{address.route} as {reader}, {specimen.label}: left {'; '.join(found)}")
                transaction.set_rollback(True)
    assert not wrong, "\n".join(wrong)
    assert not left, left


def attempt(client: Any, address: Address, values: Any, body: Any) -> Answer:
    cookies = client.cookies.copy()
    response = call(client, address, values, body)
    client.cookies = cookies
    return Answer(response, response.content, values)


def may_do(write: Write, reader: Any, specimen: Specimen) -> bool:
    if write.done_by is not None:
        return write.done_by(reader, specimen)
    return specimen.seen_by(reader) and reader.key == write.who


def _wrong_writing(reader: Any, address: Address, specimen: Specimen, answer: Answer, nothing: Answer) -> str:
    if answer.status >= 500:
        return f"our own fault: {answer.raw[:300]!r}"
    seen = specimen.seen_by(reader) and reader.let_in(address.door)
    if not seen and answer.said != nothing.said:
        return differs(answer, nothing)
    return f"{answer.status} for what he may not do" if seen and answer.status < 300 else ""


def _address(name: str, method: str) -> Address:
    found = [a for a in addresses() if a.name == name and a.method == method]
    assert found, f"no address {method} {name}: what carried() names is gone"
    return found[0]


@pytest.mark.parametrize("who", PEOPLE)
def test_numbers_in_queries_and_bodies(wide, who):
    """The same rows named in a query or body: hidden and never existing are one, and nothing is left."""
    reader, client, wrong = wide.readers[who], wide.client(who, json=True), []
    for one in gathered("carried", wide):
        address, kind = _address(one.address, one.method), wide.kind(one.kind)
        hidden = [s for s in kind.specimens if not s.seen_by(reader)]
        if not hidden or not reader.let_in(address.door):
            continue
        before = footprint() if one.method != "GET" else None
        with transaction.atomic():
            nothing = _carry(client, address, one, kind.absent)
            for specimen in hidden:
                answer = _carry(client, address, one, specimen.values)
                told = [m for m in specimen.marks if one.method == "GET" and m.encode() in answer.raw and m not in str(one.sends(specimen.values))]
                if answer.status >= 500 or answer.said != nothing.said or told:
                    wrong.append(f"{one.method} {one.address} as {reader} with {specimen.label}: {differs(answer, nothing)} {told}")
            left = left_behind(before, footprint()) if before and nothing.status >= 400 else []
            transaction.set_rollback(True)
        if left:
            wrong.append(f"{one.method} {one.address} as {reader}: left {'; '.join(left)}")
    assert not wrong, "\n".join(wrong)


def _carry(client: Any, address: Address, one: Carried, values: Any) -> Answer:
    sent = one.sends(values)
    cookies = client.cookies.copy()
    if one.method == "GET":
        response = call(client, address, one.values, query=_form(sent))
    else:
        response = call(client, address, one.values, sent, as_json=one.json)
    client.cookies = cookies
    return Answer(response, response.content, {**one.values, **values})


def test_every_number_that_the_api_takes_is_carried(wide):
    """The API's description says which fields hold numbers of rows: each has its line in carried(), or says why not."""
    minted = {("api-v1:create_report", "uid"), ("api-v1:field_act", "uid"), ("api-v1:field_track", "uid")}  # the sender's own numbers of new things
    minted.add(("api-v1:field_act", "person_uid"))  # is only compared with who is signed in
    described = wide.client(None).get(reverse("api-v1:openapi-json")).json()
    known = {(c.address, f) for c in gathered("carried", wide) for f in c.fields} | minted
    missing = []
    for methods in described["paths"].values():
        for operation in methods.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                name = f"api-v1:{operation['operationId']}"
                missing += [f"{name}: {f}" for f in _numbers(content.get("schema", {}), described) if (name, f) not in known]
    assert not missing, "fields that name rows; add a Carried for each to tests/specimens.py of its app:\n" + "\n".join(missing)


def _numbers(schema: Any, whole: Any) -> list[str]:
    if "$ref" in schema:
        schema = whole["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return [name for name, one in schema.get("properties", {}).items() if '"uuid"' in json.dumps(one)]
