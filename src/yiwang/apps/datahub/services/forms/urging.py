"""Reminding who has not handed in: before the deadline, when it is over, and after it."""

from __future__ import annotations

from uuid import UUID, uuid5

from django.db import transaction

from yiwang.apps.datahub.models import FormSheet, FormTask
from yiwang.apps.datahub.queries import forms as queries
from yiwang.apps.datahub.rules.filling import stages
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.identity import queries as identity
from yiwang.kernel.notices.reminding import remind

WORDS = {
    "asked": {"zh-Hans": "新的填报任务：%(title)s（%(period)s）", "en": "Please report: %(title)s (%(period)s)"},
    "before": {"zh-Hans": "填报即将到期：%(title)s（%(period)s）", "en": "Report soon due: %(title)s (%(period)s)"},
    "at": {"zh-Hans": "填报已到期：%(title)s（%(period)s）", "en": "Report due now: %(title)s (%(period)s)"},
    "after": {"zh-Hans": "填报逾期未交：%(title)s（%(period)s）", "en": "Report overdue: %(title)s (%(period)s)"},
    "urged": {"zh-Hans": "催报：%(title)s（%(period)s）", "en": "Urged to report: %(title)s (%(period)s)"},
    "returned": {"zh-Hans": "填报被退回：%(title)s（%(period)s）", "en": "Report returned: %(title)s (%(period)s)"},
}


def tell(sheet: FormSheet, task: FormTask, stage: str, *, event: UUID | None = None) -> int:
    """Tell the clerks of the body; officers too once it is late. The same reminder goes out once."""
    late = stage.startswith("after")
    people = {a.pk for role in ("data_clerk", *(("data_owner",) if late else ())) for a in identity.holders(role=role, org_path=sheet.org_path)}
    if not people:
        people = {a.pk for a in identity.holders(role="data_owner", org_path=sheet.org_path)}
    words = WORDS["after" if late else stage]
    return remind(
        account_ids=sorted(people), kind=f"datahub.form.{'after' if late else stage}", title={k: v % {"title": task.title, "period": sheet.period} for k, v in words.items()},
        link=f"/data/forms/{sheet.uid}/", subject_kind="datahub.sheet", subject_uid=sheet.uid, event_uid=event or uuid5(sheet.uid, stage),
        channels=("sms", "mail"), urgent=late, is_sample=task.is_sample,
    )  # fmt: skip


@transaction.atomic
def urge() -> int:
    """Send every reminder whose time has come; returns how many sheets were told of. A periodic job, safe to run twice."""
    moment, count = now(), 0
    waiting = FormSheet.objects.select_for_update(skip_locked=True, of=("self",)).select_related("task").filter(state__in=queries.MISSING, task__is_open=True)
    for sheet in waiting.order_by("pk"):
        wanted = [s for s in stages(sheet.due_at, moment, sheet.task.urge_hours) if s not in sheet.urged]
        if not wanted:
            continue
        tell(sheet, sheet.task, wanted[-1])  # who was away for a week gets one message, not five
        sheet.urged = [*sheet.urged, *wanted]
        sheet.save(update_fields=["urged"])
        count += 1
    return count


@transaction.atomic
def urge_now(actor: Actor, uid: UUID) -> int:
    """Urge all who have not handed in for the present period; returns how many bodies. Once an hour at most."""
    task = queries.task_for(actor, uid, lock=True)
    mark, count = f"urged {now():%Y-%m-%dT%H}", 0
    for sheet in task.sheets.filter(period=task.period, state__in=queries.MISSING):
        if mark in sheet.urged:
            continue
        tell(sheet, task, "urged", event=uuid5(sheet.uid, mark))
        sheet.urged = [*sheet.urged, mark]
        sheet.save(update_fields=["urged"])
        count += 1
    if count:
        audit.record(actor, action="datahub.form.urged", area_path=task.area_path, data={"task": str(task.uid), "bodies": count})
    return count
