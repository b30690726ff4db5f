"""Every open door has a limit with a name, and says 429 with the seconds to wait in a sentence when it is used up."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.contracts.urls import Address, addresses
from tests.refusals.doors import sentences
from yiwang.kernel.base import rates

# Asked every few seconds by machines, also while the database is away, in which the counts lie.
UNCOUNTED = {"healthz": "says two letters", "readyz": "looks at most every few seconds", "metrics": "asks for a token"}


def open_views(patterns: Any = None) -> list[tuple[str, Any]]:
    """Return name and view of every pattern that asks for no permission."""
    found = []
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            found += open_views(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and getattr(pattern.callback, "door", None) is None:
            found.append((pattern.name or str(pattern.pattern), pattern.callback))
    return found


def is_open(address: Address) -> bool:
    from yiwang.kernel.base import registry

    public = set(registry.public_permissions())
    return address.door is not None and (address.door.public or bool(public & set(address.door.permissions)))


def test_every_open_door_has_a_named_limit() -> None:
    bare = sorted({f"/{a.route}" for a in addresses() if is_open(a) and a.door is not None and not a.door.limits and a.route not in UNCOUNTED})
    assert not bare, "open without @door(..., limit=...):\n" + "\n".join(bare)
    for name, view in open_views():
        operations = getattr(getattr(view, "__self__", None), "operations", None)
        assert operations is not None or getattr(view, "limits", ()), f"{name} has neither door nor limit"


def test_every_limit_at_a_door_is_declared() -> None:
    known = rates.declared()
    used = {limit.name for a in addresses() if a.door for limit in a.door.limits}
    assert used <= set(known)
    assert {"public-report", "public-query", "public-rate", "open311", "sign-in", "password", "upload", "api", "search"} <= set(known)
    for name, limit in known.items():
        assert limit.most > 0, name
        assert limit.window_s > 0, name


# One door of each kind: limit, method, address, body
DOORS = [
    ("open-page", "GET", "/report/", {}), ("open-page", "GET", "/accounts/login/", {}), ("sign-in", "POST", "/accounts/login/", {}),
    ("open-data", "GET", "/ui/map-base.json", {}), ("open-data", "GET", "/api/v1/classes", {}), ("open-data", "GET", "/api/v1/openapi.json", {}),
    ("open311", "GET", "/open311/v2/services.json", {}), ("open311", "GET", "/open311/v2/services.xml", {}),
    ("public-query", "GET", "/report/query/?code=ABCDEFGHJK", {}), ("public-rate", "POST", "/report/query/rate/", {}),
    ("upload", "POST", "/files/", {}), ("search", "GET", "/map/search.json?q=x", {}),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "method", "path", "body"), DOORS, ids=[f"{d[0]} {d[1]} {d[2]}" for d in DOORS])
def test_who_is_too_quick_is_told_how_long_to_wait(world: Any, settings: Any, name: str, method: str, path: str, body: dict[str, str]) -> None:
    settings.RATE_LIMITS = {name: (2, 600)}
    client = Client(raise_request_exception=False)
    answers = [getattr(client, method.lower())(path, body) for _ in range(3)]
    assert 429 not in [a.status_code for a in answers[:2]]
    last = answers[2]
    assert last.status_code == 429
    assert 1 <= int(last["Retry-After"]) <= 300
    said = " ".join(sentences(last))
    assert "稍候" in said or "秒" in said, said
    assert Client(REMOTE_ADDR="10.9.8.7").generic(method, path).status_code != 429, "somebody else is not held back"


@pytest.mark.django_db
def test_keys_and_searches_are_counted_by_who_asks(world: Any, settings: Any) -> None:
    from yiwang.kernel.base.actor import system
    from yiwang.kernel.identity.models import Role
    from yiwang.kernel.identity.services import create_client

    settings.RATE_LIMITS = {"api": (2, 600), "search": (2, 600), "wrong-key": (2, 600)}
    keys = [create_client(system(), code=c, name=c, role=Role.objects.get(code="open311_client"))[1] for c in ("one", "two")]
    first, second = (Client(headers={"X-Api-Key": key}) for key in keys)
    assert [first.get("/api/v1/me").status_code for _ in range(3)] == [200, 200, 429]
    assert second.get("/api/v1/me").status_code == 200
    clerk, other = world.client("acceptor"), world.client("leader")
    assert [clerk.get("/search/?q=x").status_code for _ in range(3)] == [200, 200, 429]
    assert other.get("/search/?q=x").status_code == 200
    guess = Client(headers={"X-Api-Key": "yw_guess"})
    assert [guess.get("/api/v1/me").status_code for _ in range(3)] == [401, 401, 429]
