"""Who holds which post, from when to when, and in which of them a person acts now."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted, NotSignedIn
from yiwang.kernel.identity import queries
from yiwang.kernel.identity.errors import AlreadyEnded, HoldingExists, OwnRights, PostNotHeld
from yiwang.kernel.identity.models import Account, Holding, Organization, Post, Standing
from yiwang.kernel.identity.permits import SECURITY
from yiwang.kernel.identity.services import checks, life, offices


@transaction.atomic
def give_post(
    actor: Actor,
    *,
    account: Account,
    post: Post,
    area: Area | None = None,
    org_scope: Organization | None = None,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
) -> Holding:
    """Appoint a person; the post's role then holds below `area` and, when set, below `org_scope`.

    Raises
    ------
    OwnRights
        The administrator appoints himself.
    OfficesJoined
        The person would be two of the three administrators at once.
    HoldingExists
        The person holds the post already without an end.
    BadInput
        The end lies before the beginning.
    """
    checks.require_security(actor, post.organization)
    checks.require_scope(actor, area, org_scope)
    if account.pk == actor.account_id:
        raise OwnRights
    if valid_from and valid_to and valid_to <= valid_from:
        raise BadInput.one("valid_to", "order", _("The end must lie after the beginning."))
    offices.one_at_a_time()
    offices.require_holder_apart(account.pk, post.role, valid_from, valid_to)
    try:
        with transaction.atomic():
            made = Holding.objects.create(
                account=account, post=post, area=area, org_scope=org_scope, valid_from=valid_from, valid_to=valid_to
            )
    except IntegrityError as error:
        raise HoldingExists(post=post.code) from error
    data = {
        "account": account.uid, "post": post.uid, "area": area.code if area else "",
        "org_scope": org_scope.code if org_scope else "", "valid_from": valid_from, "valid_to": valid_to,
    }  # fmt: skip
    if account.standing == Standing.TRANSFERRED:
        life.stand(account, Standing.ACTIVE)
    record(actor, action="identity.post.given", data=data, area_path=area.path if area else "")
    return made


@transaction.atomic
def end_holding(actor: Actor, holding_id: int, *, reason: str) -> Holding:
    """Take a post away from now on.

    Raises
    ------
    NotPermitted
        The actor is no security administrator.
    NotFound
        There is none, or it lies in another part.
    AlreadyEnded
        The appointment is over.
    OwnRights
        It is the administrator's own.
    """
    rows = Holding.objects.select_for_update(of=("self",)).select_related("post__organization__area", "account")
    if not actor.may_anywhere(SECURITY):
        raise NotPermitted(permission=SECURITY)
    holding = queries.one(rows, pk=holding_id)
    body = holding.post.organization
    if not actor.may(SECURITY, area_path=body.area.path, org_path=body.path):
        raise NotFound(what="holding")  # of another part: as if there were none, so that numbers cannot be tried out
    if holding.account_id == actor.account_id:
        raise OwnRights
    why = checks.line(reason, "reason", longest=200)
    moment = now()
    if holding.valid_to and holding.valid_to <= moment:
        raise AlreadyEnded
    holding.valid_to = moment
    holding.save(update_fields=["valid_to"])
    data = {"account": holding.account.uid, "post": holding.post.uid, "reason": why}
    record(actor, action="identity.post.ended", data=data, area_path=holding.post.organization.area.path)
    return holding


@transaction.atomic
def choose_post(actor: Actor, post_uid: UUID) -> Post:
    """Return the post in which the person acts from now on; the door keeps its id in the session.

    Raises
    ------
    PostNotHeld
        It is not, or not now, one of his.
    """
    if actor.account_id is None:
        raise NotSignedIn
    post = next((p for p in queries.posts_of(actor.account_id) if p.uid == post_uid), None)
    if post is None:
        raise PostNotHeld
    record(actor, action="identity.post.chosen", data={"post": post.uid})
    return post
