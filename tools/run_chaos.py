"""`./dev chaos [--minutes N] [--seed S] [--queue] [--logs DIR]`: strike a whole platform for so long, then look for what was lost.

Its own durable cluster, data folder and small disks, under /tmp; nothing else is touched. The seed decides what is struck
and when: the same seed gives the same plan. First disasters with fixed counts (the database restarted in the middle
of 200 acts, away for a minute, web and worker killed during 500), then the storm. `--queue` adds a queue a million jobs long at the end.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
from pathlib import Path
from types import FrameType

from tools import build
from tools.database import python_env
from tools.say import run_main, say

MEAN_GAP_S = 4.0

RESTART_ACTS, AWAY_ACTS, KILL_ACTS = 200, 60, 500


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev chaos")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the storm lasts (besides the two disasters)")
    parser.add_argument("--seed", type=int, help="repeat a run")
    parser.add_argument("--queue", action="store_true", help="end with a queue of a million jobs")
    parser.add_argument("--phases", default="restart,away,kill,storm", help="which of restart (database, 200 acts), away (a minute), kill (500 acts), storm")
    parser.add_argument("--gap", type=float, default=MEAN_GAP_S, help="seconds between two strikes on average; more on a loaded machine")
    parser.add_argument("--only", help="strike with these kinds alone, comma-separated (see tests/chaos/plan.py)")
    parser.add_argument("--logs", type=Path, help="keep the logs of all processes here")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    os.environ.update(python_env())
    os.environ.setdefault("YIWANG_REGION", "371599")
    build.build_islands()
    build.compile_messages()
    seed = options.seed if options.seed is not None else secrets.randbits(31)
    from tests.chaos.plan import ALL, Strike, plan
    from tests.chaos.platform import platform
    from tests.chaos.storm import Storm

    seconds = options.minutes * 60
    kinds = tuple(options.only.split(",")) if options.only else ALL
    phases = options.phases.split(",")
    say(f"seed {seed}; {len(plan(seed, seconds, kinds, gap_s=options.gap))} strikes in {options.minutes:g} minutes; repeat it with "
        f"./dev chaos --minutes {options.minutes:g} --gap {options.gap:g} --seed {seed}")  # fmt: skip
    faults = 0
    with platform(keep_logs=options.logs) as target:
        storm = Storm(target, seed)
        if "restart" in phases:
            say(f"The database is restarted in the middle of {RESTART_ACTS} acts")
            restarts = [Strike(4.0, "stop:database"), Strike(12.0, "crash:database"), Strike(24.0, "kill:database")]
            faults += _tell(storm.blow("database restarted", acts=RESTART_ACTS, strikes=restarts))
        if "away" in phases:
            say("The database is away for a minute")
            faults += _tell(storm.blow("database away for a minute", acts=AWAY_ACTS, strikes=[Strike(5.0, "away:database", 60.0)]))
        if "kill" in phases:
            say(f"Web and worker are killed at random during {KILL_ACTS} acts")
            faults += _tell(storm.blow("web and worker killed", acts=KILL_ACTS, kinds=("kill:web", "kill:web-child", "kill:worker"), gap_s=options.gap * 4))
        if seconds and "storm" in phases:
            say(f"The storm, {options.minutes:g} minutes")
            faults += _tell(storm.blow("storm", seconds=seconds, kinds=kinds, gap_s=options.gap))
        if options.queue:
            from tests.chaos.queue import long_queue

            say("A queue a million jobs long")
            wrong = long_queue(target, storm, 1_000_000)
            print("\n".join(wrong), flush=True)
            faults += sum("WRONG" in line for line in wrong)
        storm.end()
    say(f"seed {seed}: nothing lost" if not faults else f"seed {seed}: {faults} faults")
    return 1 if faults else 0


def _tell(outcome: object) -> int:
    print(outcome, flush=True)
    return len(outcome.faults)  # type: ignore[attr-defined]


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    run_main(main, sys.argv[1:])
