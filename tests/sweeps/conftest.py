"""One wide world for all sweeps, in a database of its own: several districts, bodies, people who come and go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache

from tests import walk
from tests.refusals.doors import Doors, signed_in
from tests.sweeps import specimens
from tests.sweeps.readers import Reader, readers
from tests.world import TWO_LEVEL, World, _person, build

# key: (role, organization, name, area code or "" for the city, bound to its organization)
MORE_PEOPLE = {
    "acceptor_east": ("acceptor", "centre-supervision", "东受", TWO_LEVEL, False),
    "leader_east": ("leader", "yundong-government", "东领", TWO_LEVEL, False),
    "handler_east": ("handler", "yundong-sanitation", "东处", TWO_LEVEL, True),
    "stand_in": ("handler", "nanmo-greening", "代班", "371593", True),  # stands in for the district dispatcher now
    "stood_in": ("handler", "nanmo-municipal", "代过", "371593", True),  # stood in for the leader until yesterday
    "left": ("leader", "city-government", "离任", "", False),  # his post has ended
    "citizen2": ("citizen", "", "柳民", "", False),
}
# Who goes through every door in ./dev test, one of each kind; YIWANG_SWEEP=all takes everybody.
SHORT = (None, "machine", "citizen", "acceptor_east", "district_dispatcher", "handler2", "leader", "stand_in", "left", "administrator_east",
         "security_administrator_east", "audit_administrator", "data_steward", "data_owner2")  # fmt: skip
EVERYBODY = (*SHORT, "citizen2", "inspector", "inspector2", "inspector3", "acceptor", "shift_leader", "dispatcher", "handler", "handler_east", "leader_east",
             "stood_in", "administrator", "security_administrator", "data_owner", "data_clerk")  # fmt: skip


def people_of_this_run() -> tuple[str | None, ...]:
    return EVERYBODY if os.environ.get("YIWANG_SWEEP") == "all" else SHORT


@dataclass
class Made:
    """The wide world with its doors; what the rooms and apps declared of it is read once."""

    doors: Doors
    readers: dict[str | None, Reader] = field(default_factory=dict)
    _kinds: list[specimens.Kind] = field(default_factory=list)
    _lists: list[specimens.Listing] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.doors.world

    @property
    def town(self) -> dict[str, Any]:
        return self.doors.town

    @property
    def kinds(self) -> list[specimens.Kind]:
        if not self._kinds:
            self._kinds = specimens.gathered("kinds", self)
        return self._kinds

    @property
    def lists(self) -> list[specimens.Listing]:
        if not self._lists:
            self._lists = specimens.gathered("lists", self)
        return self._lists

    def kind(self, name: str) -> specimens.Kind:
        return next(k for k in self.kinds if k.name == name)

    def client(self, who: str | None, *, json: bool = False) -> Any:
        """Return a client of somebody; with `json` refusals come as problem+json, whose page would cost more than all else."""
        return self.doors.client(who, **({"accept": "application/json, text/html"} if json else {}))


def administrators(world: World) -> list[str]:
    """Return the people of the world who administer: whoever holds a permission of the identity room, whatever its role is called."""
    return [key for key in world.people if any(g.permission in ("identity.admin", "identity.security") for g in world.actor(key).grants)]


def people(world: World) -> None:
    """Add those who are bound to a district, stand in, stood in, left."""
    from django.utils import timezone

    from yiwang.kernel.identity.models import Delegation, Holding

    for key, (role, org, name, area, bound) in MORE_PEOPLE.items():
        world.people[key] = _person(key, role, world.orgs.get(org), name, world.areas[area or "371599"], world.orgs[org] if bound else None)
    now = timezone.now()
    Holding.objects.filter(account=world.account("left")).update(valid_to=now - timedelta(days=1))
    Delegation.objects.create(absent=world.account("district_dispatcher"), substitute=world.account("stand_in"),
                              starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=30), reason="休假")  # fmt: skip
    Delegation.objects.create(absent=world.account("leader"), substitute=world.account("stood_in"),
                              starts_at=now - timedelta(days=3), ends_at=now - timedelta(days=1), reason="出差")  # fmt: skip
    for key in administrators(world):
        held = Holding.objects.get(account=world.account(key))
        world.people[f"{key}_east"] = _person(f"{key}_east", held.post.role.code, world.orgs["yundong-government"], "东管", world.areas[TWO_LEVEL], None)


@pytest.fixture(scope="package")
def made(django_db_setup: None, django_db_blocker: Any, test_databases: Any) -> Iterator[Made]:
    """The world, filled by every room and app that has something to put there, committed once into a cloned database."""
    from django.conf import settings
    from django.db import connections

    from conftest import _point_at

    usual = str(settings.DATABASES["default"]["NAME"])
    with test_databases.cloned() as name, django_db_blocker.unblock():
        _point_at(name)
        try:
            world = build()
            people(world)
            town = walk.town(world)
            for module in specimens.modules():
                if hasattr(module, "fill"):
                    town |= module.fill(world) or {}
            made = Made(signed_in(world, town))
            made.readers = readers(world, [*world.people, "machine"])
            connections.close_all()
            yield made
        finally:
            connections.close_all()
            _point_at(usual)


@pytest.fixture
def wide(made: Made, db: None) -> Made:
    """The world for one test, which is rolled back."""
    cache.clear()
    return made
