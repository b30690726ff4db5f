"""The first set-up: the three administrators, who then make everybody else."""

from django.conf import settings
from django.db import transaction

from yiwang.kernel.areas.models import Area, AreaLevel
from yiwang.kernel.areas.services import add_area
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.identity import queries
from yiwang.kernel.identity.models import Account, Organization, OrgKind, Post, Role
from yiwang.kernel.identity.offices import ROLES
from yiwang.kernel.identity.services import checks, offices
from yiwang.kernel.identity.services.accounts import create_account
from yiwang.kernel.identity.services.organizations import create_organization, create_post
from yiwang.kernel.identity.services.posts import give_post

FIRST_ORG = "government"


def _first_organization(actor: Actor) -> Organization:
    """Return the topmost body; an empty platform gets one, on the region's own area, to be renamed later."""
    found = Organization.objects.filter(is_active=True).select_related("area").order_by("path").first()
    if found is not None:
        return found
    root = Area.objects.filter(parent__isnull=True).order_by("pk").first()
    area = root or add_area(level=AreaLevel.CITY, code=settings.REGION, name={"zh-Hans": settings.REGION})
    return create_organization(
        actor, code=FIRST_ORG, name={"zh-Hans": "人民政府", "en": "Government"}, kind=OrgKind.CENTRE, area=area
    )


@transaction.atomic
def make_administrators(
    actor: Actor, organization: Organization | None = None
) -> tuple[dict[str, str], list[tuple[Account, str]]]:
    """Make those of the three administrators (三员) that nobody is yet, in one body, each with a post and a password.

    Returns who is there already, by office, and the new accounts with their passwords, which are nowhere else.
    """
    checks.require_admin(actor)
    checks.require_security(actor)
    offices.one_at_a_time()
    by_role = offices.offices_by_role()
    present: dict[str, str] = {}
    made = []
    for office, code in ROLES.items():
        roles = [role_id for role_id, held in by_role.items() if office in held]
        holder = queries.who_holds(roles).first()
        if holder is not None:
            present[code] = holder.username
            continue
        body = organization or _first_organization(actor)
        role = Role.objects.get(code=code)
        post = (
            Post.objects.select_related("organization__area", "role")
            .filter(organization=body, role=role, is_active=True)
            .first()
        )
        if post is None:
            post = create_post(actor, code=f"{body.code}.{code}"[:59], name=role.name, organization=body, role=role)
        username = code
        for number in range(2, 100):
            if not Account.objects.filter(username__iexact=username).exists():
                break
            username = f"{code}{number}"
        account, password = create_account(actor, username=username, name=role.name["zh-Hans"])
        give_post(actor, account=account, post=post)
        made.append((account, password))
    return present, made
