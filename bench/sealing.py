"""What sealing costs those who write.

    ./dev bench sealing [SECONDS]

Four writers (threads, each its own connection, durable commits) record one line a transaction, as an action does. Then the
same lines are sealed in portions of five seconds' work, as the sealer does in service. Both are measured in processor time,
ours and that of the database's processes that served us: this is what sealing takes away from writers on a busy machine, and
it does not change with what else the machine does. Waiting for the disk is not in it: writers wait once a line, the sealer
once a portion. Rates by the clock, with and without a running sealer, are printed beside it. Target: under 5 %.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import django

SECONDS, PAIRS, WRITERS, INTERVAL = 12.0, 3, 4, 5.0
TICK = os.sysconf("SC_CLK_TCK")


def processor_time(pid: int) -> float:
    """Return the seconds that a process has used so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def backend() -> int:
    """Return the process of the database that serves this thread."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


class Writers:
    """Threads that record lines until told to stop, one transaction each."""

    def __init__(self) -> None:
        self.stop, self.counts, self.served = threading.Event(), [0] * WRITERS, [0.0] * WRITERS

    def _write(self, writer: int) -> None:
        from django.db import connections, transaction

        from yiwang.kernel.audit import services
        from yiwang.kernel.base.actor import Actor, ActorKind

        actor = Actor(kind=ActorKind.PERSON, account_id=900_000 + writer, name="试写", post_name="试写")
        pid = backend()
        before = processor_time(pid)
        while not self.stop.is_set():
            with transaction.atomic():
                services.record(actor, action="bench.sealing.line", data={"n": self.counts[writer], "reason": "路面有坑，直径约半米"})
            self.counts[writer] += 1
        self.served[writer] = processor_time(pid) - before
        connections.close_all()

    def run(self, seconds: float) -> tuple[int, float, float]:
        """Return lines, lines per second and processor seconds used for them."""
        threads = [threading.Thread(target=self._write, args=(n,), daemon=True) for n in range(WRITERS)]
        began, used = time.perf_counter(), time.process_time()
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self.stop.set()
        for thread in threads:
            thread.join(60)
        lines = sum(self.counts)
        return lines, lines / (time.perf_counter() - began), time.process_time() - used + sum(self.served)


def seal(portion: int) -> tuple[int, float]:
    """Seal what is there in portions; return lines and processor seconds used."""
    from yiwang.kernel.audit import sealing

    kept, sealing.LINES_PER_SEAL = sealing.LINES_PER_SEAL, max(1, portion)
    try:
        pid = backend()
        before, used = processor_time(pid), time.process_time()
        made = sealing.seal_all()
        return sum(s.count for s in made), time.process_time() - used + processor_time(pid) - before
    finally:
        sealing.LINES_PER_SEAL = kept


def beside(seconds: float) -> tuple[float, float]:
    """Return lines per second without and with a sealer running as in service: medians of turns, in turns."""
    rates: dict[bool, list[float]] = {False: [], True: []}
    for number in range(PAIRS):
        for sealed in (False, True) if number % 2 == 0 else (True, False):
            sealer = subprocess.Popen([sys.executable, "-m", "yiwang", "sealer"]) if sealed else None
            time.sleep(4 if sealer else 0)  # its start is not what is measured
            rates[sealed].append(Writers().run(seconds)[1])
            if sealer:
                sealer.send_signal(signal.SIGTERM)
                sealer.wait(30)
    return statistics.median(rates[False]), statistics.median(rates[True])


def main() -> None:
    django.setup()
    from yiwang.kernel.audit import verifying

    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    Writers().run(2.0)  # connections and caches
    seal(5000)
    shares = []
    for _ in range(3):
        lines, rate, writing = Writers().run(seconds)
        sealed, sealing_s = seal(round(rate * INTERVAL))
        shares.append(sealing_s / sealed / (writing / lines))
        print(f"  {lines} lines written at {rate:.0f}/s: {writing / lines * 1e6:.0f} us of processor each; sealed: {sealing_s / sealed * 1e6:.1f} us each")
    without, with_sealer = beside(seconds)
    report = verifying.verify()
    print(f"Sealing takes {statistics.median(shares):.1%} of the processor time that writing takes (median of 3)")
    print(f"By the clock, {WRITERS} writers: {without:.0f} lines/s without, {with_sealer:.0f} lines/s with the sealer running (medians of {PAIRS} turns)")
    print(f"{report.lines} lines verified, {len(report.faults)} faults, {report.unsealed} not sealed")


if __name__ == "__main__":
    main()
