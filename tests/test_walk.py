"""The ordinary way of a case through every person's hands, by services."""

import pytest

from tests import walk


@pytest.mark.parametrize("to", walk.WAY)
def test_each_stop_is_reached(world, to):
    case = walk.advance(world, walk.report(world), to)
    assert case.state == {"sent": "handled"}.get(to, to)
    if to == "closed":
        assert case.outcome == "closed"
        assert case.number
        assert case.closed_at
