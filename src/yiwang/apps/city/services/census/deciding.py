"""Accepting what inspectors found (验收): what waits goes into the register, or does not."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from yiwang.apps.city.models import CensusAnswer, CensusItem, CensusOrder
from yiwang.apps.city.rules.census import Answer as Said
from yiwang.apps.city.rules.census import Finding, Item
from yiwang.apps.city.services.census.ordering import ORDER
from yiwang.apps.city.services.census.writing import write_down
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.idempotency import Answer, once
from yiwang.kernel.base.texts import is_showable
from yiwang.kernel.cases.errors import ActionNotAllowed, SameHands
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.queries import work

MOST, MOST_REASON = 200, 500


def decide(*, actor: Actor, case_uid: UUID, answers: Sequence[UUID], accept: bool, reason: str = "", key: str = "") -> int:
    """Accept or refuse findings that wait; returns how many. All of them or none.

    Raises
    ------
    NotFound, NotPermitted
        There is no such order for the actor, or he may not order there.
    SameHands
        He found one of them himself.
    BadInput
        None or too many are named, or there is no reason for refusing.
    ActionNotAllowed
        Another has decided one, a later answer took its place, or the order has ended.
    """
    wanted = list(dict.fromkeys(answers))
    body = {"case": str(case_uid), "answers": [str(a) for a in wanted], "accept": accept, "reason": reason}
    done, _repeated = once(actor, key, body, lambda: _decide(actor, case_uid, wanted, accept, reason.strip()))
    return int(done["decided"])


def _decide(actor: Actor, case_uid: UUID, wanted: Sequence[UUID], accept: bool, reason: str) -> Answer:
    case = Case.all_modes.select_for_update(of=("self",)).filter(uid=case_uid, matter__code="city.census").first()
    order = CensusOrder.objects.filter(case=case).first() if case is not None else None
    if case is None or order is None or not work.may_see(actor, case):
        raise NotFound(what="case")
    actor.require(ORDER, area_path=case.area_path)
    if not 1 <= len(wanted) <= MOST:
        raise BadInput.one("answers", "required", _("Choose between 1 and %(most)s findings.") % {"most": MOST})
    if len(reason) > MOST_REASON or not is_showable(reason):
        raise BadInput.one("reason", "length", _("Too long, or with characters that cannot be shown."))
    if not accept and not reason:
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    # The component before its answers, as whoever answers again at this moment locks them.
    list(CensusItem.objects.select_for_update(of=("self",)).filter(answers__order=order, answers__uid__in=wanted).order_by("pk").values_list("pk"))
    rows = list(
        CensusAnswer.objects.select_for_update(of=("self",)).select_related("item__asset", "item__part__order__case", "order__case")
        .filter(order=order, uid__in=wanted).order_by("pk")
    )  # fmt: skip
    if len(rows) != len(wanted):
        raise NotFound(what="answer")
    if not case.is_open or any(r.state != Finding.WAITING for r in rows):
        raise ActionNotAllowed(action="census", state=case.state, why=_("One of these findings does not wait any more. Look at the page again."))
    if actor.account_id is not None and any(r.by_id in (actor.account_id, actor.on_behalf_of_id) for r in rows):
        raise SameHands(acted_in=_("looking at it"), step=_("accepting it"))
    moment = now()
    for row in rows:
        if accept:
            write_down(actor, row, accepted_for=row.by_name)
        row.state = Finding.APPLIED if accept else Finding.REFUSED
        row.decided_by_name, row.decided_at, row.decided_reason = actor.recorded_name[:80], moment, reason
        row.save(update_fields=["state", "decided_by_name", "decided_at", "decided_reason"])
        if not accept:
            row.item.state = Item.DROPPED if row.answer == Said.ADD else Item.KEPT
            row.item.save(update_fields=["state"])
    data = {"order": str(case.uid), "answers": [str(r.uid) for r in rows], "reason": reason}
    audit.record(actor, action=f"city.census.{'accepted' if accept else 'refused'}", region=case.region, area_path=case.area_path, data=data)
    return {"decided": len(rows)}
