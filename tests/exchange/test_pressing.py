"""Rules and the platform's own words: who is late is told once, by one of them."""

from __future__ import annotations

import pytest

from tests.walk import COVER_MISSING, advance, report
from yiwang.kernel.audit.models import Event
from yiwang.kernel.exchange import relay
from yiwang.kernel.exchange.telling import tell
from yiwang.kernel.supervision.models import Card
from yiwang.kernel.supervision.queries import rulebook
from yiwang.kernel.supervision.tests.conftest import rules
from yiwang.kernel.supervision.tests.town import run_out, told

__all__ = ["rules"]
pytestmark = pytest.mark.django_db


def test_without_rules_the_platform_tells_as_before(world):
    rulebook.forget()
    case = advance(world, report(world), "pending_handle", condition=COVER_MISSING)
    run_out(case, 3)
    tell(list(Event.objects.filter(case_id=case.pk, action="overdue")))
    assert not Card.objects.exists()
    assert any(t.startswith("已超期") for t in told(world.account("handler2")))


def test_with_rules_the_platform_does_not_say_it_a_second_time(world, rules):
    case = advance(world, report(world), "pending_handle", condition=COVER_MISSING)
    run_out(case, 3)
    before = told(world.account("handler2"))
    assert len(before) == 2, "the reminder and the yellow card"
    tell(list(Event.objects.filter(case_id=case.pk, action__in=("overdue", "urge"), data__clock="department")))
    assert told(world.account("handler2")) == before


def test_the_relay_hands_events_to_supervision():
    assert "supervision" in relay.consumers()
