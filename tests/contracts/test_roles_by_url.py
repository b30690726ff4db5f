"""Every address as every sample role and as nobody: one readable table, and rules that no table can rewrite.

`YIWANG_REWRITE_GOLDEN=1 pytest tests/contracts/test_roles_by_url.py` writes the table anew; review reads the diff.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from tests.contracts.urls import OPEN_BY_NATURE, Address, addresses
from yiwang.kernel.base import registry

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "roles_by_url.txt"
PEOPLE = (
    "nobody", "citizen", "inspector", "acceptor", "shift_leader", "dispatcher", "district_dispatcher", "handler",
    "leader", "administrator", "security_administrator", "audit_administrator", "client",
)  # fmt: skip
HEAD = """\
# Who gets what answer at which address. Written by tests/contracts/test_roles_by_url.py with YIWANG_REWRITE_GOLDEN=1.
#
# ok: an answer (2xx)    go: sent on (3xx)    login: sent to the sign-in    number: refused with this status
# Parameters are filled with real rows where the test knows some (one case, reported by the inspector and waiting at
# intake), else with what does not exist (404: let in, but nothing is there for him). POST is sent empty (422 and 400:
# let in, but nothing was filled in).
"""


@pytest.fixture
def filled(world: Any) -> list[tuple[str, dict[str, Any]]]:
    """Real rows for parameters, by the beginning of the route; the first that fits is taken."""
    from yiwang.apps.city.tests.test_flow import report
    from yiwang.kernel.files.models import Attachment

    walk = report(world)  # by the inspector, in the directly dispatched district, waiting at the acceptor's desk
    person = world.people["inspector"]
    return [
        ("accounts/people/", {"uid": person.account.uid}),
        ("accounts/organizations/", {"uid": person.post.organization.uid}),
        ("accounts/roles/", {"code": "inspector"}),
        ("api/v1/cases/", {"uid": walk.uid}),
        ("api/v1/tasks/", {"uid": walk.case.tasks.filter(state="open").first().uid}),
        ("city/cases/", {"uid": walk.uid}),
        ("files/", {"uid": Attachment.objects.order_by("-pk").first().uid}),
        ("calendars/", {"code": "cn", "year": 2026}),
        ("map/layers/", {"code": "geography.boundaries"}),
    ]


def values(filled: list[tuple[str, dict[str, Any]]], route: str) -> dict[str, Any]:
    return next((found for start, found in filled if route.startswith(start)), {})


@pytest.fixture
def clients(world: Any) -> dict[str, Client]:
    """A browser for each person, and one program with a key."""
    from yiwang.kernel.base.actor import system
    from yiwang.kernel.identity.models import Role
    from yiwang.kernel.identity.services import create_client

    made = {key: world.client(None if key == "nobody" else key) for key in PEOPLE if key != "client"}
    for key, client in made.items():
        if key != "nobody":  # refusals as JSON, whose page would cost more than everything else here
            client.defaults["HTTP_ACCEPT"] = "application/json, text/html"
    role = Role.objects.get(code="open311_client")
    _, key = create_client(system(), code="probe", name="Probe", role=role)
    made["client"] = Client(headers={"x-api-key": key})
    for client in made.values():
        client.raise_request_exception = False
    return made


def answer(client: Client, address: Address, path: str) -> str:
    """Call and return the status in a word; whatever the call wrote is undone."""
    cache.clear()  # no limit on requests carries over from one call to the next
    cookies = client.cookies.copy()
    with transaction.atomic():
        body = {"data": "{}", "content_type": "application/json"} if address.is_api and address.method != "GET" else {}
        response = getattr(client, address.method.lower())(path, **body)
        transaction.set_rollback(True)
    client.cookies = cookies  # signing out is undone, too
    if 200 <= response.status_code < 300:
        return "ok"
    if 300 <= response.status_code < 400:
        return "login" if response["Location"].startswith("/accounts/login/?next=") else "go"
    return str(response.status_code)


def test_every_address_has_a_door() -> None:
    missing = [
        f"/{a.route} ({a.name or 'without a name'})"
        for a in addresses()
        if a.door is None and a.name.rsplit(":", 1)[-1] not in OPEN_BY_NATURE
    ]
    assert not missing, "no @door or auth=api_door(...) on:\n" + "\n".join(sorted(set(missing)))


def test_every_door_asks_for_a_declared_permission() -> None:
    known = registry.permissions()
    wrong = [f"/{a.route}: {p}" for a in addresses() if a.door for p in a.door.permissions if p not in known]
    assert not wrong, "declared in no manifest:\n" + "\n".join(wrong)


def test_every_address_for_every_role(
    world: Any, clients: dict[str, Client], filled: dict[str, dict[str, Any]]
) -> None:
    rows: list[tuple[Address, list[str]]] = []
    for address in addresses():
        path = address.path(values(filled, address.route))
        first = answer(clients[PEOPLE[0]], address, path)
        # A method that is refused before anybody is looked at is refused to all.
        same = first == "405" or address.door is None
        others = [first if same else answer(clients[key], address, path) for key in PEOPLE[1:]]
        rows.append((address, [first, *others]))
    _never_let_in_without_the_permission(world, rows)
    broken = [
        f"{a.method} /{a.route} as {p}: {s}"
        for a, found in rows
        for p, s in zip(PEOPLE, found, strict=True)
        if s >= "5" and s[0] == "5"
    ]
    assert not broken, "our own faults:\n" + "\n".join(broken)
    text = _table(rows)
    if os.environ.get("YIWANG_REWRITE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
        return
    kept = GOLDEN.read_text(encoding="utf-8") if GOLDEN.exists() else ""
    if text != kept:
        diff = "\n".join(difflib.unified_diff(kept.splitlines(), text.splitlines(), "kept", "now", lineterm="", n=0))
        pytest.fail(
            f"The answers differ from {GOLDEN.relative_to(GOLDEN.parents[2])}. Wanted? Then run\n"
            f"YIWANG_REWRITE_GOLDEN=1 pytest tests/contracts/test_roles_by_url.py\n{diff}", pytrace=False,
        )  # fmt: skip


def _never_let_in_without_the_permission(world: Any, rows: list[tuple[Address, list[str]]]) -> None:
    """Hold what doors promise against what roles grant: this does not depend on the table."""
    public = set(registry.public_permissions())
    held = {key: public | {g.permission for g in world.actor(key).grants} for key in PEOPLE if key in world.people}
    held["nobody"] = public
    for address, found in rows:
        if address.door is None or address.door.public:
            continue
        for key, said in zip(PEOPLE, found, strict=True):
            if key == "client":
                continue
            wanted = set(address.door.permissions)
            allowed = key != "nobody" if address.door.signed_in else bool(wanted & held[key])
            refused = said in ("login", "401", "403", "405")
            assert allowed or refused, (
                f"{address.method} /{address.route} lets {key} in ({said}) without {address.asks}"
            )


def _table(rows: list[tuple[Address, list[str]]]) -> str:
    width = max(len(f"/{a.route}") for a, _ in rows)
    widths = [max(len(p), 5) for p in PEOPLE]
    head = f"{'':6} {'address':{width}} " + " ".join(f"{p:{w}}" for p, w in zip(PEOPLE, widths, strict=True)) + " asks"
    lines = [
        f"{a.method:6} {'/' + a.route:{width}} "
        + " ".join(f"{s:{w}}" for s, w in zip(found, widths, strict=True))
        + f" {a.asks}"
        for a, found in rows
    ]
    return HEAD + "\n".join([head, *lines]) + "\n"
