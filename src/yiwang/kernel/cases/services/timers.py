"""Waking what is due, also after an outage: each timer runs at its own logical moment, in its own transaction."""

import logging
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction

from yiwang.kernel.base import pulse
from yiwang.kernel.base.actor import system
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.models import Case, Clock, ClockChange, Task, Timer
from yiwang.kernel.cases.rules import clocks as rules
from yiwang.kernel.cases.services import clocks, ending, events, stepping, verbs
from yiwang.kernel.worktime.queries import calendar_for

log = logging.getLogger("yiwang.cases.timers")
MOST_TRIES = 5


def fire_due(at: datetime | None = None, *, most: int = 1000) -> int:
    """Fire the timers due at `at` (now), oldest first, and return how many. Two workers never fire the same one."""
    moment = at or now()
    fired = 0
    skip: list[int] = []
    while fired < most:
        pulse.beat()
        timer_id = (
            Timer.objects.filter(fired_at__isnull=True, due_at__lte=moment, tries__lt=MOST_TRIES).exclude(pk__in=skip)
            .order_by("due_at", "pk").values_list("pk", flat=True).first()
        )
        if timer_id is None:
            break
        try:
            fired += int(_fire(timer_id))
        except (InterfaceError, OperationalError):  # the database's trouble, not the timer's: it is tried again, uncounted
            if not connection.is_usable():
                raise
            log.warning("a timer waits for the database", exc_info=True, extra={"facts": {"timer": timer_id}})
        except Exception as error:  # one broken case must not stop the clocks of all others
            log.exception("a timer could not be fired", extra={"facts": {"timer": timer_id}})
            Timer.objects.filter(pk=timer_id).update(tries=Timer.objects.get(pk=timer_id).tries + 1, last_error=str(error)[:300])
        skip.append(timer_id)
    return fired


@transaction.atomic
def _fire(timer_id: int) -> bool:
    case_id = Timer.objects.values_list("case_id", flat=True).get(pk=timer_id)
    case = Case.all_modes.select_for_update(of=("self",)).select_related("matter_version").get(pk=case_id)
    timer = Timer.objects.filter(pk=timer_id, fired_at__isnull=True).first()
    if timer is None:
        return False  # gone while we waited for the case
    timer.fired_at = now()
    timer.save(update_fields=["fired_at"])
    if not case.is_open:
        return True
    actor, config, at = system("timer"), configs.of_version(case.matter_version_id), timer.due_at
    from_state, action = case.state, timer.kind
    data: dict[str, object] = {}
    if timer.kind == "resume":
        verbs.resume(case, at, by=actor.recorded_name, config=config)
    elif timer.kind == "engine":
        moved = stepping.wake(case, at, actor)
        if moved.opened:
            data["opened"] = [str(t.uid) for t in moved.opened]  # who has to do it is told by the relay
        if moved.end_id:
            ending.end(case, config.ends().get(moved.end_id, "closed"), at)
    else:
        clock = timer.clock
        if clock is None or clock.running_since is None:
            return True
        data = {"clock": clock.name, "step": clock.step, "due_at": clock.due_at.isoformat(), "auto": True}
        action = {"warn": "urge", "mark": "warn"}.get(timer.kind, "overdue")  # 催办 at 80 % of the limit, and when it is over
        if timer.kind == "mark":
            data["mark"] = timer.engine_id  # a moment that a warning rule asked for (预警)
    clocks.refresh_due(case)
    events.write(actor, case, action, at=at, from_state=from_state, data=data)
    case.version += 1
    case.save()
    return True


def recompute_clocks(calendar_code: str) -> int:
    """Recompute every open clock of a calendar that changed, with an event each; return how many moved."""
    moved = 0
    ids = list(
        Clock.objects.filter(calendar_code=calendar_code, state="running").values_list("pk", flat=True)
    )
    for clock_id in ids:
        moved += int(_recompute(clock_id))
    return moved


def mark_clocks(app: str) -> int:
    """Set the moments of warning rules anew on every running clock of an app; return how many clocks were looked at."""
    ids = list(Clock.objects.filter(case__app=app, state="running", running_since__isnull=False).order_by("pk").values_list("pk", "case_id"))
    moment = now()
    for clock_id, case_id in ids:
        with transaction.atomic():
            case = Case.all_modes.select_for_update(of=("self",)).select_related("matter").get(pk=case_id)
            clock = Clock.objects.filter(pk=clock_id, state="running").first()
            if clock is None or not case.is_open:
                continue
            clock.case = case
            clocks.mark_again(clock, calendar_for(case.area_path), moment)
    return len(ids)


@transaction.atomic
def _recompute(clock_id: int) -> bool:
    case_id = Clock.objects.values_list("case_id", flat=True).get(pk=clock_id)
    case = Case.all_modes.select_for_update(of=("self",)).get(pk=case_id)
    clock = Clock.objects.get(pk=clock_id)
    clock.case = case
    calendar = calendar_for(case.area_path)
    add, _between = clocks.bound(clock, calendar)
    state = clocks.state_of(clock)
    after = rules.recompute(state, add)
    if after.due_at == state.due_at:
        return False
    at = now()
    clocks.keep(clock, after)
    clock.is_provisional = calendar.is_provisional(at, after.due_at)
    clock.save()
    ClockChange.objects.create(
        clock=clock, change="recompute", action="recompute", at=at, consumed_minutes=clock.consumed_minutes,
        due_at=clock.due_at, by_name="calendar",
    )
    clocks.set_timers(clock, calendar)
    if clock.task_id:
        Task.all_modes.filter(pk=clock.task_id, state="open").update(due_at=clock.due_at)
    clocks.refresh_due(case)
    events.write(
        system("calendar"), case, "recompute", at=at, from_state=case.state,
        data={"clock": clock.name, "from": state.due_at.isoformat(), "to": after.due_at.isoformat()},
    )
    case.version += 1
    case.save()
    return True
