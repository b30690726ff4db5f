"""What a bureau says of an issue, and what the steward answers."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import RunNotNow
from yiwang.apps.datahub.models import IssueState, QualityIssue
from yiwang.apps.datahub.queries import quality as reads
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.identity.queries import holders
from yiwang.kernel.notices.contracts import Message
from yiwang.kernel.notices.services import notify_many
from yiwang.kernel.worktime import queries as worktime
from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.rules import deadlines


def _locked(actor: Actor, uid: UUID) -> QualityIssue:
    return QualityIssue.objects.select_for_update(of=("self",)).select_related("dataset").get(pk=reads.issue_for(actor, uid).pk)


@transaction.atomic
def dispute(actor: Actor, uid: UUID, why: str) -> QualityIssue:
    """Say that the rows are right and the rule is not.

    Raises
    ------
    NotFound, BadInput, RunNotNow
    """
    if not why.strip():
        raise BadInput.one("why", "required", _("Say why the rows are right."))
    issue = _locked(actor, uid)
    if issue.state != IssueState.OPEN:
        raise RunNotNow(state=str(issue.get_state_display()))
    issue.state, issue.dispute, issue.disputed_by_id = IssueState.DISPUTED, why.strip()[:500], actor.account_id
    issue.save(update_fields=["state", "dispute", "disputed_by"])
    audit.record(actor, action="datahub.issue.disputed", area_path=issue.area_path, data={"issue": str(uid), "rule": issue.code})
    return issue


@transaction.atomic
def answer(actor: Actor, uid: UUID, *, upheld: bool, words: str) -> QualityIssue:
    """Decide a dispute: upheld, the issue is no task any more; else it is open again. Never by who disputed it.

    Raises
    ------
    NotFound, NotPermitted, BadInput, RunNotNow
    """
    issue = _locked(actor, uid)
    actor.require(reads.GOVERN, area_path=issue.area_path, org_path=issue.org_path)
    if not words.strip():
        raise BadInput.one("words", "required", _("Give the reason of the decision."))
    if issue.state != IssueState.DISPUTED:
        raise RunNotNow(state=str(issue.get_state_display()))
    if issue.disputed_by_id is not None and issue.disputed_by_id == actor.account_id:
        raise BadInput.one("words", "self", _("Who disputed an issue does not decide it."))
    issue.state, issue.answer, issue.answered_by_id = (IssueState.ACCEPTED if upheld else IssueState.OPEN), words.strip()[:500], actor.account_id
    issue.save(update_fields=["state", "answer", "answered_by"])
    audit.record(actor, action="datahub.issue.answered", area_path=issue.area_path, outcome=str(issue.state), data={"issue": str(uid), "rule": issue.code})
    return issue


@transaction.atomic
def order(actor: Actor, uid: UUID, words: str) -> QualityIssue:
    """Order the bureau to mend an issue (督办): those who hand in are told, and the days to correct run from now. The same words again order nothing.

    Raises
    ------
    NotFound, NotPermitted, BadInput, RunNotNow
    """
    issue = _locked(actor, uid)
    actor.require(reads.GOVERN, area_path=issue.area_path, org_path=issue.org_path)
    if not words.strip():
        raise BadInput.one("words", "required", _("Say what has to be done."))
    if issue.state != IssueState.OPEN:
        raise RunNotNow(state=str(issue.get_state_display()))
    if issue.order == words.strip()[:500]:
        return issue
    moment = now()
    issue.order, issue.ordered_by_id, issue.ordered_at = words.strip()[:500], actor.account_id, moment
    issue.due_at = deadlines.add(moment, settings.LAKE_CORRECTION_DAYS, Kind.WORK_DAY, worktime.calendar_for(issue.area_path))
    issue.save(update_fields=["order", "ordered_by", "ordered_at", "due_at"])
    event = audit.record(actor, action="datahub.issue.ordered", area_path=issue.area_path, data={"issue": str(uid), "rule": issue.code, "failed": issue.failed})
    name = issue.dataset.name.get("zh-Hans", issue.dataset.code)
    title = {"zh-Hans": f"督办：请整改“{name}”的质量问题", "en": f"Ordered: mend an issue of {issue.dataset.name.get('en') or issue.dataset.code}"}
    people = {a.pk for role in ("data_clerk", "data_owner") for a in holders(role=role, org_path=issue.org_path)}
    notify_many(
        Message(
            kind="datahub.issue.ordered", title=title, account_id=pk, link=reverse("datahub:issue", args=[issue.uid]), subject_kind="datahub.issue", subject_uid=issue.uid,
            event_uid=event.uid, is_sample=issue.dataset.is_sample,
        )
        for pk in sorted(people)
    )  # fmt: skip
    return issue
