"""The relay: every committed event once, in order, whatever is killed; a failing reader keeps its place."""

import time

import pytest

from tests.world import World
from yiwang.apps.city.tests.test_flow import report
from yiwang.apps.city.tests.test_moves_made import closed
from yiwang.kernel.audit.models import Event
from yiwang.kernel.exchange import relay
from yiwang.kernel.exchange.models import RelayCursor
from yiwang.kernel.notices.models import Notice


@pytest.fixture
def taken(monkeypatch):
    """A reader of its own, in place of all others."""
    seen: list[int] = []
    monkeypatch.setattr(relay, "_consumers", {"test": lambda events: seen.extend(e.position for e in events)})
    return seen


def drain(seconds: float = 60) -> None:
    """Let the relay come to the end. Tests beside this one hold transactions open, and the relay rightly waits for them."""
    end = time.monotonic() + seconds
    while any(relay.lag().values()) and time.monotonic() < end:
        relay.run_once()
        time.sleep(0.05)


def positions() -> list[int]:
    return list(Event.objects.order_by("position").values_list("position", flat=True))


def test_each_event_is_handed_on_once(committed, taken, committed_world):
    world = committed_world
    report(world)
    drain()
    relay.run_once()
    assert taken == positions()
    report(world, "public", "public")
    drain()
    assert taken == positions()
    assert relay.lag() == {"test": 0}


def test_a_reader_that_fails_stays_where_it_is_and_the_others_go_on(committed, monkeypatch, committed_world):
    world = committed_world
    seen: list[int] = []
    broken = True

    def first(events):
        if broken:
            raise RuntimeError("the gateway is down")
        seen.extend(e.position for e in events)

    others: list[int] = []
    monkeypatch.setattr(
        relay, "_consumers", {"first": first, "second": lambda events: others.extend(e.position for e in events)}
    )
    RelayCursor.objects.create(name="first", position=0)
    report(world)
    end = time.monotonic() + 60
    while others != positions() and time.monotonic() < end:
        relay.run_once()
    assert (seen, others) == ([], positions())
    assert "gateway" in RelayCursor.objects.get(name="first").last_error
    broken = False
    drain()
    assert seen == positions()
    assert RelayCursor.objects.get(name="first").last_error == ""


def test_a_line_of_a_transaction_that_commits_late_is_not_skipped(committed, taken, committed_world):
    """Positions are drawn before commit: a later position may be readable while an earlier one is not yet."""
    import threading

    from django.db import connection, transaction

    world = committed_world
    inside, go = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            report(world)
            inside.set()
            assert go.wait(20)
        connection.close()

    def quick():
        assert inside.wait(20)
        report(world, "public", "public")
        relay.run_once()
        early = list(taken)
        go.set()
        connection.close()
        return early

    _none, early = committed.in_threads(slow, quick)
    drain()
    assert taken == positions()
    assert len(early) < len(taken)


@pytest.mark.django_db
def test_who_has_to_act_and_who_reported_is_told_once(world: World):
    from yiwang.kernel.audit.queries import events_after, last_position
    from yiwang.kernel.cases.contracts import PersonDraft
    from yiwang.kernel.exchange.telling import tell

    walk = report(world, "acceptor", "hotline", person=PersonDraft(name="王小明", phone="13800005678"))
    walk.do("acceptor2", "accept", "pass")
    events = events_after(0, limit=1000, upto=last_position())
    tell(events)
    tell(events)
    told = Notice.objects.filter(subject_uid=walk.uid)
    assert set(told.values_list("account__username", flat=True)) == {"shift_leader", "shift_leader2"}
    assert told.filter(account=world.account("shift_leader"), kind="case.task").count() == 1
    assert not told.filter(account=world.account("handler")).exists()
    done = closed(world)
    tell(events_after(0, limit=1000, upto=last_position()))
    assert not Notice.objects.filter(subject_uid=done.uid, kind="case.task").exists()  # nothing is open any more
    citizen = closed_for_citizen(world)
    tell(events_after(0, limit=1000, upto=last_position()))
    assert Notice.objects.filter(subject_uid=citizen, kind="case.ended", account=world.account("citizen")).count() == 1


def closed_for_citizen(world: World):
    walk = report(world, "citizen", "public")
    walk.do("acceptor", "accept", "refuse", reason="不属于城市管理")
    return walk.uid
