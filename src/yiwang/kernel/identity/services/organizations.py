"""Organisations (机构) and the posts (岗位) in them."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.identity.models import Organization, OrgKind, Post, Role
from yiwang.kernel.identity.permits import ADMIN
from yiwang.kernel.identity.services import checks


@transaction.atomic
def create_organization(
    actor: Actor,
    *,
    code: str,
    name: Mapping[str, str],
    kind: str,
    area: Area,
    parent: Organization | None = None,
    credit_code: str = "",
    phone: str = "",
    is_sample: bool = False,
) -> Organization:
    """Add a body below `parent`; its path is made from the database's own id."""
    actor.require(ADMIN, area_path=area.path, org_path=parent.path if parent else "")
    if kind not in OrgKind.values:
        raise BadInput.one("kind", "kind", _("Choose one of the kinds in the list."))
    cleaned = checks.code(code)
    checks.free(Organization.objects.filter(code=cleaned).exists(), "code")
    made = Organization(
        code=cleaned, name=checks.texts(name), kind=kind, area=area, parent=parent, path=f"new-{cleaned}",
        credit_code=checks.line(credit_code, "credit_code", longest=18, required=False),
        phone=checks.line(phone, "phone", longest=30, required=False), is_sample=is_sample,
    )  # fmt: skip
    made.save()
    made.path = f"{parent.path if parent else ''}{made.pk}."
    made.save(update_fields=["path"])
    record(actor, action="identity.organization.created", data={"organization": made.uid}, area_path=area.path)
    return made


@transaction.atomic
def update_organization(
    actor: Actor, organization: Organization, *, name: Mapping[str, str], phone: str = "", is_active: bool = True
) -> Organization:
    """Rename, or close a body that no longer exists; its past stays."""
    checks.require_admin(actor, organization)
    organization.name = checks.texts(name)
    organization.phone = checks.line(phone, "phone", longest=30, required=False)
    organization.is_active = is_active
    organization.save(update_fields=["name", "phone", "is_active"])
    data = {"organization": organization.uid, "is_active": is_active}
    record(actor, action="identity.organization.changed", data=data, area_path=organization.area.path)
    return organization


@transaction.atomic
def create_post(actor: Actor, *, code: str, name: Mapping[str, str], organization: Organization, role: Role) -> Post:
    """Add a seat to an organisation; what it may do is its role's."""
    checks.require_admin(actor, organization)
    cleaned = checks.code(code)
    checks.free(Post.objects.filter(code=cleaned).exists(), "code")
    made = Post.objects.create(code=cleaned, name=checks.texts(name), organization=organization, role=role)
    data = {"post": made.uid, "organization": organization.uid, "role": role.code}
    record(actor, action="identity.post.created", data=data, area_path=organization.area.path)
    return made
