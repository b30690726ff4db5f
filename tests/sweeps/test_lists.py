"""Every list compared with a slow oracle: what each reader is shown is what the scope rule says, no more, no less.

The oracles are plain loops over all rows (`lists()` of each room's and app's tests/specimens.py). Besides: no list costs
more queries for more rows, and paging neither repeats nor loses a row while others are added.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts.urls import Address, addresses
from tests.sweeps.conftest import people_of_this_run
from tests.sweeps.specimens import Listing, missing_listing, modules, named

LONG = os.environ.get("YIWANG_SWEEP") == "all"
EXAMPLES = 12 if LONG else 2
# Who asks for the filters that chance picks; everybody asks for the list without any.
CURIOUS = ("acceptor_east", "handler2", "shift_leader", "stand_in")
CENTRE = ("shift_leader", "security_administrator")  # who is shown most
ROWS = 12  # how many more rows of each kind a list is given


def _address(listing: Listing) -> Address:
    formats = {"format"} if "format" in listing.values else set()
    fitting = [a for a in addresses() if a.name == listing.address and a.method == "GET" and (not formats or "<str:format>" in a.route)]
    assert fitting, f"no address {listing.address}: what lists() names is gone"
    return fitting[0]


def fetch(wide: Any, who: str | None, listing: Listing, given: dict[str, str], address: str = "") -> Any:
    """Ask for a list as somebody; `address` is where a page before it pointed."""
    cache.clear()
    door = _address(listing)
    client = wide.client(who)
    base = door.path(dict(listing.values))
    if address:
        return client.get(address if address.startswith("/") else base + address + _and(listing, address))
    return client.get(base, {**listing.query, **{k: v for k, v in given.items() if v}})


def _and(listing: Listing, address: str) -> str:
    return "".join(f"&{k}={v}" for k, v in listing.query.items() if f"{k}=" not in address)


def compared(wide: Any, who: str | None, listing: Listing, given: dict[str, str]) -> str:
    """Say what a reader is shown too much, too little or twice; empty when it is as the oracle says."""
    reader, door, shown = wide.readers[who], _address(listing), []
    asked = {**listing.query, **{k: v for k, v in given.items() if v}}
    with transaction.atomic():
        answer = fetch(wide, who, listing, given)
        closed = not reader.let_in(door.door) or (listing.readers and answer.status_code in (302, 401, 403))
        wanted = listing.wanted(reader, asked) if listing.readers or not closed else set()
        if not closed and answer.status_code == 200:
            shown += listing.shown(answer)
            while listing.next_page is not None and (after := listing.next_page(answer)):
                answer = fetch(wide, who, listing, given, after)
                shown += listing.shown(answer)
        transaction.set_rollback(True)
    if closed:
        return "" if answer.status_code in (302, 401, 403) and not wanted else f"{answer.status_code} before a closed door"
    if answer.status_code != 200:
        return f"{answer.status_code}: {answer.content[:200]!r}"
    twice = sorted({s for s in shown if shown.count(s) > 1}) if listing.next_page is not None else []
    much, little = sorted(set(shown) - wanted), sorted(wanted - set(shown))
    found = [f"too much {much[:4]}" if much else "", f"missing {little[:4]}" if little else "", f"twice {twice[:4]}" if twice else ""]
    return " ".join(f for f in found if f)


@pytest.mark.parametrize("who", people_of_this_run())
def test_every_list_holds_what_the_scope_rule_says(wide, who):
    wrong = [f"{listing.name} as {who or 'nobody'}: {said}" for listing in wide.lists if (said := compared(wide, who, listing, {}))]
    assert not wrong, "\n".join(wrong)


def test_every_list_with_filters_that_chance_picks(wide):
    """The same comparison for filters and readers picked by chance, the same ones each time."""
    filtered = [listing for listing in wide.lists if listing.filters]
    assert filtered
    for listing in filtered:
        _filtered_by_chance(wide, listing)


def _filtered_by_chance(wide: Any, listing: Listing) -> None:
    choices = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in listing.filters.items()})

    @settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(who=st.sampled_from(CURIOUS), chosen=choices)
    def holds(who: str, chosen: dict[str, str]) -> None:
        said = compared(wide, who, listing, chosen)
        assert not said, f"{listing.name} as {who} with {chosen}: {said}"

    holds()


_most: dict[str, str | None] = {}


def _sees_most(wide: Any, listing: Listing) -> str | None:
    """Return who of a few is shown most of a list: his page is where a query for each row would tell."""
    if listing.name not in _most:
        door = _address(listing)
        inside = [k for k in ("shift_leader", "acceptor", "handler2", "leader", "administrator", "security_administrator", "audit_administrator", "citizen", "data_steward", "data_owner2")
                  if wide.readers[k].let_in(door.door)]  # fmt: skip
        _most[listing.name] = max(inside, key=lambda k: (len(listing.wanted(wide.readers[k], dict(listing.query))), k))
    return _most[listing.name]




def test_no_list_asks_more_questions_for_more_rows(wide):
    wrong = []
    for listing in wide.lists:
        if listing.grow is None:
            continue
        who = _sees_most(wide, listing)
        with transaction.atomic():
            listing.grow(2)
            fetch(wide, who, listing, {})  # what is read once for a process
            first, few = _counted(wide, who, listing)
            listing.grow(ROWS)
            second, many = _counted(wide, who, listing)
            transaction.set_rollback(True)
        if second <= first:
            wrong.append(f"{listing.name} as {who} did not grow: {first} rows, then {second}; its `grow` makes none of its rows")
        elif len(many) > len(few):
            more = sorted({q["sql"][:300] for q in many} - {q["sql"][:300] for q in few}) or [q["sql"][:300] for q in many[len(few):]]
            wrong.append(f"{listing.name} as {who}: {len(few)} queries for {first} rows, {len(many)} for {second}, for example {more[:2]}")
    assert not wrong, "\n".join(wrong)


def _counted(wide: Any, who: str | None, listing: Listing) -> tuple[int, list[dict[str, str]]]:
    with CaptureQueriesContext(connection) as asked:
        answer = fetch(wide, who, listing, {"size": "200"} if "size" in listing.query else {})
    assert answer.status_code == 200, (listing.name, who, answer.content[:300])
    return len(listing.shown(answer)), asked.captured_queries


def test_paging_neither_repeats_nor_loses_while_rows_are_added(wide):
    """Rows that were there at the start are met exactly once, though others come in between each page and the next."""
    wrong = []
    for listing in [one for one in wide.lists if one.next_page is not None and one.grow is not None]:
        who = _sees_most(wide, listing)
        with transaction.atomic():
            listing.grow(55)
            before = listing.wanted(wide.readers[who], dict(listing.query))
            answer, met, pages = fetch(wide, who, listing, {}), [], 0
            met += listing.shown(answer)
            while (after := listing.next_page(answer)) and pages < 60:
                listing.grow(1)
                answer = fetch(wide, who, listing, {}, after)
                met += listing.shown(answer)
                pages += 1
            transaction.set_rollback(True)
        twice, lost = sorted({m for m in met if met.count(m) > 1}), before - set(met)
        if pages < 1 or twice or lost:
            wrong.append(f"{listing.name} as {who}: {pages} more pages, {len(twice)} rows twice, {len(lost)} of {len(before)} lost")
    assert not wrong, "\n".join(wrong)


# --- by the URL conf alone ------------------------------------------------------------------------------------------


def _plain(method: str = "GET") -> list[Address]:
    return [a for a in addresses() if a.method == method and a.door is not None and "<" not in a.route and "logout" not in a.route]


def marks_of(wide: Any) -> list[tuple[str, Any, str]]:
    """Return (mark, specimen, kind) of every row that a reader may be kept from; a mark is a text that gives it away."""
    return [(mark, s, kind.name) for kind in wide.kinds for s in kind.specimens for mark in s.marks if len(mark) >= 12]


@pytest.mark.parametrize("who", people_of_this_run() if LONG else (None, "citizen", "acceptor_east", "handler2", "stand_in", "audit_administrator"))
def test_no_address_names_a_row_that_its_reader_may_not_see(wide, who):
    """Every page, list, export and API answer without parameters is searched for the numbers of rows that are hidden from its reader."""
    reader = wide.readers[who]
    own = str(wide.world.account(who).uid) if reader.kind == "person" else ""  # every page names its reader
    hidden = [(mark, s, kind) for mark, s, kind in marks_of(wide) if not s.seen_by(reader) and mark != own]
    wrong = []
    for address in _plain():
        if address.route.startswith("open311/") or address.route in named("NUMBERS") or not reader.let_in(address.door):
            continue  # Open311 is for everybody and has its own list and oracle
        text = _text(wide, who, address)
        wrong += [f"GET /{address.route} as {reader} names {kind}, {s.label}: {mark}" for mark, s, kind in hidden if mark in text]
    assert not wrong, "\n".join(wrong)


def _text(wide: Any, who: str | None, address: Address) -> str:
    from tests.refusals.test_personal import text_of

    cache.clear()
    with transaction.atomic():
        answer = wide.client(who).get(address.path({}))
        text = text_of(answer) if answer.status_code < 400 else ""
        transaction.set_rollback(True)
    assert answer.status_code < 500, (address.route, who)
    return text


def test_whatever_looks_like_a_list_is_compared(wide):
    """An address that shows several known rows to somebody is a list: it has an oracle, or a reason."""
    listed = {listing.address for listing in wide.lists}
    missing = []
    for address in _plain():
        if address.name in listed or address.route in named("NOT_LISTS") or address.route.startswith("open311/"):
            continue
        for who in (*CENTRE, "acceptor", "leader", "administrator", "citizen") if LONG else CENTRE:
            if not wide.readers[who].let_in(address.door):
                continue
            text = _text(wide, who, address)
            found = {s.label for mark, s, _kind in marks_of(wide) if mark in text and not _own(wide, who, s)}
            if len(found) >= 3:
                missing.append(missing_listing(address, len(found)))
                break
    assert not missing, "\n".join(missing)


def _own(wide: Any, who: str, specimen: Any) -> bool:
    return str(wide.world.account(who).uid) in specimen.marks


def test_every_app_says_what_it_has(wide):
    """An installed app without specimens would go through all sweeps unseen."""
    from django.apps import apps

    have = {m.__name__.rsplit(".tests.", 1)[0] for m in modules()}
    missing = [c.name for c in apps.get_app_configs() if c.name.startswith("yiwang.apps.") and c.name not in have]
    assert not missing, f"no tests/specimens.py in {missing}"


def test_the_live_stream_tells_nobody_of_what_he_may_not_see(wide):
    """Each event as each viewer: whoever hears of a case may see it."""
    from yiwang.kernel.audit.models import Event
    from yiwang.kernel.cases.models import Case
    from yiwang.kernel.cases.tests.specimens import Facts
    from yiwang.kernel.exchange.stream import may_hear, org_paths_of

    facts, events = Facts.read(), list(Event.all_modes.exclude(case_id=None))
    paths = org_paths_of(events)
    heard, wrong = 0, []
    for who, reader in wide.readers.items():
        if reader.kind != "person":
            continue
        actor = wide.world.actor(who)
        for event in events:
            if not may_hear(actor, event, paths):
                continue
            heard += 1
            case: Case = facts.cases[event.case_id]
            if not facts.sees(reader, case):
                wrong.append(f"{who} hears {event.action} of {case.uid} ({case.state}, {case.mode})")
    assert heard > 100
    assert not wrong, "\n".join(wrong[:20])
