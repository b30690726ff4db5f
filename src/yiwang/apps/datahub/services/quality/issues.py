"""What a bureau says of an issue, and what the steward answers."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import RunNotNow
from yiwang.apps.datahub.models import IssueState, QualityIssue
from yiwang.apps.datahub.queries import quality as reads
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput


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
