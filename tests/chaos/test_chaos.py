"""The short form of `./dev chaos`: half a minute of strikes on a whole platform of its own; nothing acknowledged is lost."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.chaos.plan import Strike
from tests.chaos.platform import platform
from tests.chaos.storm import Storm

SEED = int(os.environ.get("YIWANG_CHAOS_SEED", "20261123"))
# One of each sort, with time between for processes to come back: what a seed would draw in ten minutes.
STRIKES = [
    Strike(1.0, "kill:worker"), Strike(1.5, "kill:relay"), Strike(3.0, "stop:database"), Strike(9.0, "starve:files", 1.0),
    Strike(11.0, "kill:live"), Strike(11.5, "pause:web", 1.0), Strike(13.0, "kill:backend", choice=0.6), Strike(18.0, "starve:connections", 1.5),
    Strike(20.0, "starve:tables", 1.0), Strike(21.5, "kill:sealer"), Strike(22.0, "kill:web"),
]  # fmt: skip


@pytest.mark.timeout(600)
def test_nothing_acknowledged_is_lost(test_databases: Any):
    with platform((test_databases.server, test_databases.template)) as target:
        storm = Storm(target, SEED)
        found = storm.blow("short storm", acts=25, strikes=STRIKES, most_s=75)
        storm.end()
        print(found)
        assert found.faults == [], str(found) + "\n" + target.tail(40)
        assert sum(found.acknowledged.values()) > 0
        assert len(found.strikes) >= len(STRIKES) - 2  # on a very loaded machine the time is over first
