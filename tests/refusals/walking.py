"""Every address with somebody who may enter it, real numbers in its parameters, and the forms that its pages hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lxml import html

from tests.contracts.urls import Address, addresses
from tests.refusals.doors import Doors

WHO_FIRST = ("acceptor", "shift_leader", "dispatcher", "inspector", "leader", "evaluator", "administrator", "citizen", "handler2", "district_dispatcher",
             "security_administrator", "audit_administrator", "data_steward", "data_owner", "data_clerk")


PROBES = ("healthz", "readyz", "metrics")  # asked by machines, answered in their words (tests/observability)
PROGRAMS = ("api/v1/city/field/positions",)  # for badges alone: no person's post holds it (city/tests/test_patrol.py)


@dataclass(frozen=True)
class Visit:
    """One address as somebody; `who` None is a stranger."""

    address: Address
    path: str
    who: str | None


@dataclass(frozen=True)
class Form:
    """A form as a page shows it: where it goes, what it has, and where it was seen."""

    action: str
    names: tuple[str, ...]
    hidden: tuple[tuple[str, str], ...]  # what the page filled in
    who: str | None
    seen_at: str


def values_of(doors: Doors) -> list[tuple[str, dict[str, Any]]]:
    """Return real values of parameters by the beginning of the route."""
    from yiwang.kernel.cases.models import Task
    from yiwang.kernel.files.models import Attachment

    case = doors.town["new"]
    person = doors.world.people["inspector"]
    return [
        ("accounts/people/", {"uid": person.account.uid}), ("accounts/organizations/", {"uid": person.post.organization.uid}),
        ("accounts/roles/", {"code": "inspector"}), ("api/v1/cases/", {"uid": case.uid}),
        ("api/v1/tasks/", {"uid": Task.all_modes.filter(case=case, state="open").first().uid}), ("city/cases/", {"uid": case.uid, "view_id": 1}),
        ("files/", {"uid": Attachment.objects.order_by("-pk").first().uid}), ("calendars/", {"code": "cn", "year": 2026}),
        ("map/layers/", {"code": "city.open_cases"}), ("report/query/", {"code": case.reports.first().query_code}),
    ]  # fmt: skip


def visits(doors: Doors, method: str, *, api: bool = False) -> Iterator[Visit]:
    """Yield each page (or API operation) with this method, as the first person whom its door lets in."""
    held = {key: {g.permission for g in doors.world.actor(key).grants} for key in WHO_FIRST}
    filled = values_of(doors)
    for address in addresses():
        if address.method != method or address.is_api is not api or address.door is None or address.route.startswith("open311/"):
            continue
        if address.route in (*PROBES, *PROGRAMS):
            continue
        who: str | None = None
        if not address.door.public:
            wanted = set(address.door.permissions)
            who = next((k for k in WHO_FIRST if address.door.signed_in or wanted & held[k]), None)
            assert who, f"nobody of the made world may open /{address.route}"
        elif address.route.startswith(("files/<", "map/layers")):
            who = "acceptor"
        values = next((found for start, found in filled if address.route.startswith(start)), {})
        yield Visit(address, address.path(values), who)


def forms_of(raw: bytes, path: str, who: str | None) -> Iterator[Form]:
    """Yield the forms of a page that post."""
    page = html.fromstring(raw.decode())
    for form in page.iter("form"):
        if (form.get("method") or "get").lower() != "post":
            continue
        fields = [e for e in form.iter("input", "textarea", "select", "button") if e.get("name")]
        names = tuple(dict.fromkeys(e.get("name") for e in fields if e.get("name") != "csrfmiddlewaretoken" and e.get("type") != "file"))
        hidden = tuple((e.get("name"), e.get("value") or "") for e in fields if e.get("type") == "hidden" and e.get("name") != "csrfmiddlewaretoken")
        yield Form(urlsplit(form.get("action") or path).path or path, names, hidden, who, path)


def shape(action: str) -> str:
    """Return an address without its numbers, so that forms of one kind are tried once."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "*", action)
