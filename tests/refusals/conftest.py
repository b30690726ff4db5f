"""One made world for all tests of this folder, in a database of their own; each test is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests import walk
from tests.refusals.doors import Doors, signed_in
from tests.world import World, build


@pytest.fixture(scope="package")
def made(django_db_setup: None, django_db_blocker: Any, test_databases: Any) -> Iterator[Doors]:
    """The world with a case at every stop and everybody signed in, committed once into a cloned database that stands in for this process's own."""
    from django.conf import settings
    from django.db import connections

    from conftest import _point_at

    usual = str(settings.DATABASES["default"]["NAME"])
    with test_databases.cloned() as name, django_db_blocker.unblock():
        _point_at(name)
        try:
            world = build()
            for code in ("wangchuan-sanitation", "company-water"):
                world.handler_of(code)
            town = walk.town(world)
            town["work"] = walk.advance(world, walk.report(world, text="井盖破损，待处置", at=(0, 2), photo="f9"), "pending_handle")
            doors = signed_in(world, town)
            connections.close_all()
            yield doors
        finally:
            connections.close_all()
            _point_at(usual)


@pytest.fixture
def doors(made: Doors, db: None, settings: Any) -> Iterator[Doors]:
    # These tests call a thousand times in a minute; limits themselves are tested in tests/contracts/test_limits.py.
    settings.RATE_LIMITS = dict.fromkeys(("open-page", "open-data", "search", "api", "sign-in", "password"), (0, 0))
    people = dict(made.world.people)
    yield made
    made.world.people.clear()
    made.world.people.update(people)


@pytest.fixture
def world(doors: Doors) -> World:
    return doors.world
