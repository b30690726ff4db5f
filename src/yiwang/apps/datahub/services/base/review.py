"""The review desk (人工比对): is it one or two; a question at a time, answered once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import AlreadySettled, SecondPersonNeeded
from yiwang.apps.datahub.models import CandidatePair, PairState
from yiwang.apps.datahub.rules.base.compare import NUMBER_CONFLICT, TWO_NUMBERS
from yiwang.apps.datahub.services.base import merging
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.idempotency import once

REVIEW = "datahub.base.review"
NEEDS_TWO = (NUMBER_CONFLICT, TWO_NUMBERS)
WAITING = (PairState.OPEN, PairState.SECOND, PairState.LATER)
PUT_OFF = timedelta(days=7)


def decide(actor: Actor, uid: UUID, verdict: str, *, note: str = "", key: str = "") -> str:
    """Answer a question with same, different or later; returns the state that it is in now.

    "Same" makes the two one record, which can be taken back. Where two valid numbers or two names stand against each
    other, a first "same" only proposes, and another person's makes it so. Sent twice, it is done once.

    Raises
    ------
    AlreadySettled
        Somebody else was quicker.
    SecondPersonNeeded
        Whoever proposed it wants to confirm it himself.
    """
    if verdict not in ("same", "different", "later"):
        raise BadInput.one("verdict", "unknown", _("Choose one of: %(list)s.") % {"list": "same, different, later"})
    answer, _again = once(actor, key, {"pair": str(uid), "verdict": verdict}, lambda: {"state": _decide(actor, uid, verdict, note.strip()[:500])})
    return str(answer["state"])


def _decide(actor: Actor, uid: UUID, verdict: str, note: str) -> str:
    pair = CandidatePair.objects.select_for_update().filter(uid=uid).first()
    if pair is None or not actor.may(REVIEW, area_path=pair.area_path):
        actor.require(REVIEW)
        raise NotFound(what="pair")
    if pair.state not in WAITING:
        raise AlreadySettled
    moment = now()
    if verdict == "same" and pair.why in NEEDS_TWO and pair.first_by_id is None:
        pair.state, pair.first_by_id, pair.note = PairState.SECOND, actor.account_id, note
    elif verdict == "same":
        if pair.why in NEEDS_TWO and pair.first_by_id == actor.account_id:
            raise SecondPersonNeeded
        left, right = merging.locked(pair.left_id, pair.right_id)
        pair.state, pair.decided_by_id, pair.decided_at, pair.note = PairState.SAME, actor.account_id, moment, note
        pair.save()
        merging.join(actor, left, right, reason=note or _("Compared side by side"), pair=pair)
    elif verdict == "later":
        pair.state, pair.later_until, pair.note = PairState.LATER, moment + PUT_OFF, note
    else:
        pair.state, pair.decided_by_id, pair.decided_at, pair.note = PairState.DIFFERENT, actor.account_id, moment, note
    pair.save()
    record(actor, action="datahub.base.compared", area_path=pair.area_path, outcome=verdict, data={"pair": pair.uid, "why": pair.why, "state": pair.state})
    return str(pair.state)
