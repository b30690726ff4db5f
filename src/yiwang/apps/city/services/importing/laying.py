"""What an import needs before its first request: the city's own root area, its bodies, its classes; made when first met."""

import hashlib
import re
from dataclasses import dataclass, field

from django.db.models import Max

from yiwang.apps.city.models import CityClass
from yiwang.apps.city.rules import importing as rules
from yiwang.kernel.areas.models import Area
from yiwang.kernel.areas.services import add_area
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.identity.services import create_organization

FIRST_EXTENSION, LAST_EXTENSION = 90001, 99999  # majors 90-99, which the national dictionary leaves free
MOST_CODE = 32


def short_code(prefix: str, name: str) -> str:
    """Return a code made of a name, the same at every import.

    >>> short_code("us-boston", "Hyde Park")
    'us-boston-hyde-park'
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    code = f"{prefix}-{slug}"
    if slug and len(code) <= MOST_CODE:
        return code
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{code[: MOST_CODE - 7].rstrip('-')}-{digest}"


@dataclass
class Layout:
    """Areas, bodies and classes by the names in the file."""

    actor: Actor
    profile: rules.Profile
    root: Area
    centre: Organization
    areas: dict[str, Area] = field(default_factory=dict)
    bodies: dict[str, Organization] = field(default_factory=dict)
    classes: dict[str, CityClass] = field(default_factory=dict)

    def area(self, name: str) -> Area:
        if not name:
            return self.root
        if name not in self.areas:
            code = short_code(self.profile.area.code, name)
            self.areas[name] = Area.objects.filter(code=code, valid_to__isnull=True).first() or add_area(
                level=self.profile.area.below, code=code, name=_both(name), parent=self.root
            )
        return self.areas[name]

    def body(self, name: str) -> Organization:
        if not name:
            return self.centre
        if name not in self.bodies:
            code = short_code(self.profile.organization.code, name)
            self.bodies[name] = Organization.objects.filter(code=code).first() or create_organization(
                self.actor, code=code, name=_both(name), kind=self.profile.organization.below, area=self.root,
                parent=self.centre,
            )
        return self.bodies[name]

    def city_class(self, name: str) -> CityClass:
        if name not in self.classes:
            self.classes[name] = self._mapped(name) or self._extension(name)
        return self.classes[name]

    def _mapped(self, name: str) -> CityClass | None:
        kind, _colon, code = self.profile.class_map.get(name, "").partition(":")
        return CityClass.objects.get(kind=kind, code=code) if code else None

    def _extension(self, name: str) -> CityClass:
        """Return the local extension class of a type; it is closed to new reports, which choose from the dictionary."""
        mark = f"import:{self.profile.code}"
        if found := CityClass.objects.filter(standard_ref=mark, name__en=name).first():
            return found
        last = CityClass.objects.filter(kind="matter", code__gte=str(FIRST_EXTENSION)).aggregate(last=Max("code"))["last"]
        number = int(last) + 1 if last else FIRST_EXTENSION
        if number > LAST_EXTENSION:
            raise RuntimeError("all codes of extension classes are used up")
        return CityClass.objects.create(
            kind="matter", code=str(number), name=_both(name), major=str(number)[:2], major_name=dict(self.profile.name),
            standard_ref=mark, is_extension=True, valid_to=self.profile.as_of.date(),
        )


def _both(name: str) -> dict[str, str]:
    return {"zh-Hans": name, "en": name}


def unknown_mappings(profile: rules.Profile) -> list[str]:
    """Return the classes that the profile maps to and that the dictionary does not have."""
    known = {f"{kind}:{code}" for kind, code in CityClass.objects.values_list("kind", "code")}
    return sorted(set(profile.class_map.values()) - known)


def lay_out(actor: Actor, profile: rules.Profile) -> Layout:
    """Make the city's root area and its own organisation, unless they are there. The root has no boundary."""
    root = Area.objects.filter(code=profile.area.code, valid_to__isnull=True).first() or add_area(
        level=profile.area.kind, code=profile.area.code, name=profile.area.name, region=profile.region,
        time_zone=str(profile.zone), calendar_code=profile.calendar, bounded=False,
    )
    centre = Organization.objects.filter(code=profile.organization.code).first() or create_organization(
        actor, code=profile.organization.code, name=profile.organization.name, kind=profile.organization.kind, area=root
    )
    return Layout(actor, profile, root, centre)
