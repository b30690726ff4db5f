"""How a case ends, and how it begins again."""

from datetime import datetime

from yiwang.kernel.cases.models import Case, Clock, EngineState, Task, Timer
from yiwang.kernel.cases.rules.clocks import ClockEffect
from yiwang.kernel.cases.services import clocks, events


def end(case: Case, outcome: str, at: datetime) -> list[Task]:
    """End the case: open tasks are cancelled, clocks end, the engine's row goes. The caller saves the case."""
    gone = list(Task.all_modes.filter(case=case, state="open").exclude(kind="appeal"))
    Task.all_modes.filter(pk__in=[t.pk for t in gone]).update(state="cancelled", done_at=at)
    events.note_left(case, gone)
    for clock in Clock.objects.filter(case=case).exclude(state="ended"):
        clock.case = case
        clocks.change(clock, ClockEffect.END, at, action=outcome)
    EngineState.objects.filter(case=case).delete()
    Timer.objects.filter(case=case, fired_at__isnull=True).delete()
    case.closed_at, case.outcome, case.state = at, outcome, outcome
    case.suspended_until, case.due_at = None, None
    return gone
