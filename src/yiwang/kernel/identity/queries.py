"""Reads of people, posts and what they may do."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection
from django.db.models import Count, Model, Q, QuerySet
from django.utils import timezone

from yiwang.kernel.base import actor as actors
from yiwang.kernel.base import registry
from yiwang.kernel.base.actor import Actor, ActorKind, Grant, HeldPost, Scope
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound, NotSignedIn
from yiwang.kernel.identity.held import Held, held_by
from yiwang.kernel.identity.limits import is_over
from yiwang.kernel.identity.models import (
    Account,
    ApiClient,
    Delegation,
    GivenPassword,
    Holding,
    Organization,
    Post,
    Role,
    RoleGrant,
    Session,
    Standing,
    TryCount,
)
from yiwang.kernel.identity.offices import SYSTEM as SYSTEM_OFFICE
from yiwang.kernel.identity.offices import business_of, offices_of
from yiwang.kernel.identity.permits import ADMIN, SECURITY, administered, within

M = TypeVar("M", bound=Model)


def one(rows: QuerySet[M], **lookup: Any) -> M:
    """Return the row.

    Raises
    ------
    NotFound
        There is none with these values.
    """
    found = rows.filter(**lookup).first()
    if found is None:
        raise NotFound(what=rows.model._meta.model_name or "")
    return found


def current_holdings(account_id: int, at: datetime | None = None) -> QuerySet[Holding]:
    """Return the posts that the person holds at the moment."""
    moment = at or now()
    return (
        Holding.objects.filter(account_id=account_id, post__is_active=True)
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=moment))
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=moment))
        .select_related("post__organization", "post__role", "area", "org_scope")
        .order_by("pk")
    )


DELEGATED = (".task.", ".case.")  # a substitute does the absent one's tasks; he administers nothing


def _grants(holdings: Iterable[Held], *, own: int) -> list[Grant]:
    """Return what the holdings grant; those of other accounts than `own` are held on their behalf (代理)."""
    found = []
    for holding in holdings:
        scope = Scope(area_path=holding.area_path, org_path=holding.scope_path)
        behalf = None if holding.account_id == own else holding.account_id
        found += [
            Grant(permission, scope, behalf)
            for permission in holding.permissions
            if behalf is None or any(kind in permission for kind in DELEGATED)
        ]
    return found


def public_grants() -> tuple[Grant, ...]:
    return tuple(Grant(code, Scope()) for code in registry.public_permissions())


def actor_for(account: Account, *, post_id: int | None = None, request_id: str = "", language: str = "") -> Actor:
    """Return the person as an actor in one of his posts (the first when none is named).

    Grants come from all posts he holds, so that switching posts never hides work; `post` says in which he acts.
    """
    held, absent = held_by(account.pk)
    holdings = [h for h in held if h.account_id == account.pk]
    acting = next((h for h in holdings if h.post_id == post_id), holdings[0] if holdings else None)
    return Actor(
        kind=ActorKind.PERSON,
        account_id=account.pk,
        account_uid=str(account.uid),
        name=str(account),
        post_id=acting.post_id if acting else None,
        post_name=acting.post_name.get("zh-Hans", "") if acting else "",
        org_id=acting.org_id if acting else None,
        org_path=acting.org_path if acting else "",
        roles=frozenset(h.role for h in holdings),
        grants=(*_grants(held, own=account.pk), *public_grants()),
        request_id=request_id,
        language=language or account.language or "zh-hans",
        needs_second_factor=any(h.asks_second_factor or h.role in settings.SECOND_FACTOR_ROLES for h in holdings),
        posts=tuple(HeldPost(h.post_id, h.post_uid, h.post_name, h.org_name) for h in holdings),
        absent_ids=absent,
    )


def actor_for_public(*, request_id: str = "", language: str = "zh-hans") -> Actor:
    return actors.public(request_id=request_id, language=language, grants=public_grants())


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


# By hand, as in `held`: each call of a program asks this.
_CLIENT = """SELECT c.id, c.name, coalesce(a.path, ''),
    ARRAY(SELECT g.permission FROM yw_identity_rolegrant g WHERE g.role_id = c.role_id ORDER BY g.id)::text[]
FROM yw_identity_apiclient c LEFT JOIN yw_areas_area a ON a.id = c.area_id WHERE c.key_hash = %s AND c.is_active"""


def actor_for_key(key: str, *, request_id: str = "", language: str = "zh-hans") -> Actor:
    """Return the API client that owns the key.

    Raises
    ------
    NotSignedIn
        No active client has it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLIENT, [hash_key(key)])
        found = cursor.fetchone()
    if found is None:
        raise NotSignedIn
    client_id, name, area_path, permissions = found
    scope = Scope(area_path=area_path)
    return Actor(
        kind=ActorKind.CLIENT,
        client_id=client_id,
        client_name=name,
        name=name,
        grants=(*(Grant(code, scope) for code in permissions), *public_grants()),
        request_id=request_id,
        language=language,
    )


def delegators(account_id: int, at: datetime | None = None) -> list[int]:
    """Return the accounts for whom this person stands in now (代理)."""
    moment = at or now()
    return list(
        Delegation.objects.filter(
            substitute_id=account_id, starts_at__lte=moment, ends_at__gt=moment, revoked_at__isnull=True
        ).values_list("absent_id", flat=True)
    )


def organization(code: str) -> Organization | None:
    return Organization.objects.filter(code=code).first()


def organizations() -> QuerySet[Organization]:
    return Organization.objects.filter(is_active=True).order_by("path")


def holders(*, role: str, org_path: str = "", area_path: str = "") -> QuerySet[Account]:
    """Return people who hold a role now, in an organisation subtree, whose scope covers the area."""
    moment = now()
    found = (
        Holding.objects.filter(post__role__code=role, post__is_active=True)
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=moment))
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=moment))
    )
    if org_path:
        found = found.filter(post__organization__path__startswith=org_path)
    if area_path:
        # The holding's area is an ancestor of (or equal to) the place: compare by the ids in the place's path.
        ids = [int(part) for part in area_path.strip(".").split(".") if part]
        found = found.filter(Q(area__isnull=True) | Q(area_id__in=ids))
    return Account.objects.filter(pk__in=found.values("account_id"), is_active=True).order_by("pk")


def who_holds(role_ids: Iterable[int]) -> QuerySet[Account]:
    """Return active people who hold one of the roles now, everywhere (bound to no area)."""
    moment = now()
    held = (
        Holding.objects.filter(post__role_id__in=list(role_ids), post__is_active=True, area__isnull=True)
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=moment))
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=moment))
    )
    return Account.objects.filter(pk__in=held.values("account_id"), is_active=True).order_by("pk")


def holders_of_post(post_id: int) -> QuerySet[Account]:
    """Return who holds a post now and may sign in."""
    moment = now()
    held = Holding.objects.filter(post_id=post_id).filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=moment), Q(valid_to__isnull=True) | Q(valid_to__gt=moment)
    )
    return Account.objects.filter(is_active=True, pk__in=held.values("account_id")).order_by("pk")


def posts_of(account_id: int) -> list[Post]:
    return [h.post for h in current_holdings(account_id)]


def visible_organizations(actor: Actor) -> QuerySet[Organization]:
    """Return the bodies that the actor administers, closed ones too, in the order of the tree."""
    rows = Organization.objects.select_related("area", "parent").order_by("path")
    return administered(rows, actor, area="area__path", org="path")


def visible_posts(actor: Actor) -> QuerySet[Post]:
    rows = Post.objects.select_related("organization__area", "role").order_by("organization__path", "code")
    return administered(rows, actor, area="organization__area__path", org="organization__path")


def accounts(actor: Actor, search: str = "") -> QuerySet[Account]:
    """Return people by name or user name, newest last; administrators of a part see who holds a post in it, or none."""
    rows = Account.objects.filter(is_citizen=False)
    if search:
        rows = rows.filter(Q(name__icontains=search) | Q(username__icontains=search) | Q(name_en__icontains=search))
    if not (actor.may(ADMIN) or actor.may(SECURITY)):
        here = visible_posts(actor).values("pk")
        rows = rows.filter(Q(holdings__isnull=True) | Q(holdings__post__in=here)).distinct()
    return rows


def account_for(actor: Actor, uid: UUID) -> Account:
    """Return a person whom the actor administers, or NotFound."""
    return one(accounts(actor), uid=uid)


def holdings_of(account_id: int) -> QuerySet[Holding]:
    """Return all appointments of a person, past and future too."""
    rows = Holding.objects.filter(account_id=account_id)
    return rows.select_related("post__organization", "post__role", "area", "org_scope").order_by("-pk")


def roles() -> QuerySet[Role]:
    return Role.objects.annotate(
        grant_count=Count("grants", distinct=True), post_count=Count("posts", distinct=True)
    ).order_by("code")


def colleagues(account_id: int) -> QuerySet[Account]:
    """Return who may stand in for a person: everybody active who holds a post now, but himself."""
    moment = now()
    held = Holding.objects.filter(post__is_active=True).filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=moment), Q(valid_to__isnull=True) | Q(valid_to__gt=moment)
    )
    rows = Account.objects.filter(is_active=True, pk__in=held.values("account_id")).exclude(pk=account_id)
    return rows.order_by("name", "pk")


def delegations(account_id: int | None = None) -> QuerySet[Delegation]:
    """Return delegations that a person gave or took (all for None), newest first."""
    rows = Delegation.objects.select_related("absent", "substitute").order_by("-starts_at", "-pk")
    return rows if account_id is None else rows.filter(Q(absent_id=account_id) | Q(substitute_id=account_id))


def visible_delegations(actor: Actor) -> QuerySet[Delegation]:
    """Return the delegations that a security administrator watches over.

    Of the whole: all. Bound to a part: those from or to people who hold, or held, a post in a body of that part.
    """
    rows = delegations()
    if actor.may(SECURITY):
        return rows
    here = within(actor, SECURITY, area="post__organization__area__path", org="post__organization__path")
    if here is None:
        return rows.none()
    people = Holding.objects.filter(here).values("account_id")
    return rows.filter(Q(absent__in=people) | Q(substitute__in=people))


def clients() -> QuerySet[ApiClient]:
    return ApiClient.objects.select_related("role", "area").order_by("code")


def visible_clients(actor: Actor) -> QuerySet[ApiClient]:
    """Return the programs for administrators of the whole; one of a part has none, because a key is for the installation."""
    return clients() if actor.may(ADMIN) or actor.may(SECURITY) else clients().none()


def account(account_id: int) -> Account:
    return one(Account.objects.all(), pk=account_id)


def current_posts_of(account_ids: list[int]) -> dict[int, list[Post]]:
    """Return who holds what now, for a page of people, in one query."""
    moment = now()
    rows = (
        Holding.objects.filter(account_id__in=account_ids, post__is_active=True)
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=moment))
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=moment))
        .select_related("post")
        .order_by("pk")
    )
    found: dict[int, list[Post]] = {}
    for holding in rows:
        found.setdefault(holding.account_id, []).append(holding.post)
    return found


def organizations_with_counts(actor: Actor) -> QuerySet[Organization]:
    return visible_organizations(actor).annotate(post_count=Count("posts", distinct=True))


def posts_with_holders(organization_id: int) -> list[tuple[Post, list[Account]]]:
    """Return an organisation's posts with who holds each now."""
    posts = list(Post.objects.filter(organization_id=organization_id).select_related("role").order_by("code"))
    moment = now()
    held: dict[int, list[Account]] = {}
    for holding in (
        Holding.objects.filter(post__in=posts)
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=moment))
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=moment))
        .select_related("account")
        .order_by("pk")
    ):
        held.setdefault(holding.post_id, []).append(holding.account)
    return [(post, held.get(post.pk, [])) for post in posts]


def granted_by(role_id: int) -> set[str]:
    return set(RoleGrant.objects.filter(role_id=role_id).values_list("permission", flat=True))


def changed_roles() -> set[int]:
    """Return the shipped roles whose grants are not those that were shipped."""
    grants: dict[int, set[str]] = {}
    for role_id, permission in RoleGrant.objects.values_list("role_id", "permission"):
        grants.setdefault(role_id, set()).add(permission)
    return {r.pk for r in Role.objects.filter(is_shipped=True) if grants.get(r.pk, set()) != set(r.shipped)}


def opens_more_than_system(account_id: int) -> bool:
    """Say whether an account holds, will hold, or stands in for anything besides the system administrator's office."""
    moment = now()
    absent = Delegation.objects.filter(substitute_id=account_id, ends_at__gt=moment, revoked_at__isnull=True)
    held = Holding.objects.filter(Q(account_id=account_id) | Q(account_id__in=absent.values("absent_id")))
    held = held.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=moment), post__is_active=True)
    granted = set(RoleGrant.objects.filter(role__in=held.values("post__role")).values_list("permission", flat=True))
    return bool(business_of(granted) or offices_of(granted) - {SYSTEM_OFFICE})


def given_passwords(actor: Actor, *, waiting: bool = True) -> QuerySet[GivenPassword]:
    """Return the given passwords that wait for a second hand, the oldest first, or those decided upon, the newest first.

    Only for a security administrator of the whole: passwords are given for the whole.
    """
    rows = GivenPassword.objects.select_related("account", "given_by", "decided_by")
    if not actor.may(SECURITY):
        return rows.none()
    if not waiting:
        return rows.exclude(outcome="").order_by("-decided_at", "-pk")
    gone = (Standing.LEFT, Standing.CLOSED)  # nobody signs in there anyway; opened again, it waits again
    return rows.filter(outcome="").exclude(account__standing__in=gone).order_by("given_at", "pk")


def waiting_password(account_id: int) -> GivenPassword | None:
    """Return the given password of an account that waits for a second hand, if any."""
    return GivenPassword.objects.filter(account_id=account_id, outcome="").select_related("given_by").first()


def sessions_of(account_id: int) -> list[Session]:
    """Return an account's sessions that are not over, the last used first."""
    moment = timezone.now()
    rows = Session.objects.filter(account_id=account_id, expire_date__gt=moment).defer("session_data")
    return [row for row in rows.order_by("-seen_at")[:200] if not is_over(row, moment)]


def has_second_factor(account_id: int) -> bool:
    """Say whether an authenticator app or a security key is set up; recovery codes alone are none."""
    return Authenticator.objects.filter(user_id=account_id).exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


def second_factors(account_id: int) -> QuerySet[Authenticator]:
    return Authenticator.objects.filter(user_id=account_id).order_by("pk")


def locks(account_id: int | None = None) -> QuerySet[TryCount]:
    """Return the names of known accounts, and the addresses, that are locked now; of one account when given."""
    rows = TryCount.objects.filter(locked_until__gt=timezone.now()).exclude(kind="name", account__isnull=True)
    rows = rows.select_related("account").order_by("-locked_until", "pk")
    return rows if account_id is None else rows.filter(account_id=account_id)
