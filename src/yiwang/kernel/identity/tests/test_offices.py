"""The three administrators: no person and no role joins two of them, none holds business by being one."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base import registry
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotPermitted
from yiwang.kernel.base.registry import AppManifest, RoleDecl
from yiwang.kernel.identity import offices, queries, services
from yiwang.kernel.identity.errors import OfficesJoined, OfficeWithBusiness
from yiwang.kernel.identity.models import Account, Holding, Organization, Role
from yiwang.kernel.identity.services.roles import shipped_roles
from yiwang.kernel.identity.tests.conftest import SYSTEM, Town
from yiwang.kernel.identity.tests.test_services import refuses

DAY = timedelta(days=1)
PAIRS = [("admin", "guard"), ("guard", "looks"), ("looks", "admin")]


@pytest.fixture
def trio(town: Town) -> Town:
    town.roles["looks"] = services.create_role(SYSTEM, code="looks", name={"zh-Hans": "审计"})
    services.set_role_permissions(SYSTEM, town.roles["looks"], ["audit.view", "audit.judge"])
    return town


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_nobody_holds_two_offices_at_once(trio: Town, guard: Actor, one: str, other: str) -> None:
    anna, scope = trio.person("anna"), {"area": None}
    first = services.give_post(guard, account=anna, post=trio.post(one, "centre"), **scope)
    post = trio.post(other, "centre")
    refuses(OfficesJoined, services.give_post, guard, account=anna, post=post, **scope)
    refuses(OfficesJoined, services.give_post, guard, account=anna, post=post, valid_from=now() + 30 * DAY)
    # The server's own command line is bound by it as well.
    refuses(OfficesJoined, services.give_post, SYSTEM, account=anna, post=post, **scope)
    services.give_post(guard, account=anna, post=trio.post(one, "bureau"))  # the same office twice is one office
    for holding in Holding.objects.filter(account=anna):
        services.end_holding(guard, holding.pk, reason="调离")
    services.give_post(guard, account=anna, post=post, **scope)
    assert trio.actor(anna).roles == {other}
    assert first.post.role.code == one


def test_one_office_after_the_other_is_no_joining(trio: Town, guard: Actor) -> None:
    anna = trio.person("anna")
    services.give_post(guard, account=anna, post=trio.post("looks", "centre"), valid_from=now() + 5 * DAY)
    post = trio.post("admin", "centre")
    refuses(OfficesJoined, services.give_post, guard, account=anna, post=post, valid_to=now() + 6 * DAY)
    services.give_post(guard, account=anna, post=post, valid_to=now() + 5 * DAY - timedelta(seconds=60))
    assert trio.actor(anna).may_anywhere("identity.admin")


@pytest.mark.parametrize(
    "wanted",
    [["identity.admin", "identity.security"], ["audit.view", "identity.admin"], ["audit.judge", "identity.security"]],
)
def test_no_role_joins_two_offices(trio: Town, guard: Actor, wanted: list[str]) -> None:
    role = services.create_role(SYSTEM, code="both", name={"zh-Hans": "都要"})
    refuses(OfficesJoined, services.set_role_permissions, guard, role, wanted)
    assert queries.granted_by(role.pk) == set()


def test_no_role_joins_an_office_and_business(trio: Town, guard: Actor) -> None:
    role = services.create_role(SYSTEM, code="both", name={"zh-Hans": "都要"})
    for office in ("identity.admin", "identity.security", "audit.view"):
        refuses(OfficeWithBusiness, services.set_role_permissions, guard, role, [office, "city.case.view"])
    services.set_role_permissions(guard, role, ["identity.admin", "worktime.calendar.edit", "geography.asset.view"])


def test_a_role_that_people_hold_beside_another_office_gets_none(trio: Town, guard: Actor) -> None:
    anna = trio.person("anna")
    trio.holds(anna, "admin", "centre")
    harmless = services.create_role(SYSTEM, code="harmless", name={"zh-Hans": "无害"})
    trio.roles["harmless"] = harmless
    held = trio.holds(anna, "harmless", "bureau")
    refuses(OfficesJoined, services.set_role_permissions, guard, harmless, ["audit.view"])
    services.end_holding(guard, held.pk, reason="调离")
    services.set_role_permissions(guard, harmless, ["audit.view"])


def test_no_program_is_an_administrator(trio: Town, admin: Actor, guard: Actor) -> None:
    refuses(OfficesJoined, services.create_client, admin, code="probe", name="x", role=trio.roles["guard"])
    services.create_client(SYSTEM, code="probe", name="x", role=trio.roles["looker"])
    refuses(OfficesJoined, services.set_role_permissions, guard, trio.roles["looker"], ["audit.view"])


def test_none_does_the_work_of_another(trio: Town, admin: Actor, guard: Actor) -> None:
    auditor = trio.person("carl")
    trio.holds(auditor, "looks", "centre")
    looker, anna, post = trio.actor(auditor), trio.person("anna"), trio.post("looker", "crew")
    for actor in (guard, looker):
        refuses(NotPermitted, services.create_account, actor, username="new1", name="新")
        refuses(NotPermitted, services.reset_password, actor, anna)
        refuses(NotPermitted, services.create_post, actor, code="p.1", name={"zh-Hans": "岗"}, organization=trio.orgs["crew"], role=trio.roles["looker"])  # fmt: skip
    for actor in (admin, looker):
        refuses(NotPermitted, services.give_post, actor, account=anna, post=post)
        refuses(NotPermitted, services.set_role_permissions, actor, trio.roles["looker"], [])
        refuses(NotPermitted, services.create_role, actor, code="r.1", name={"zh-Hans": "角色"})
    for actor in (admin, guard):
        assert not actor.may_anywhere("audit.view")
        assert not actor.may_anywhere("audit.judge")


def test_a_new_account_has_no_rights_until_another_hand_gives_them_and_both_acts_stand_on_record(
    trio: Town, admin: Actor, guard: Actor
) -> None:
    anna, _password = services.create_account(admin, username="anna", name="安娜")
    public = set(registry.public_permissions())
    assert {g.permission for g in trio.actor(anna).grants} == public
    services.give_post(guard, account=anna, post=trio.post("doer", "crew"))
    assert {g.permission for g in trio.actor(anna).grants} == public | {"t.see", "t.do"}
    told = list(
        Event.objects.filter(data__account=str(anna.uid)).order_by("position").values_list("action", "actor_id")
    )
    assert told == [("identity.account.created", admin.account_id), ("identity.post.given", guard.account_id)]


@pytest.mark.committed
def test_two_offices_given_at_the_same_instant_leave_one(committed: Any) -> None:
    from yiwang.kernel.areas.services import add_area

    city = add_area(level="city", code="371599", name={"zh-Hans": "云望市"})
    org = services.create_organization(SYSTEM, code="o1", name={"zh-Hans": "府"}, kind="centre", area=city)
    services.sync_shipped_roles(SYSTEM)
    anna = services.create_account(SYSTEM, username="anna", name="安娜")[0]
    posts = [
        services.create_post(SYSTEM, code=f"p.{code}", name={"zh-Hans": code}, organization=org, role=Role.objects.get(code=code))
        for code in offices.ROLES.values()
    ]  # fmt: skip
    results = committed.in_threads(*(lambda p=p: services.give_post(SYSTEM, account=anna, post=p) for p in posts))
    assert sorted(type(r).__name__ for r in results) == ["Holding", "OfficesJoined", "OfficesJoined"]


def test_shipped_roles_are_apart_and_an_app_cannot_join_them() -> None:
    shipped = shipped_roles()
    for office, code in offices.ROLES.items():
        assert offices.offices_of(shipped[code][1]) == {office}
        assert offices.business_of(shipped[code][1]) == []
    for code, (_name, permissions) in shipped.items():
        assert code in offices.ROLES.values() or not offices.offices_of(permissions), code


def test_an_app_that_joins_them_is_not_installed(town: Town) -> None:
    greedy = AppManifest(
        code="greedy", label="", roles=(RoleDecl(code="administrator", label={"zh-Hans": "x"}, permissions=("city.case.view",)),)
    )  # fmt: skip
    with registry.temporarily(greedy):
        refuses(OfficeWithBusiness, services.sync_shipped_roles, SYSTEM)


def run(*args: str) -> str:
    out = io.StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


def test_first_set_up_makes_all_three_on_an_empty_platform(db: Any) -> None:
    said = run("account", "administrators")
    for code in offices.ROLES.values():
        account = Account.objects.get(username=code)
        assert account.check_password(re.search(rf"{code}\s+(\S+)", said)[1])
        actor = queries.actor_for(account)
        assert actor.roles == {code}
        assert actor.may("identity.admin") is (code == "administrator")
        assert actor.may("identity.security") is (code == "security_administrator")
        assert actor.may("audit.view") is (code == "audit_administrator")
    assert Organization.objects.count() == 1
    again = run("account", "administrators")
    assert "There is nothing to do" in again
    assert Account.objects.count() == 3


def test_only_what_is_missing_is_made_and_in_the_body_that_is_named(trio: Town, admin: Actor) -> None:
    run("roles", "sync")
    said = run("account", "administrators", "--org", "bureau")
    assert {a.username for a in Account.objects.exclude(username="boss")} == {
        "security_administrator",
        "audit_administrator",
    }
    assert "administrator: boss" in said
    with pytest.raises(CommandError):
        run("account", "administrators", "--org", "none")
