"""Being told of changes (变更订阅): who asked for it is on record, reads on from where he was, and gets no values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.models import Change, Handed, Subscription
from yiwang.apps.datahub.queries.base import subjects as queries
from yiwang.apps.datahub.services.base import books
from yiwang.apps.datahub.services.base.reading import Why
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.identity.models import Organization

SUBSCRIBE = "datahub.base.subscribe"
MOST = 500


@dataclass(frozen=True, kw_only=True)
class Feed:
    """Changes after a position; `position` is where to read on."""

    position: int
    changes: tuple[Change, ...]


@transaction.atomic
def subscribe(actor: Actor, *, kind: str, name: str, fields: Sequence[str], why: Why, until: date) -> Subscription:
    """Register the actor's body as a reader of changes of these fields; from now on, until a day at most two years ahead."""
    why = why.checked()
    org = Organization.objects.filter(pk=actor.org_id).first() if actor.org_id else None
    if org is None:
        raise BadInput.one("org", "required", _("Only a body can subscribe; you act for none."))
    actor.require(SUBSCRIBE, org_path=org.path, area_path=org.area.path if org.area else "")
    today = now().date()
    if not today < until <= today.replace(year=today.year + 2, day=min(today.day, 28)):
        raise BadInput.one("until", "range", _("A subscription ends within two years; then it is asked for again."))
    if kind not in ("person", "entity") or set(fields) - set(books.in_force(kind).names) or not fields:
        raise BadInput.one("fields", "unknown", _("Choose fields of this base."))
    if not name.strip():
        raise BadInput.one("name", "required", _("This is needed."))
    last = Change.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    made = Subscription.objects.create(
        kind=kind, name=name.strip()[:120], org=org, org_path=org.path, client_id=actor.client_id, fields=list(fields), purpose=why.purpose,
        basis=f"{why.basis}（{why.case_number}）"[:500], until=until, position=last, made_by_id=actor.account_id,
    )  # fmt: skip
    record(actor, action="datahub.base.subscribed", data={"subscription": made.uid, "kind": kind, "fields": list(fields), "until": until})
    return made


@transaction.atomic
def read_on(actor: Actor, uid: UUID, *, after: int | None = None, size: int = 100) -> Feed:
    """Return the next changes of a subscription; what was handed out is traced. `after` reads again from a position.

    Merges, splits and ends always come; a change of values only when it touches a field of the subscription. A bureau
    hears of those of whom a register of its own tells.
    """
    row = Subscription.objects.select_for_update().filter(uid=uid).first()
    if row is None or not actor.may(SUBSCRIBE, org_path=row.org_path, area_path=row.org.area.path if row.org.area else ""):
        raise NotFound(what="subscription")
    if row.ended_at is not None or row.until < now().date():
        raise BadInput.one("subscription", "over", _("This subscription has ended."))
    start, size = row.position if after is None else max(0, after), max(1, min(size, MOST))
    rows = list(Change.objects.filter(kind=row.kind, pk__gt=start).select_related("subject", "other").order_by("pk")[: size + 1])
    page = rows[:size]
    seen = set(queries.known_to(row.org_path, [c.subject_id for c in page]))
    told = [c for c in page if c.subject_id in seen and (c.change in ("merged", "split", "ended") or set(c.fields) & set(row.fields))]
    position = page[-1].pk if page else start
    Handed.objects.bulk_create(
        Handed(subject_id=c.subject_id, how="feed", org_id=row.org_id, actor_name=row.name, fields=sorted(set(c.fields) & set(row.fields)), change_id=c.pk, at=now())
        for c in told
    )
    row.position = max(row.position, position)
    row.save(update_fields=["position"])
    return Feed(position=position, changes=tuple(told))


@transaction.atomic
def unsubscribe(actor: Actor, uid: UUID) -> None:
    row = Subscription.objects.select_for_update().filter(uid=uid).first()
    if row is None or not actor.may(SUBSCRIBE, org_path=row.org_path, area_path=row.org.area.path if row.org.area else ""):
        raise NotFound(what="subscription")
    if row.ended_at is None:
        row.ended_at = now()
        row.save(update_fields=["ended_at"])
        record(actor, action="datahub.base.unsubscribed", data={"subscription": row.uid})
