"""Every write to cases: one verb, one transaction: permit, lock, rule, write, event."""

from yiwang.kernel.cases.services.acting import act
from yiwang.kernel.cases.services.loading import load_matter
from yiwang.kernel.cases.services.parties import reveal
from yiwang.kernel.cases.services.parts import PartDraft, open_parts
from yiwang.kernel.cases.services.rating import rate
from yiwang.kernel.cases.services.reporting import join_report, report
from yiwang.kernel.cases.services.timers import fire_due, mark_clocks, recompute_clocks
from yiwang.kernel.cases.services.views import delete_view, save_view
from yiwang.kernel.cases.services.work import mark_seen

__all__ = [
    "PartDraft", "act", "delete_view", "fire_due", "join_report", "load_matter", "mark_clocks", "mark_seen", "open_parts", "rate", "recompute_clocks", "report",
    "reveal", "save_view",
]
