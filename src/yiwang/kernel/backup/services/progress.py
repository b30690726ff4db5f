"""The row that the page reads while something runs."""

import time
from typing import Any

from yiwang.kernel.backup.models import Run, State
from yiwang.kernel.base.clock import now

EVERY_S = 1.0


class Progress:
    """Writes where a run stands at most once a second; without a row it writes nothing (a restore elsewhere)."""

    def __init__(self, row: Run | None) -> None:
        self.row, self.said = row, 0.0

    def begin(self, backup: str, store: str) -> None:
        if self.row is not None:
            self.row.backup, self.row.store, self.row.state = backup, store[:300], State.RUNNING
            self.row.started_at = self.row.touched_at = now()
            self.row.save()

    def phase(self, name: str, total: int = 0) -> None:
        if self.row is not None:
            self.row.phase, self.row.total, self.row.done = name, total, 0
            self._write()

    def moved(self, done: int) -> None:
        if self.row is not None and time.monotonic() - self.said >= EVERY_S:
            self.row.done = done
            self._write()

    def _write(self) -> None:
        self.said = time.monotonic()
        if self.row is not None:
            self.row.touched_at = now()
            self.row.save(update_fields=["phase", "total", "done", "touched_at"])

    def end(self, *, error: str = "", **facts: Any) -> None:
        if self.row is not None:
            self.row.state, self.row.error = (State.FAILED if error else State.GOOD), error[:2000]
            self.row.facts, self.row.finished_at = facts, now()
            self.row.save()
