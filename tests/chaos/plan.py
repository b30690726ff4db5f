"""What is struck, when and for how long: decided by a seed before anything runs, so that a failing run can be repeated."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

PROCESSES = ("web", "web-child", "live", "worker", "relay", "sealer")
KILLS = tuple(f"kill:{name}" for name in PROCESSES)
RESTARTS = tuple(f"restart:{name}" for name in ("web", "live", "worker", "relay", "sealer"))
PAUSES = tuple(f"pause:{name}" for name in ("web", "live", "worker", "relay", "sealer"))
DATABASE = ("kill:database", "kill:backend", "stop:database", "crash:database", "pause:database")
STARVED = ("starve:connections", "starve:files", "starve:tables")
ALL = (*KILLS, *RESTARTS, *PAUSES, *DATABASE, *STARVED)
WEIGHTS = {"kill:web": 3.0, "kill:web-child": 3.0, "kill:worker": 2.0, "kill:relay": 2.0, "kill:database": 1.5, "starve:connections": 1.5}
MEAN_GAP_S = 4.0
LONGEST_S = 4.0


@dataclass(frozen=True)
class Strike:
    """One blow: `at` seconds after the start; what lasts (a pause, a full disk) lasts `lasting` seconds."""

    at: float
    kind: str
    lasting: float = 0.0
    choice: float = 0.0  # which of several (backends, children): a share of their number

    def __str__(self) -> str:
        return f"{self.at:7.1f} s  {self.kind}" + (f" for {self.lasting:.1f} s" if self.lasting else "")


def plan(seed: int, seconds: float, kinds: Sequence[str] = ALL, *, gap_s: float = MEAN_GAP_S) -> list[Strike]:
    """Return the strikes of a run. Every kind comes once before any comes again, in an order of the seed's."""
    draw = random.Random(seed)
    queue = list(kinds)
    draw.shuffle(queue)
    found, at = [], 1.0
    while at < seconds:
        if queue:
            kind = queue.pop()
        else:
            kind = draw.choices(list(kinds), [WEIGHTS.get(k, 1.0) for k in kinds])[0]
        lasting = round(draw.uniform(0.5, LONGEST_S), 2) if kind.startswith(("pause:", "starve:")) else 0.0
        found.append(Strike(round(at, 2), kind, lasting, draw.random()))
        at += max(0.3, draw.expovariate(1 / gap_s))
    return found
