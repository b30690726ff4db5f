"""An account's life (账号生命周期): dormant, woken, transferred, left; its open work handed over in one act."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.identity import handover, queries
from yiwang.kernel.identity.errors import AlreadyEnded, NotHandedOver, OwnRights
from yiwang.kernel.identity.handover import Passed
from yiwang.kernel.identity.models import Account, Delegation, Standing
from yiwang.kernel.identity.services import checks, sessions

log = logging.getLogger("yiwang.accounts")
PARTINGS = (Standing.TRANSFERRED, Standing.LEFT)


@dataclass(frozen=True)
class Parting:
    """What became of somebody who goes: posts that ended, delegations revoked, work by kind, posts left vacant."""

    posts: int
    delegations: int
    work: dict[str, Passed]
    vacant: tuple[str, ...]  # codes of posts that nobody holds any more


def stand(account: Account, standing: str) -> None:
    """Set how an account stands, on the row that the caller has locked."""
    account.standing, account.standing_since = standing, timezone.now()
    account.is_active = standing in (Standing.ACTIVE, Standing.TRANSFERRED)
    account.save(update_fields=["standing", "standing_since", "is_active"])


@transaction.atomic
def part(actor: Actor, account: Account, *, how: str, to: Account | None = None, reason: str) -> Parting:
    """Let somebody go: transferred (调离) to another body, or left (离职) for good; all in one transaction.

    His posts end, delegations from and to him are revoked, his sessions end, and every open task in his name goes to
    `to`, or back to the post (None, and where `to` may not do it). Who is transferred may still sign in and holds
    nothing until a post is given; who has left does not come in.

    Raises
    ------
    OwnRights
        It is the administrator himself.
    AlreadyEnded
        The account has been left or closed before.
    NotHandedOver
        `to` is the same person, closed, or holds no post.
    BadInput
        No reason, or another word than transferred or left.
    """
    checks.require_admin(actor)
    if account.pk == actor.account_id:
        raise OwnRights
    if how not in PARTINGS:
        raise BadInput.one("how", "how", _("Choose one of the kinds in the list."))
    why = checks.line(reason, "reason", longest=200)
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if locked.standing in (Standing.LEFT, Standing.CLOSED):
        raise AlreadyEnded
    if to is not None and (to.pk == locked.pk or not to.is_active or not queries.current_holdings(to.pk).exists()):
        raise NotHandedOver
    work = handover.pass_on_all(actor, locked, to, why)
    moment = now()
    posts = _end_posts(locked)
    revoked = 0
    for side in ("absent", "substitute"):
        rows = Delegation.objects.filter(**{side: locked}, revoked_at__isnull=True, ends_at__gt=moment)
        revoked += rows.update(revoked_at=moment)
    sessions.remove(locked)
    stand(locked, how)
    vacant = tuple(sorted(code for code in posts if not _is_held(posts[code])))
    data = {
        "account": locked.uid, "to": to.uid if to else None, "reason": why, "posts": sorted(posts), "vacant": list(vacant),
        "work": {name: {"to_person": p.to_person, "to_post": p.to_post} for name, p in work.items()},
    }  # fmt: skip
    record(actor, action=f"identity.account.{how}", data=data)
    return Parting(posts=len(posts), delegations=revoked, work=work, vacant=vacant)


def _end_posts(account: Account) -> dict[str, int]:
    """End what he holds now or will hold; returns post ids by code."""
    moment, found = now(), {}
    for holding in queries.holdings_of(account.pk).select_for_update(of=("self",)):
        if holding.valid_to is None or holding.valid_to > moment:
            found[holding.post.code] = holding.post_id
            holding.valid_to = max(moment, holding.valid_from) if holding.valid_from else moment
            holding.save(update_fields=["valid_to"])
    return found


def _is_held(post_id: int) -> bool:
    return queries.holders_of_post(post_id).exists()


@transaction.atomic
def wake(actor: Actor, account: Account) -> Account:
    """Let a dormant account sign in again; counted from now."""
    checks.require_admin(actor)
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if locked.standing != Standing.DORMANT:
        raise AlreadyEnded
    stand(locked, Standing.ACTIVE)
    record(actor, action="identity.account.woken", data={"account": locked.uid})
    return locked


def make_dormant(actor: Actor) -> int:
    """Lock the accounts that nobody signed in with for DORMANT_AFTER_DAYS; daily work. Returns how many.

    What waits in such a name goes back to its post, where the colleagues see it; posts that nobody else holds are named on
    record, and the system administrators are told of them.
    """
    if not settings.DORMANT_AFTER_DAYS:
        return 0
    oldest = timezone.now() - timedelta(days=settings.DORMANT_AFTER_DAYS)
    last = Greatest("date_joined", Coalesce("last_login", "date_joined"), Coalesce("standing_since", "date_joined"))
    sleepers = (
        Account.objects.filter(is_active=True, is_citizen=False, is_sample=False)
        .annotate(last=last)
        .filter(last__lt=oldest)
        .order_by("pk")
    )
    done = 0
    for pk in list(sleepers.values_list("pk", flat=True)):
        try:
            done += _fall_asleep(actor, pk, oldest)
        except Exception:  # what one account's work does not allow must not keep the others awake
            log.exception("an account could not be made dormant", extra={"facts": {"account": pk}})
    return done


@transaction.atomic
def _fall_asleep(actor: Actor, account_id: int, oldest: datetime) -> bool:
    account = Account.objects.select_for_update().get(pk=account_id)
    if not account.is_active or (account.last_login and account.last_login >= oldest):
        return False  # signed in meanwhile
    work = handover.pass_on_all(actor, account, None, _("Nobody has signed in with this account for long."))
    sessions.remove(account)
    stand(account, Standing.DORMANT)
    posts = {h.post.code: h.post_id for h in queries.current_holdings(account.pk)}
    data = {
        "account": account.uid, "days": settings.DORMANT_AFTER_DAYS, "vacant": sorted(c for c, pk in posts.items() if not _is_held(pk)),
        "work": {name: p.to_post for name, p in work.items()},
    }  # fmt: skip
    record(actor, action="identity.account.dormant", data=data)
    return True
