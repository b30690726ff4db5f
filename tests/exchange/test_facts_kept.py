"""The relay keeps the facts of evaluation: what people do is counted, whoever asks, once it was handed on."""

import time
from collections.abc import Callable

import pytest

from tests import walk
from yiwang.kernel.exchange import relay
from yiwang.kernel.indicators.models import CaseFact
from yiwang.kernel.indicators.services import facts

pytestmark = pytest.mark.committed


def handed_on(arrived: Callable[[], bool], seconds: float = 60) -> bool:
    """Run the relay until it is so: lines wait while any older transaction of the server is open, another test's too."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        relay.run_once()
        if arrived():
            return True
        time.sleep(0.1)
    return False


def test_facts_follow_what_was_committed(committed, committed_world):
    world = committed_world
    case = walk.report(world, at=(1, 1))
    assert not CaseFact.objects.exists()
    assert handed_on(lambda: CaseFact.objects.filter(case_id=case.pk, filed_at=None).exists())
    walk.advance(world, case, "pending_dispatch")
    assert handed_on(lambda: CaseFact.objects.filter(case_id=case.pk, filed_at__isnull=False).exists())
    assert handed_on(lambda: relay.lag()["facts"] == 0)
    assert not any(facts.differences().values())
