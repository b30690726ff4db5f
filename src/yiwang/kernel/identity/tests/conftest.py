"""A little town: two districts, a centre, a bureau with a crew, four roles, a system and a security administrator."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from yiwang.kernel.areas.models import Area
from yiwang.kernel.areas.services import add_area
from yiwang.kernel.base.actor import Actor, system
from yiwang.kernel.identity import queries, services
from yiwang.kernel.identity.models import Account, Holding, Organization, Post, Role, RoleGrant

SYSTEM = system("test")


@dataclass
class Town:
    areas: dict[str, Area] = field(default_factory=dict)
    orgs: dict[str, Organization] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)

    def person(self, name: str) -> Account:
        return services.create_account(SYSTEM, username=name, name=f"姓名{name}", password="kite-paper-lamp", must_change=False)[0]

    def post(self, role: str, org: str) -> Post:
        code = f"{org}.{role}.{Post.objects.count()}"
        return services.create_post(
            SYSTEM, code=code, name={"zh-Hans": code}, organization=self.orgs[org], role=self.roles[role]
        )

    def holds(self, account: Account, role: str, org: str, **more: Any) -> Holding:
        """Give a post; `area` and `org_scope` are named by code."""
        more["area"] = self.areas[more["area"]] if more.get("area") else None
        more["org_scope"] = self.orgs[more["org_scope"]] if more.get("org_scope") else None
        return services.give_post(SYSTEM, account=account, post=self.post(role, org), **more)

    def actor(self, account: Account, **more: Any) -> Actor:
        return queries.actor_for(account, **more)


@pytest.fixture
def town(db: None) -> Town:
    made = Town()
    city = add_area(level="city", code="371599", name={"zh-Hans": "云望市"})
    made.areas["city"] = city
    for code in ("east", "west"):
        made.areas[code] = add_area(level="district", code=f"d-{code}", name={"zh-Hans": code}, parent=city)
    for code, parent, area in (
        ("centre", None, "city"), ("bureau", None, "city"), ("crew", "bureau", "east"), ("eastoffice", None, "east"),
    ):  # fmt: skip
        made.orgs[code] = services.create_organization(
            SYSTEM, code=code, name={"zh-Hans": code}, kind="bureau", area=made.areas[area],
            parent=made.orgs.get(parent) if parent else None,
        )  # fmt: skip
    for code, permissions in (
        ("looker", ["t.see"]), ("doer", ["t.see", "t.do"]), ("admin", ["identity.admin"]),
        ("guard", ["identity.security"]),
    ):  # fmt: skip
        made.roles[code] = services.create_role(SYSTEM, code=code, name={"zh-Hans": code})
        RoleGrant.objects.bulk_create(RoleGrant(role=made.roles[code], permission=p) for p in permissions)
    return made


@pytest.fixture
def guard(town: Town) -> Actor:
    """The security administrator."""
    account = town.person("guard")
    town.holds(account, "guard", "centre")
    return town.actor(account)


@pytest.fixture
def admin(town: Town) -> Actor:
    """The system administrator."""
    account = town.person("boss")
    town.holds(account, "admin", "centre")
    return town.actor(account)
