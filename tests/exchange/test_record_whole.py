"""After a case has gone its whole way the record vouches for it; whoever changes one fact beside the record is named."""

import pytest

from tests.world import World
from yiwang.apps.city.tests.test_moves_made import closed, suspended
from yiwang.kernel.audit import verifying
from yiwang.kernel.cases.models import Case

pytestmark = pytest.mark.django_db


def test_the_record_of_walked_cases_is_whole(world: World):
    done, held = closed(world), suspended(world)
    report = verifying.verify()
    assert list(report.faults) == []
    assert report.cases >= 2
    assert done.case.event_count > 10
    assert held.case.state == "suspended"


def test_a_case_whose_head_was_set_back_is_named(world: World):
    walk = closed(world)
    case = walk.case
    Case.all_modes.filter(pk=case.pk).update(event_count=case.event_count - 1)
    faults = list(verifying.verify().faults)
    assert [f.case_id for f in faults] == [case.pk]
