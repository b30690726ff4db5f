"""What an administrator sees and does in the browser, and what stays the same number of queries at any length."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.identity import queries, services
from yiwang.kernel.identity.models import Account, ApiClient, Delegation, Holding, Organization, Post, Role
from yiwang.kernel.identity.tests.conftest import SYSTEM, Town


@pytest.fixture
def boss(admin: Actor) -> Client:
    client = Client(headers={"accept-language": "zh-CN"})
    client.force_login(Account.objects.get(pk=admin.account_id))
    return client


@pytest.fixture
def keeper(guard: Actor) -> Client:
    client = Client(headers={"accept-language": "zh-CN"})
    client.force_login(Account.objects.get(pk=guard.account_id))
    return client


def text(response: Any) -> str:
    return re.sub(r"<[^>]+>", " ", response.content.decode())


def test_a_new_person_is_made_by_one_and_gets_a_post_from_another(town: Town, boss: Client, keeper: Client) -> None:
    response = boss.post(reverse("identity:new_account"), {"username": "li.si", "name": "李四"})
    assert response.status_code == 200
    person = Account.objects.get(username="li.si")
    shown = re.findall(r"\b[A-Za-z2-9]{14}\b", text(response))
    assert any(person.check_password(word) for word in shown)
    assert "no-store" in response["Cache-Control"]
    post = town.post("doer", "crew")
    address, values = reverse("identity:give_post", args=[person.uid]), {"post": post.pk, "area": town.areas["east"].pk}
    assert boss.post(address, values).status_code == 403
    assert "授予岗位" not in text(boss.get(reverse("identity:account", args=[person.uid])))
    assert "授予岗位" in text(keeper.get(reverse("identity:account", args=[person.uid])))
    assert keeper.post(address, values).status_code == 302
    page = boss.get(reverse("identity:account", args=[person.uid]))
    assert "李四" in text(page)
    assert "生效中" in text(page)
    holding = Holding.objects.get(account=person)
    assert boss.post(reverse("identity:end_holding", args=[holding.pk]), {"reason": "调离"}).status_code == 403
    response = keeper.post(reverse("identity:end_holding", args=[holding.pk]), {"reason": "调离"})
    assert response["Location"] == reverse("identity:account", args=[person.uid])
    assert "未生效" in text(boss.get(response["Location"]))


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("identity:new_account", {"username": "boss", "name": "x"}, "已被使用，请另选一个。"),
        ("identity:new_account", {"username": "", "name": ""}, "用户名"),
        ("identity:new_organization", {"code": "a b", "name": "x", "kind": "crew"}, "辖区"),
        ("identity:new_role", {"code": "../", "name": "x"}, "请使用 2 至 59 个字母"),
        ("identity:clients", {"code": "x", "name": "y"}, "角色"),
        ("identity:delegations", {"reason": "x"}, "代理人"),
    ],
)
def test_wrong_input_is_said_at_the_field_and_keeps_what_was_typed(
    boss: Client, keeper: Client, name: str, values: dict[str, str], says: str
) -> None:
    client = keeper if name == "identity:new_role" else boss
    before = [m._default_manager.count() for m in (Account, Organization, Role, ApiClient, Delegation)]
    response = client.post(reverse(name), values)
    assert response.status_code == 422
    assert says in text(response)
    assert all(v in response.content.decode() for v in values.values() if v)
    assert [m._default_manager.count() for m in (Account, Organization, Role, ApiClient, Delegation)] == before


def test_organisations_and_posts(town: Town, boss: Client) -> None:
    values = {
        "code": "park",
        "name": "园林局",
        "kind": "bureau",
        "area": town.areas["city"].pk,
        "parent": town.orgs["bureau"].pk,
    }
    made = boss.post(reverse("identity:new_organization"), values)
    park = Organization.objects.get(code="park")
    assert made["Location"] == reverse("identity:organization", args=[park.uid])
    assert park.path.startswith(town.orgs["bureau"].path)
    boss.post(
        reverse("identity:new_post", args=[park.uid]),
        {"code": "park.chief", "name": "队长", "role": town.roles["doer"].pk},
    )
    assert Post.objects.get(code="park.chief").organization == park
    page = text(boss.get(reverse("identity:organization", args=[park.uid])))
    assert "队长" in page
    assert "空缺" in page
    boss.post(reverse("identity:change_organization", args=[park.uid]), {"name": "园林中心"})
    park.refresh_from_db()
    assert (park.name, park.is_active) == ({"zh-Hans": "园林中心"}, False)
    assert "园林中心" in text(boss.get(reverse("identity:organizations")))


def test_roles(town: Town, keeper: Client) -> None:
    assert keeper.get(reverse("identity:roles")).status_code == 200
    address = reverse("identity:role", args=["looker"])
    assert keeper.post(address, {"permissions": ["geography.asset.view"]}).status_code == 302
    assert queries.granted_by(town.roles["looker"].pk) == {"geography.asset.view"}
    refused = keeper.post(address, {"permissions": ["no.such"]})
    assert (refused.status_code, "no.such" in text(refused)) == (422, True)
    own = keeper.post(reverse("identity:role", args=["guard"]), {"permissions": []})
    assert own.status_code == 403
    assert "不能变更自己的权限" in text(own)
    assert keeper.get(reverse("identity:role", args=["none"])).status_code == 404


def test_delegations(town: Town, keeper: Client) -> None:
    anna, bert = town.person("anna"), town.person("bert")
    for person in (anna, bert):
        town.holds(person, "doer", "crew")
    client = Client()
    client.force_login(anna)
    begins, ends = (timezone.localtime() + timedelta(hours=h) for h in (-1, 30))
    values = {
        "substitute": bert.pk,
        "starts_at": f"{begins:%Y-%m-%dT%H:%M}",
        "ends_at": f"{ends:%Y-%m-%dT%H:%M}",
        "reason": "出差",
    }
    assert client.post(reverse("identity:delegations"), values).status_code == 302
    assert queries.delegators(bert.pk) == [anna.pk]
    assert "出差" in text(keeper.get(reverse("identity:all_delegations")))
    assert "出差" not in text(keeper.get(reverse("identity:delegations")))
    made = Delegation.objects.get()
    stranger = Client()
    stranger.force_login(town.person("carl"))
    assert stranger.post(reverse("identity:revoke_delegation", args=[made.pk])).status_code == 404
    assert client.post(reverse("identity:revoke_delegation", args=[made.pk])).status_code == 302
    assert queries.delegators(bert.pk) == []
    assert keeper.post(reverse("identity:all_delegations"), {**values, "absent": anna.pk}).status_code == 302
    assert queries.delegators(bert.pk) == [anna.pk]


def test_a_key_is_shown_once(town: Town, boss: Client, keeper: Client) -> None:
    page = boss.post(reverse("identity:clients"), {"code": "weather", "name": "气象", "role": town.roles["looker"].pk})
    client = ApiClient.objects.get(code="weather")
    assert any(queries.hash_key(word) == client.key_hash for word in re.findall(r"[\w-]{43}", text(page)))
    again = boss.get(reverse("identity:clients"))
    assert not re.findall(r"[\w-]{43}", text(again))
    assert not client.is_active
    address = reverse("identity:set_client_active", args=[client.uid])
    assert boss.post(address, {"active": "1"}).status_code == 403
    keeper.post(address, {"active": "1"})
    client.refresh_from_db()
    assert client.is_active
    boss.post(address, {"active": "0"})
    client.refresh_from_db()
    assert not client.is_active


def test_passwords_and_closing(town: Town, boss: Client) -> None:
    anna = town.person("anna")
    page = boss.post(reverse("identity:reset_password", args=[anna.uid]))
    anna.refresh_from_db()
    assert any(anna.check_password(word) for word in re.findall(r"\b[A-Za-z2-9]{14}\b", text(page)))
    boss.post(reverse("identity:set_active", args=[anna.uid]), {"active": "0"})
    anna.refresh_from_db()
    assert not anna.is_active
    boss.post(reverse("identity:change_account", args=[anna.uid]), {"name": "安娜"})
    anna.refresh_from_db()
    assert anna.name == "安娜"


def test_a_district_administrator_sees_his_own_people_and_bodies_only(town: Town) -> None:
    chief, mine, other = town.person("chief"), town.person("mine"), town.person("other")
    town.holds(chief, "admin", "eastoffice", area="east")
    town.holds(mine, "doer", "crew", area="east")
    town.holds(other, "doer", "centre")
    client = Client()
    client.force_login(chief)
    page = text(client.get(reverse("identity:accounts")))
    assert "姓名mine" in page
    assert "姓名other" not in page
    assert client.get(reverse("identity:account", args=[mine.uid])).status_code == 200
    assert client.get(reverse("identity:account", args=[other.uid])).status_code == 404
    assert client.get(reverse("identity:organization", args=[town.orgs["centre"].uid])).status_code == 404
    assert client.post(reverse("identity:reset_password", args=[mine.uid])).status_code == 403


def test_search_and_htmx_part(town: Town, boss: Client) -> None:
    for name in ("anna", "bert"):
        town.person(name)
    part = boss.get(reverse("identity:accounts"), {"q": "ann"}, headers={"HX-Request": "true"})
    assert "姓名anna" in text(part)
    assert "姓名bert" not in text(part)
    assert "<html" not in part.content.decode()


@pytest.mark.parametrize("size", [2, 20])
@pytest.mark.parametrize("page", ["accounts", "organizations", "roles", "all_delegations", "clients"])
def test_lists_cost_the_same_at_any_length(
    town: Town, boss: Client, keeper: Client, page: str, size: int, django_assert_max_num_queries: Any
) -> None:
    client = keeper if page in ("roles", "all_delegations") else boss
    people = [town.person(f"p{i}") for i in range(size)]
    for i, person in enumerate(people):
        town.holds(person, "doer", "crew")
        services.create_client(SYSTEM, code=f"c{i}", name="x", role=town.roles["looker"])
        services.create_role(SYSTEM, code=f"r{i}", name={"zh-Hans": "x"})
    moment = timezone.now()
    for i, person in enumerate(people):
        substitute = people[(i + 1) % size]
        services.delegate(
            SYSTEM,
            absent=person,
            substitute=substitute,
            starts_at=moment,
            ends_at=moment + timedelta(days=1),
            reason="x",
        )
    # Session, account and its holdings with grants: 5; the frame: 2; the rest is the page's own.
    with django_assert_max_num_queries(14):
        assert client.get(reverse(f"identity:{page}")).status_code == 200


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_in_both_languages(town: Town, boss: Client, keeper: Client, language: str) -> None:
    from django.conf import settings

    for client in (boss, keeper):
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    person = town.person("anna")
    addresses = [
        reverse(f"identity:{n}")
        for n in (
            "accounts",
            "new_account",
            "organizations",
            "new_organization",
            "roles",
            "new_role",
            "delegations",
            "all_delegations",
            "clients",
        )
    ]
    addresses += [
        reverse("identity:account", args=[person.uid]),
        reverse("identity:role", args=["looker"]),
        reverse("identity:organization", args=[town.orgs["crew"].uid]),
    ]
    for address in addresses:
        response = boss.get(address)
        if response.status_code == 403:
            response = keeper.get(address)
        assert response.status_code == 200, address
        heading = re.search(r"<h1>(.*?)</h1>", response.content.decode(), re.S)[1]
        heading = re.sub(r"<[^>]+>", "", heading)
        if address not in addresses[9:]:
            assert heading.strip().isascii() is (language == "en"), (address, heading)
