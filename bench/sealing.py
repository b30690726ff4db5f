"""What sealing costs those who write: lines recorded per second with the sealer resting and with it running.

    ./dev bench sealing [SECONDS]

Four writers (threads, each its own connection, durable commits) record one line a transaction, chained in cases of their
own, as an action does. In turns: SECONDS without a sealer, SECONDS with `yiwang sealer` as in service (every 5 seconds) in
its own process. Afterwards everything is sealed and the record verified. The cost is the median over pairs of neighbouring
turns, so that the load of the machine burdens both alike. Target: under 5 %.
"""

from __future__ import annotations

import signal
import statistics
import subprocess
import sys
import threading
import time

import django

SECONDS, PAIRS, WRITERS = 12.0, 5, 4


def write(stop: threading.Event, writer: int, counts: list[int]) -> None:
    """Record lines until told to stop, one transaction each."""
    from django.db import connections, transaction

    from yiwang.kernel.audit import services
    from yiwang.kernel.base.actor import Actor, ActorKind

    actor = Actor(kind=ActorKind.PERSON, account_id=900_000 + writer, name="试写", post_name="试写")
    while not stop.is_set():
        with transaction.atomic():
            services.record(actor, action="bench.sealing.line", data={"n": counts[writer], "reason": "路面有坑，直径约半米"})
        counts[writer] += 1
    connections.close_all()


def turn(seconds: float) -> float:
    """Return lines per second of all writers together."""
    stop, counts = threading.Event(), [0] * WRITERS
    threads = [threading.Thread(target=write, args=(stop, n, counts), daemon=True) for n in range(WRITERS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join(60)
    return sum(counts) / (time.perf_counter() - began)


def main() -> None:
    django.setup()
    from yiwang.kernel.audit import sealing, verifying

    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    turn(2.0)  # connections and caches
    sealing.seal_all()
    pairs: list[tuple[float, float]] = []
    for number in range(PAIRS):
        rates = {}
        for sealed in (False, True) if number % 2 == 0 else (True, False):
            sealer = subprocess.Popen([sys.executable, "-m", "yiwang", "sealer"]) if sealed else None
            if sealer:
                time.sleep(4)  # its start is not what is measured
            rates[sealed] = turn(seconds)
            if sealer:
                sealer.send_signal(signal.SIGTERM)
                sealer.wait(30)
        pairs.append((rates[False], rates[True]))
        print(f"  turn {number + 1}: {rates[False]:7.1f} lines/s resting, {rates[True]:7.1f} lines/s sealing")
    resting, running = (statistics.median(column) for column in zip(*pairs, strict=True))
    cost = statistics.median(1 - on / off for off, on in pairs)
    sealing.seal_all()
    report = verifying.verify()
    print(f"{WRITERS} writers: {resting:.0f} lines/s without, {running:.0f} lines/s with the sealer: it costs {cost:.1%} (median of {PAIRS} pairs)")
    print(f"{report.lines} lines verified, {len(report.faults)} faults, {report.unsealed} not sealed")


if __name__ == "__main__":
    main()
