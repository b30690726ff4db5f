"""Writes to people and posts: what is refused leaves nothing behind, what is done is on record."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base import registry
from yiwang.kernel.base.actor import Actor, public
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted, NotSignedIn, ProblemError
from yiwang.kernel.base.registry import AppManifest, Permission, RoleDecl
from yiwang.kernel.identity import queries, services
from yiwang.kernel.identity.errors import AlreadyEnded, DelegationOverlaps, HoldingExists, OwnRights, PostNotHeld
from yiwang.kernel.identity.models import Account, ApiClient, Delegation, Holding, Organization, Post, Role
from yiwang.kernel.identity.services.accounts import random_password
from yiwang.kernel.identity.tests.conftest import SYSTEM, Town

DAY = timedelta(days=1)


def actions() -> list[str]:
    return list(Event.objects.order_by("position").values_list("action", flat=True))


def counts() -> tuple[int, ...]:
    return tuple(
        m._default_manager.count() for m in (Account, Organization, Post, Holding, Role, Delegation, ApiClient, Event)
    )


def refuses(problem: type[ProblemError], call: Any, /, *args: Any, **more: Any) -> Any:
    """Call and expect the refusal; prove that nothing else happened."""
    before = counts()
    with pytest.raises(problem) as refused:
        call(*args, **more)
    assert counts() == before
    return refused.value


class TestAccounts:
    def test_an_account_gets_a_password_that_works_and_is_kept_nowhere(self, admin: Actor) -> None:
        account, password = services.create_account(admin, username="li.si", name="李四")
        assert account.check_password(password)
        assert len(password) == 14
        event = Event.objects.order_by("position").last()
        assert (event.action, event.actor_id, event.data) == (
            "identity.account.created", admin.account_id, {"account": str(account.uid)},
        )  # fmt: skip
        assert password not in str(event.data)

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"username": "boss"}, "username"), ({"username": "BOSS"}, "username"), ({"username": ""}, "username"),
            ({"username": "a b"}, "username"), ({"username": "x" * 61}, "username"), ({"name": " "}, "name"),
            ({"name": "a\x00b"}, "name"), ({"name": "长" * 61}, "name"), ({"password": "12345678901"}, "password"),
            ({"password": "short"}, "password"), ({"language": "tlh"}, "language"),
        ],
    )  # fmt: skip
    def test_bad_input(self, admin: Actor, fields: dict[str, str], field: str) -> None:
        problem = refuses(BadInput, services.create_account, admin, **{"username": "new", "name": "新人", **fields})
        assert {e["field"] for e in problem.errors} == {field}
        with translation.override("zh-hans"):
            again = refuses(BadInput, services.create_account, admin, **{"username": "new", "name": "新人", **fields})
            assert not again.errors[0]["message"].isascii()

    def test_only_administrators_of_everything_make_accounts(self, town: Town) -> None:
        anna = town.person("anna")
        town.holds(anna, "admin", "eastoffice", area="east")
        refuses(NotPermitted, services.create_account, town.actor(anna), username="x1", name="x")
        refuses(NotSignedIn, services.create_account, public(), username="x1", name="x")

    def test_a_new_password_and_closing(self, town: Town, admin: Actor) -> None:
        anna = town.person("anna")
        password = services.reset_password(admin, anna)
        assert anna.check_password(password)
        assert not anna.check_password("kite-paper-lamp")
        services.set_active(admin, anna, False)
        assert not Account.objects.get(pk=anna.pk).is_active
        refuses(OwnRights, services.set_active, admin, Account.objects.get(pk=admin.account_id), False)
        assert actions()[-2:] == ["identity.account.password_reset", "identity.account.closed"]

    def test_names_can_be_changed(self, town: Town, admin: Actor) -> None:
        anna = services.update_account(admin, town.person("anna"), name="安娜", duty_phone="0635-1")
        assert (str(anna), anna.duty_phone) == ("安娜", "0635-1")

    def test_language_and_print_are_ones_own(self, town: Town) -> None:
        anna = town.person("anna")
        services.set_language(town.actor(anna), "en")
        services.set_large_print(town.actor(anna), True)
        anna.refresh_from_db()
        assert (anna.language, anna.large_print) == ("en", True)
        assert services.set_language(public(), "en") == "en"
        refuses(BadInput, services.set_language, public(), "xx")
        refuses(NotSignedIn, services.set_large_print, public(), True)

    def test_random_passwords_are_readable_and_unlike(self) -> None:
        made = {random_password() for _ in range(200)}
        assert len(made) == 200
        assert not set("".join(made)) & set("lIO01")


class TestOrganizations:
    def test_the_path_is_the_tree(self, town: Town) -> None:
        assert town.orgs["crew"].path == f"{town.orgs['bureau'].pk}.{town.orgs['crew'].pk}."

    def test_a_district_administrator_stays_in_his_district(self, town: Town) -> None:
        anna = town.person("anna")
        town.holds(anna, "admin", "eastoffice", area="east")
        actor = town.actor(anna)
        new = {"code": "new", "name": {"zh-Hans": "新"}, "kind": "crew"}
        refuses(NotPermitted, services.create_organization, actor, area=town.areas["west"], **new)
        made = services.create_organization(actor, area=town.areas["east"], **new)
        assert [o.code for o in queries.visible_organizations(actor)] == ["crew", "eastoffice", "new"]
        services.create_post(actor, code="p.new", name={"zh-Hans": "岗"}, organization=made, role=town.roles["looker"])
        refuses(NotPermitted, services.create_post, actor, code="p2", name={"zh-Hans": "岗"}, organization=town.orgs["centre"], role=town.roles["looker"])  # fmt: skip
        refuses(NotPermitted, services.update_organization, actor, town.orgs["centre"], name={"zh-Hans": "x"})

    @pytest.mark.parametrize(
        ("fields", "field"),
        [({"code": "crew"}, "code"), ({"code": "../x"}, "code"), ({"code": ""}, "code"), ({"kind": "castle"}, "kind"), ({"name": {"en": "x"}}, "name")],
    )  # fmt: skip
    def test_bad_input(self, town: Town, fields: dict[str, Any], field: str) -> None:
        good = {"code": "new", "name": {"zh-Hans": "新"}, "kind": "crew", "area": town.areas["city"]}
        problem = refuses(BadInput, services.create_organization, SYSTEM, **{**good, **fields})
        assert problem.errors[0]["field"] == field

    def test_closing_hides_it_from_lists_only(self, town: Town, admin: Actor) -> None:
        services.update_organization(admin, town.orgs["crew"], name={"zh-Hans": "队"}, is_active=False)
        assert "crew" not in {o.code for o in queries.organizations()}
        assert "crew" in {o.code for o in queries.visible_organizations(admin)}


class TestPosts:
    def test_giving_and_ending_are_on_record(self, town: Town, guard: Actor) -> None:
        anna = town.person("anna")
        holding = services.give_post(guard, account=anna, post=town.post("looker", "crew"), area=town.areas["east"])
        assert town.actor(anna).may("t.see", area_path=town.areas["east"].path)
        refuses(BadInput, services.end_holding, guard, holding.pk, reason=" ")
        services.end_holding(guard, holding.pk, reason="调离")
        assert not town.actor(anna).may_anywhere("t.see")
        refuses(AlreadyEnded, services.end_holding, guard, holding.pk, reason="again")
        refuses(NotFound, services.end_holding, guard, 10**9, reason="x")
        assert actions()[-2:] == ["identity.post.given", "identity.post.ended"]
        assert Event.objects.order_by("position").last().data["reason"] == "调离"

    def test_the_same_post_twice_at_once_is_refused_and_may_be_given_again_later(
        self, town: Town, guard: Actor
    ) -> None:
        anna, post = town.person("anna"), town.post("looker", "crew")
        first = services.give_post(guard, account=anna, post=post)
        refuses(HoldingExists, services.give_post, guard, account=anna, post=post)
        services.end_holding(guard, first.pk, reason="pause")
        services.give_post(guard, account=anna, post=post)

    def test_nobody_appoints_himself_or_hands_out_more_than_he_has(self, town: Town, guard: Actor) -> None:
        boss = Account.objects.get(pk=guard.account_id)
        refuses(OwnRights, services.give_post, guard, account=boss, post=town.post("doer", "crew"))
        own = queries.current_holdings(boss.pk).get()
        refuses(OwnRights, services.end_holding, guard, own.pk, reason="x")
        anna = town.person("anna")
        town.holds(anna, "guard", "eastoffice", area="east")
        actor, post = town.actor(anna), town.post("looker", "eastoffice")
        bert = town.person("bert")
        for area in (None, town.areas["city"], town.areas["west"]):
            refuses(NotPermitted, services.give_post, actor, account=bert, post=post, area=area)
        services.give_post(actor, account=bert, post=post, area=town.areas["east"])

    def test_dates_in_order(self, town: Town, guard: Actor) -> None:
        refuses(BadInput, services.give_post, guard, account=town.person("anna"), post=town.post("looker", "crew"), valid_from=now(), valid_to=now() - DAY)  # fmt: skip

    def test_choosing_a_post(self, town: Town) -> None:
        anna = town.person("anna")
        held = town.holds(anna, "looker", "crew").post
        other, later = town.post("doer", "crew"), town.holds(anna, "doer", "centre", valid_from=now() + DAY).post
        assert services.choose_post(town.actor(anna), held.uid) == held
        for post in (other, later):
            refuses(PostNotHeld, services.choose_post, town.actor(anna), post.uid)
        refuses(NotSignedIn, services.choose_post, public(), held.uid)


class TestDelegations:
    @pytest.fixture
    def pair(self, town: Town) -> tuple[Account, Account]:
        made = town.person("anna"), town.person("bert")
        for account in made:
            town.holds(account, "doer", "crew")
        return made

    def give(
        self, town: Town, absent: Account, substitute: Account, begins: float = 0, ends: float = 5, **more: Any
    ) -> Delegation:
        moment = now()
        values = {"actor": town.actor(absent), "reason": "出差", **more}
        return services.delegate(
            absent=absent, substitute=substitute, starts_at=moment + begins * DAY, ends_at=moment + ends * DAY, **values
        )

    def test_it_holds_between_its_dates_and_until_revoked(self, town: Town, pair: tuple[Account, Account]) -> None:
        anna, bert = pair
        made = self.give(town, anna, bert, begins=1)
        assert queries.delegators(bert.pk) == []
        assert queries.delegators(bert.pk, now() + 2 * DAY) == [anna.pk]
        assert queries.delegators(bert.pk, now() + 6 * DAY) == []
        services.revoke_delegation(town.actor(anna), made.pk)
        assert queries.delegators(bert.pk, now() + 2 * DAY) == []
        refuses(AlreadyEnded, services.revoke_delegation, town.actor(anna), made.pk)
        assert actions()[-2:] == ["identity.delegation.created", "identity.delegation.revoked"]
        assert Event.objects.get(action="identity.delegation.created").data["reason"] == "出差"

    def test_it_is_not_passed_on(self, town: Town, pair: tuple[Account, Account]) -> None:
        anna, bert = pair
        carl = town.person("carl")
        town.holds(carl, "doer", "crew")
        self.give(town, anna, bert)
        self.give(town, bert, carl)
        assert queries.delegators(carl.pk) == [bert.pk]

    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"ends": -1, "begins": -2}, "ends_at"),
            ({"begins": 2, "ends": 1}, "ends_at"),
            ({"ends": 400}, "ends_at"),
            ({"reason": ""}, "reason"),
        ],
    )
    def test_bad_input(self, town: Town, pair: tuple[Account, Account], more: dict[str, Any], field: str) -> None:
        assert refuses(BadInput, self.give, town, *pair, **more).errors[0]["field"] == field

    def test_the_substitute_must_be_somebody_else_in_office(self, town: Town, pair: tuple[Account, Account]) -> None:
        anna, bert = pair
        refuses(BadInput, self.give, town, anna, anna)
        refuses(BadInput, self.give, town, anna, town.person("idle"))
        services.set_active(SYSTEM, bert, False)
        refuses(BadInput, self.give, town, anna, bert)

    def test_one_gives_ones_own_only_and_an_administrator_anybodys(
        self, town: Town, guard: Actor, pair: tuple[Account, Account]
    ) -> None:
        anna, bert = pair
        refuses(NotPermitted, self.give, town, anna, bert, actor=town.actor(bert))
        refuses(NotSignedIn, self.give, town, anna, bert, actor=public())
        made = self.give(town, anna, bert, actor=guard)
        stranger = town.person("stranger")
        refuses(NotFound, services.revoke_delegation, town.actor(stranger), made.pk)
        refuses(NotFound, services.revoke_delegation, guard, 10**9)
        services.revoke_delegation(town.actor(bert), made.pk)

    def test_no_two_for_the_same_time(self, town: Town, pair: tuple[Account, Account]) -> None:
        self.give(town, *pair, begins=0, ends=5)
        refuses(DelegationOverlaps, self.give, town, *pair, begins=4, ends=9)
        self.give(town, *pair, begins=6, ends=9)
        assert [d.absent_id for d in queries.delegations(pair[1].pk)] == [pair[0].pk] * 2


class TestRoles:
    def manifest(self, *permissions: str) -> AppManifest:
        return AppManifest(
            code="probe", label="Probe",
            permissions=tuple(Permission(code=c, label=c) for c in ("probe.a", "probe.b", "probe.c")),
            roles=(RoleDecl(code="prober", label={"zh-Hans": "探员", "en": "Prober"}, permissions=permissions),),
        )  # fmt: skip

    def sync(self, *permissions: str) -> Any:
        with registry.temporarily(self.manifest(*permissions)):
            return next(r for r in services.sync_shipped_roles(SYSTEM) if r.code == "prober")

    def grants(self) -> set[str]:
        return set(Role.objects.get(code="prober").grants.values_list("permission", flat=True))

    def test_created_updated_unchanged(self, town: Town) -> None:
        assert self.sync("probe.a").outcome == "created"
        assert self.sync("probe.a").outcome == "unchanged"
        assert self.sync("probe.a", "probe.b").outcome == "updated"
        assert self.grants() == {"probe.a", "probe.b"}
        assert self.sync("probe.b").outcome == "updated"
        assert self.grants() == {"probe.b"}
        assert Role.objects.get(code="prober").name["zh-Hans"] == "探员"

    def test_never_over_local_edits(self, town: Town, guard: Actor) -> None:
        self.sync("probe.a", "probe.b")
        with registry.temporarily(self.manifest()):
            services.set_role_permissions(guard, Role.objects.get(code="prober"), ["probe.a", "probe.c"])
        result = self.sync("probe.a", "probe.b")
        assert (result.outcome, result.missing, result.extra) == ("kept", ("probe.b",), ("probe.c",))
        assert self.grants() == {"probe.a", "probe.c"}

    def test_two_apps_may_add_to_one_role(self, town: Town) -> None:
        other = AppManifest(
            code="other", label="", roles=(RoleDecl(code="prober", label={"zh-Hans": "x"}, permissions=("other.x",)),)
        )
        with registry.temporarily(other):
            self.sync("probe.a")
        assert self.grants() == {"probe.a", "other.x"}

    def test_changing_what_a_role_grants(self, town: Town, guard: Actor) -> None:
        role = town.roles["looker"]
        refuses(BadInput, services.set_role_permissions, guard, role, ["no.such"])
        services.set_role_permissions(guard, role, ["geography.asset.view"])
        assert Event.objects.order_by("position").last().data == {
            "role": "looker", "added": ["geography.asset.view"], "removed": ["t.see"],
        }  # fmt: skip
        refuses(OwnRights, services.set_role_permissions, guard, town.roles["guard"], [])
        refuses(NotPermitted, services.set_role_permissions, town.actor(town.person("x1")), role, [])


def test_a_key_is_shown_once_and_opens_when_the_security_administrator_says_so(town: Town, admin: Actor, guard: Actor) -> None:
    client, key = services.create_client(admin, code="weather", name="气象", role=town.roles["looker"])
    assert len(key) >= 40
    refuses(NotSignedIn, queries.actor_for_key, key)
    refuses(NotPermitted, services.set_client_active, admin, client, True)
    services.set_client_active(guard, client, True)
    assert queries.actor_for_key(key).client_id == client.pk
    assert key not in str(ApiClient.objects.values().get())
    refuses(BadInput, services.create_client, admin, code="weather", name="气象", role=town.roles["looker"])
