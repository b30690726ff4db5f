"""Missed reports (漏报): the question is raised by the facts, a person judges, the inspector may object once."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from yiwang.apps.city.errors import AlreadyDone
from yiwang.apps.city.models import CityCase, MissedReport
from yiwang.apps.city.queries.judging import missed as queries
from yiwang.apps.city.queries.judging.settings import values
from yiwang.apps.city.rules.judging import missed as rules
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.cases.contracts import ActionContext
from yiwang.kernel.cases.errors import SameHands
from yiwang.kernel.cases.models import Case
from yiwang.kernel.notices import services as notices

VERIFYING = ("verify", "verify_parallel")


def after(context: ActionContext) -> None:
    """When a report of others is found true, ask of each inspector who patrolled the grid shortly before whether he missed it."""
    task, case = context.task, context.case
    if task is not None and task.step in VERIFYING and context.request.outcome == "confirmed" and case.mode == "live" and not case.is_sample:
        ask(case, context.at)


def ask(case: Case, at: datetime) -> int:
    """Raise the question of a case that others reported and that was found true; returns of how many inspectors it is asked."""
    figures = values("missed")
    side = CityCase.objects.get(case=case)
    if case.channel not in figures["channels"] or side.responsibility_grid_id is None:
        return 0
    since = case.reported_at - timedelta(hours=float(figures["hours"]))
    made: dict[int, MissedReport] = {}
    for mark, _end in queries.patrols_before(side.responsibility_grid_id, since, case.reported_at):
        passed = rules.nearest_pass(queries.track(mark.shift_uid, since), (case.point.x, case.point.y), case.reported_at) if case.point is not None else None
        made[mark.account_id] = MissedReport(  # of several shifts of one person the last before the report
            case=case, grid_id=side.responsibility_grid_id, area_path=case.area_path, account_id=mark.account_id, shift_uid=mark.shift_uid,
            shift_began_at=mark.occurred_at, reported_at=case.reported_at, passed_m=passed[0] if passed else None, passed_at=passed[1] if passed else None,
            raised_at=at,
        )  # fmt: skip
    MissedReport.objects.bulk_create(made.values(), ignore_conflicts=True)
    return len(made)


@transaction.atomic
def judge(actor: Actor, uid: UUID, *, verdict: str, reason: str) -> MissedReport:
    """Say whether the inspector missed it; after an objection once more, by somebody else.

    Raises
    ------
    NotFound, NotPermitted, AlreadyDone
        Not there, not his to judge, or final.
    SameHands
        It is about himself, or he judged it before the objection.
    BadInput
        No verdict or no reason.
    """
    row = MissedReport.objects.select_for_update(of=("self",)).filter(uid=uid).select_related("case").first()
    if row is None or not actor.may(queries.VIEW, area_path=row.area_path):
        raise NotFound(what="missed report")
    if not actor.may(queries.SETTLE, area_path=row.area_path):
        raise NotPermitted(permission=queries.SETTLE)
    again = bool(row.objected_at)
    if row.review or (row.verdict and not again):
        raise AlreadyDone
    if actor.account_id is not None and actor.account_id in (row.account_id, row.judged_by_id):
        raise SameHands(acted_in=_("patrolling or judging before"), step=_("judging a missed report"))
    if verdict not in list(rules.Verdict):
        raise BadInput.one("verdict", "unknown", _("Choose one from the list."))
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    if again:
        row.review, row.review_reason, row.reviewed_at = verdict, reason.strip()[:2000], now()
        row.reviewed_by_id, row.reviewed_by_name = actor.account_id, actor.recorded_name[:80]
    else:
        row.verdict, row.reason, row.judged_at = verdict, reason.strip()[:2000], now()
        row.judged_by_id, row.judged_by_name = actor.account_id, actor.recorded_name[:80]
    row.counted = rules.counted(row.verdict, again, row.review) if row.verdict == rules.Verdict.MISSED else False
    row.save()
    ref = audit.record(
        actor, action="city.missed.judged", area_path=row.area_path, outcome=verdict,
        data={"missed": str(row.uid), "case": str(row.case.uid), "account": row.account_id, "again": again, "reason": reason.strip()[:2000]},
    )  # fmt: skip
    if row.verdict == rules.Verdict.MISSED:
        title = {"zh-Hans": "有一件漏报认定与您有关", "en": "A missed report was judged that concerns you"}
        notices.notify(account_id=row.account_id, kind="city.missed", title=title, link=reverse("city:own_missed", args=[row.uid]), event_uid=ref.uid)
    return row


@transaction.atomic
def object_to(actor: Actor, uid: UUID, reason: str) -> MissedReport:
    """Object to being said to have missed it: once, within the days that the figures name. It does not count until it is judged again.

    Raises
    ------
    NotFound, AlreadyDone
        Not his own, or objected before.
    BadInput
        Nothing to object to, too late, or no reason.
    """
    row = MissedReport.objects.select_for_update(of=("self",)).filter(uid=uid, account_id=actor.account_id or 0).exclude(verdict="").select_related("case").first()
    if row is None:
        raise NotFound(what="missed report")
    if row.objected_at is not None:
        raise AlreadyDone
    if row.verdict != rules.Verdict.MISSED:
        raise BadInput.one("reason", "nothing", _("It was not judged as missed."))
    days = float(values("missed")["objection_days"])
    if row.judged_at is not None and now() > row.judged_at + timedelta(days=days):
        raise BadInput.one("reason", "late", _("An objection is made within %(days)s days.") % {"days": round(days)})
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    row.objection, row.objected_at, row.counted = reason.strip()[:2000], now(), None
    row.save()
    audit.record(actor, action="city.missed.objected", area_path=row.area_path, data={"missed": str(row.uid), "case": str(row.case.uid), "reason": row.objection})
    return row
