"""The relay keeps the facts of evaluation: what people do is counted, whoever asks, once it was handed on."""

import pytest

from tests import walk
from tests.world import build
from yiwang.kernel.exchange import relay
from yiwang.kernel.indicators.models import CaseFact
from yiwang.kernel.indicators.services import facts

pytestmark = pytest.mark.committed


def test_facts_follow_what_was_committed(committed):
    world = build()
    case = walk.report(world, at=(1, 1))
    assert not CaseFact.objects.exists()
    relay.run_once()
    assert CaseFact.objects.get(case_id=case.pk).filed_at is None
    walk.advance(world, case, "pending_dispatch")
    relay.run_once()
    assert CaseFact.objects.get(case_id=case.pk).filed_at is not None
    assert not any(facts.differences().values())
    relay.run_once()  # other readers of the first round wrote lines of their own
    assert relay.lag()["facts"] == 0
