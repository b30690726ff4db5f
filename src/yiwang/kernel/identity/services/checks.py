"""Checks that several verbs share."""

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.identity.permits import ADMIN, SECURITY

_CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{1,58}$")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def require_admin(actor: Actor, organization: Organization | None = None) -> None:
    """Refuse unless the actor administers the organisation (or, without one, the whole installation)."""
    if organization is None:
        actor.require(ADMIN)
    else:
        actor.require(ADMIN, area_path=organization.area.path, org_path=organization.path)


def require_security(actor: Actor, organization: Organization | None = None) -> None:
    """Refuse unless the actor is security administrator of the organisation (or of the whole installation)."""
    if organization is None:
        actor.require(SECURITY)
    else:
        actor.require(SECURITY, area_path=organization.area.path, org_path=organization.path)


def require_scope(actor: Actor, area: Area | None, org_scope: Organization | None) -> None:
    """Refuse to hand out a scope that is wider than one's own."""
    actor.require(SECURITY, area_path=area.path if area else "", org_path=org_scope.path if org_scope else "")


def code(value: str, field: str = "code") -> str:
    """Return a code that is safe in addresses and files."""
    cleaned = value.strip()
    if not _CODE.match(cleaned):
        raise BadInput.one(field, "code", _("Use 2 to 59 letters, digits, points, dashes or underscores."))
    return cleaned


def line(value: str, field: str, *, longest: int, required: bool = True) -> str:
    """Return one line of text without control characters."""
    cleaned = value.strip()
    if required and not cleaned:
        raise BadInput.one(field, "required", _("This must be filled in."))
    if len(cleaned) > longest:
        raise BadInput.one(field, "long", _("At most %(count)s characters.") % {"count": longest})
    if _CONTROL.search(cleaned):
        raise BadInput.one(field, "control", _("Remove line breaks and other invisible characters."))
    return cleaned


def texts(value: Mapping[str, str], field: str = "name", *, longest: int = 120) -> dict[str, str]:
    """Return names in both languages; Chinese is required."""
    chinese = line(value.get("zh-Hans", ""), field, longest=longest)
    english = line(value.get("en", ""), f"{field}_en", longest=longest, required=False)
    return {"zh-Hans": chinese, "en": english} if english else {"zh-Hans": chinese}


def free(taken: bool, field: str) -> None:
    if taken:
        raise BadInput.one(field, "taken", _("This is already in use. Choose another."))
