"""Who is told: the doer, the people of a post, leaders one by one up the tree of bodies, the supervising body."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.models import Task
from yiwang.kernel.identity.models import Account, Holding, Organization, Post, RoleGrant
from yiwang.kernel.identity.queries import holders, holders_of_post

LEAD = "supervision.lead"  # is told when his body is late
OVERSEE = "supervision.oversee"  # is told for the supervising body
ANSWER = "supervision.order.answer"
MOST_TOLD = 20  # people of one post; larger pools look at their desk


def of_task(task: Task) -> list[Account]:
    """Return who should look at a task: the named person, else those of the post when they are few."""
    if task.account is not None:
        return [task.account]
    return of_permission(task.permission, area_path=task.area_path, org_path=task.org_path)


def of_permission(permission: str, *, area_path: str = "", org_path: str = "") -> list[Account]:
    """Return the people of a post, none when they are more than twenty."""
    roles = RoleGrant.objects.filter(permission=permission).values_list("role__code", flat=True)
    found: dict[int, Account] = {}
    for role in roles:
        people = holders(role=role, org_path=org_path, area_path=area_path)[: MOST_TOLD + 1]
        found |= {a.pk: a for a in people}
    return list(found.values()) if len(found) <= MOST_TOLD else []


def _current() -> QuerySet[Holding]:
    moment = now()
    return Holding.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=moment), Q(valid_to__isnull=True) | Q(valid_to__gt=moment), post__is_active=True, account__is_active=True,
    )  # fmt: skip


def leaders(org_path: str) -> list[list[Account]]:
    """Return who leads a body, then who leads those above it, nearest first; bodies without a leader are passed over."""
    ids = [int(part) for part in org_path.split(".") if part.isdecimal()]
    roles = RoleGrant.objects.filter(permission=LEAD).values("role_id")
    rows = _current().filter(post__organization_id__in=ids, post__role__in=roles).select_related("account", "post").order_by("pk")
    found: dict[int, list[Account]] = {}
    for row in rows:
        people = found.setdefault(row.post.organization_id, [])
        if row.account not in people:
            people.append(row.account)
    return [found[pk] for pk in reversed(ids) if pk in found]


def supervisors(area_path: str) -> list[Account]:
    """Return who supervises in an area and is bound to no body: those nearest to it are enough."""
    ids = [int(part) for part in area_path.split(".") if part.isdecimal()]
    roles = RoleGrant.objects.filter(permission=OVERSEE).values("role_id")
    rows = _current().filter(Q(area__isnull=True) | Q(area_id__in=ids), post__role__in=roles, org_scope__isnull=True)
    return list({row.account_id: row.account for row in rows.select_related("account").order_by("pk")[: MOST_TOLD + 1]}.values())[:MOST_TOLD]


def of_post(code: str) -> list[Account]:
    """Return who holds a named post now."""
    post = Post.objects.filter(code=code, is_active=True).values_list("pk", flat=True).first()
    return list(holders_of_post(post)[:MOST_TOLD]) if post is not None else []


def of_body(org: Organization) -> list[Account]:
    """Return who answers for a body."""
    return of_permission(ANSWER, org_path=org.path)


def chosen(
    tell: Iterable[str], *, task: Task | None = None, account: Account | None = None, org: Organization | None = None, org_path: str = "", area_path: str = "",
    giver: Account | None = None, level: int = 0,
) -> list[Account]:  # fmt: skip
    """Return everybody whom a rule names, each once. `level` is how many steps up a card has gone: the leader of that step."""
    found: dict[int, Account] = {}
    for who in tell:
        people: list[Account] = []
        if who == "doer":
            people = [account] if account is not None else of_task(task) if task is not None else of_body(org) if org is not None else []
        elif who == "post":
            people = of_permission(task.permission, area_path=task.area_path, org_path=task.org_path) if task is not None else of_body(org) if org is not None else []
        elif who == "leader":
            chain = leaders(org_path or (org.path if org else ""))
            people = chain[min(max(level - 1, 0), len(chain) - 1)] if chain else []
        elif who == "supervisor":
            people = supervisors(area_path)
        elif who == "giver":
            people = [giver] if giver is not None else []
        elif who.startswith("post:"):
            people = of_post(who.removeprefix("post:"))
        found |= {a.pk: a for a in people}
    return list(found.values())
