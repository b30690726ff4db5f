"""A made month of facts, written down by hand, for tests of counting."""

from datetime import UTC, datetime, timedelta
from typing import Any

from yiwang.kernel.indicators.models import CaseFact, ReportFact, StageFact

START = datetime(2026, 9, 1, 1, tzinfo=UTC)  # 09:00 in Shanghai
HOUR = timedelta(hours=1)


class Month:
    """Writes facts with running keys; every argument that is not given is that of an ordinary case."""

    def __init__(self, world: Any) -> None:
        self.world, self.key = world, 1_000_000
        self.street = world.areas["371592001"]
        self.district = world.areas["371592"]

    def _common(self, **told: Any) -> dict[str, Any]:
        return {
            "root_id": self.world.city.pk, "matter": "city.problem", "mode": "live", "area_path": self.street.path, "district_id": self.district.pk,
            "street_id": self.street.pk, "class_code": "matter 01001", "class_major": "matter 01", "channel": "inspector",
        } | told  # fmt: skip

    def next(self) -> int:
        self.key += 1
        return self.key

    def case(self, at: datetime, *, due_h: float | None = 24, closed_h: float | None = None, **told: Any) -> int:
        """Write a case filed at a moment, closed `closed_h` hours later, its limit after `due_h`."""
        pk = self.next()
        CaseFact.objects.create(**self._common(
            case_id=pk, reported_at=at - HOUR, filed_at=at, due_at=None if due_h is None else at + due_h * HOUR,
            closed_at=None if closed_h is None else at + closed_h * HOUR, state="closed" if closed_h else "handling",
            outcome=told.pop("outcome", "closed" if closed_h else ""), **told,
        ))  # fmt: skip
        return pk

    def stage(self, step: str, at: datetime, *, due_h: float | None = 24, done_h: float | None = None, **told: Any) -> int:
        pk = self.next()
        StageFact.objects.create(**self._common(
            task_id=pk, case_id=told.pop("case_id", pk), step=step, kind="process", opened_at=at, due_at=None if due_h is None else at + due_h * HOUR,
            done_at=None if done_h is None else at + done_h * HOUR, **told,
        ))  # fmt: skip
        return pk

    def report(self, at: datetime, *, filed: bool = True, **told: Any) -> int:
        pk = self.next()
        ReportFact.objects.create(**self._common(
            report_id=pk, case_id=pk, received_at=at, occurred_at=at, filed_at=at if filed else None, **told,
        ))  # fmt: skip
        return pk
