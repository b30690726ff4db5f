"""Who is told of what (消息): the relay's consumer that turns events into notices, once for each event and receiver."""

from collections.abc import Sequence

from yiwang.kernel.audit.models import Event
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.services import recompute_clocks
from yiwang.kernel.exchange.relay import consumer
from yiwang.kernel.notices import services as notices
from yiwang.kernel.supervision.queries.people import of_task as receivers
from yiwang.kernel.supervision.queries.rulebook import speaks

NEW_TASK = {"zh-Hans": "新待办：%(name)s", "en": "New task: %(name)s"}
URGED = {"zh-Hans": "催办：%(title)s", "en": "Urged: %(title)s"}
SUPERVISED = {"zh-Hans": "督办：%(title)s", "en": "Supervision order: %(title)s"}
OVERDUE = {"zh-Hans": "已超期：%(title)s", "en": "Overdue: %(title)s"}
ENDED = {"zh-Hans": "您上报的问题已办结：%(title)s", "en": "What you reported has been closed: %(title)s"}


@consumer("notices")
def tell(events: Sequence[Event]) -> None:
    """Write the notices of a batch of live events."""
    cases = {c.pk: c for c in Case.all_modes.filter(pk__in={e.case_id for e in events if e.case_id})}
    for event in events:
        case = cases.get(event.case_id or 0)
        if case is None:
            continue
        if event.action in ("urge", "overdue", "supervise") and not speaks(event, case):  # a rule that speaks tells people itself
            words = {"urge": URGED, "overdue": OVERDUE, "supervise": SUPERVISED}[event.action]
            for task in Task.objects.filter(case=case, state="open", kind__in=("process", "census")):
                _to_task(event, case, task, event.action, _fill(words, title=case.title))
        if opened := [*event.data.get("opened", ()), *event.data.get("handed", ())]:  # new, or of somebody who went
            for task in Task.objects.filter(uid__in=opened, state="open"):
                words = _fill(NEW_TASK, name=task.name.get("zh-Hans", ""), en=task.name.get("en", ""))
                _to_task(event, case, task, "task", words)
        if case.closed_at is not None and event.to_state == case.outcome != event.from_state:
            _to_reporters(event, case)


def _fill(words: dict[str, str], *, en: str = "", **facts: str) -> dict[str, str]:
    return {
        "zh-Hans": words["zh-Hans"] % facts,
        "en": words["en"] % ({**facts, "name": en} if en else facts),
    }


def _to_task(event: Event, case: Case, task: Task, kind: str, title: dict[str, str]) -> None:
    for account in receivers(task):
        notices.notify(
            account_id=account.pk, kind=f"case.{kind}", title=title, body={"zh-Hans": case.title, "en": case.title},
            link=f"/{case.app}/cases/{case.uid}/", subject_kind="case", subject_uid=case.uid, event_uid=event.uid,
        )


def _to_reporters(event: Event, case: Case) -> None:
    """Tell who reported, and ask (回访): the account in the platform, a person outside by text message."""
    title = _fill(ENDED, title=case.title)
    for account_id in case.reports.exclude(reporter_account_id=None).values_list("reporter_account_id", flat=True):
        notices.notify(
            account_id=account_id, kind="case.ended", title=title, body=title, link=f"/{case.app}/cases/{case.uid}/",
            subject_kind="case", subject_uid=case.uid, event_uid=event.uid,
        )
    for link in case.parties.filter(wants_answer=True, party__erased_at__isnull=True).select_related("party"):
        notices.notify(
            party_uid=link.party.uid, channel="sms", kind="case.ended", title=title, body=title,
            subject_kind="case", subject_uid=case.uid, event_uid=event.uid,
        )


@consumer("calendars")
def recompute(events: Sequence[Event]) -> None:
    """Recompute open clocks of a calendar that was changed (调休公布), with an event each."""
    for code in dict.fromkeys(str(e.data["calendar"]) for e in events if e.case_id is None and "calendar" in e.data):
        recompute_clocks(code)
