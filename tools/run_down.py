"""`./dev down`, and clearing up after a run that was killed."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

from tools import place
from tools.cluster import Cluster, socket_folder
from tools.place import Place, alive
from tools.say import Stop, run_main, say

WAIT_S = 30.0


def main(arguments: list[str]) -> int:
    given, rest = place.split_data(arguments)
    if rest:
        raise Stop(f"./dev down does not know {' '.join(rest)}.", "./dev down [--data DIR]")
    where = place.find(given)
    if running := where.running():
        os.kill(running["supervisor"], signal.SIGTERM)
        if not _gone([(running["supervisor"], running["started"])], WAIT_S):
            raise Stop(
                f"The supervisor (process {running['supervisor']}) does not end.", f"See {where.log}/supervisor.log"
            )
        say("Everything is stopped; the data is kept.")
    elif not clear_killed_run(where):
        say(f"Nothing runs on {where.data}.")
    return 0


def clear_killed_run(where: Place) -> bool:
    """Stop what a killed run left behind and return whether there was anything."""
    found = False
    state = where.state()
    left = [(s["pid"], s["started"]) for s in state.get("services", {}).values() if alive(s["pid"], s["started"])]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid, started in left:
            if alive(pid, started):
                found = True
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        if _gone(left, 8):
            break
    if remembered := place.read_json(where.data / "cluster.json").get("folder"):
        pg = Cluster(Path(str(remembered)), socket_folder(where.short_name))
        if pg.pid:
            found = True
            pg.stop()
    where.state_file.unlink(missing_ok=True)
    where.forget()
    if found:
        say("The previous run was killed; what it left running is stopped now.")
    return found


def _gone(processes: list[tuple[int, str]], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while any(alive(*process) for process in processes):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


if __name__ == "__main__":
    run_main(main, sys.argv[1:])
