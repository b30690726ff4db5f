"""The catalogue: its course with a second person, versions, search in Chinese and pinyin, who sees what, files upward."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from yiwang.apps.datahub.errors import NotNow, SamePerson
from yiwang.apps.datahub.models import Dataset
from yiwang.apps.datahub.models.share import CatalogueVersion
from yiwang.apps.datahub.queries.share import catalogue as queries
from yiwang.apps.datahub.queries.share import settings
from yiwang.apps.datahub.rules.share import catalogue as rules
from yiwang.apps.datahub.services.share import catalogue as services
from yiwang.apps.datahub.services.share import upward
from yiwang.apps.datahub.tests import share_town
from yiwang.apps.datahub.tests.hub import make_dataset
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted

pytestmark = pytest.mark.django_db
FULL = {
    "name": "低保对象信息",
    "name_en": "Relief recipients",
    "abstract": "在册的城乡低保对象",
    "theme": "社会救助",
    "cycle": "monthly",
    "ways": ["api"],
    "contact": "社会救助科 0635-8000001",
    "sharing": "conditional",
    "sharing_reason": "办理救助、入学资助等事项时使用",
    "grade": 3,
    "keywords": ["低保", "救助"],
}


@pytest.fixture
def drafted(world: Any) -> Dataset:
    row = services.begin(world.actor("data_owner"), code="relief", org=world.orgs["bureau-civil"], values=FULL)
    row.contract = make_dataset(world.orgs["bureau-civil"], "other", "别的").contract
    row.save()
    return row


@pytest.fixture
def published(world: Any, drafted: Dataset) -> Dataset:
    services.submit(world.actor("data_owner"), drafted)
    return services.judge(world.actor("data_steward"), drafted, approve=True)


def test_course_with_a_second_person(world: Any, drafted: Dataset) -> None:
    owner, steward = world.actor("data_owner"), world.actor("data_steward")
    with pytest.raises(NotNow):
        services.judge(steward, drafted, approve=True)  # nothing was handed in
    services.submit(owner, drafted)
    assert drafted.entry.due_at is None  # the old object; the stored one is due in two working days
    entry = Dataset.objects.get(pk=drafted.pk).entry
    assert entry.due_at > timezone.now() + timedelta(days=1)
    with pytest.raises(BadInput):
        services.judge(steward, drafted, approve=False)
    services.judge(steward, drafted, approve=False, reason="更新周期不对")
    assert Dataset.objects.get(pk=drafted.pk).state == "draft"
    services.submit(owner, drafted)
    services.judge(steward, drafted, approve=True)
    row = Dataset.objects.get(pk=drafted.pk)
    assert (row.state, row.entry.version) == ("published", 1)
    # a change: the old words stand until another has judged the new ones
    assert [c["field"] for c in services.describe(owner, row, {"cycle": "weekly", "theme": "社会救助"})] == ["cycle"]
    assert Dataset.objects.get(pk=drafted.pk).cycle == "monthly"
    with pytest.raises(NotNow):
        services.describe(owner, row, {"cycle": "daily"})
    services.judge(steward, row, approve=True)
    assert Dataset.objects.get(pk=drafted.pk).cycle == "weekly"
    last = CatalogueVersion.objects.filter(dataset=row).latest("number")
    assert (last.number, last.action, last.difference) == (2, "changed", [{"field": "cycle", "before": "monthly", "after": "weekly"}])
    services.withdraw(steward, row, "数据并入新目录")
    assert Event.objects.filter(action="datahub.catalogue.withdrawn").exists()
    assert CatalogueVersion.objects.filter(dataset=row, action="withdrawn").count() == 1


def test_nobody_judges_his_own(world: Any) -> None:
    steward = world.actor("data_steward")
    row = services.begin(steward, code="own", org=world.orgs["city-government"], values=FULL)
    row.layer = "city.parks"
    row.save()
    services.submit(steward, row)
    with pytest.raises(SamePerson):
        services.judge(steward, row, approve=True)
    with pytest.raises(NotPermitted):
        services.judge(world.actor("data_owner"), row, approve=True)
    with pytest.raises(NotPermitted):
        services.begin(world.actor("data_owner"), code="foreign", org=world.orgs["bureau-health"], values=FULL)


def test_what_lacks_is_named_and_a_ban_needs_its_law(world: Any, drafted: Dataset) -> None:
    owner = world.actor("data_owner")
    services.describe(owner, drafted, {"sharing": "none", "sharing_reason": "内部资料", "contact": ""})
    with pytest.raises(BadInput) as caught:
        services.submit(owner, drafted)
    assert [e["code"] for e in caught.value.errors] == ["missing-contact", "missing-law"]
    assert Dataset.objects.get(pk=drafted.pk).state == "draft"
    services.describe(owner, drafted, {"sharing_reason": "《社会救助暂行办法》第六十一条", "contact": "办公室"})
    assert services.submit(owner, drafted).state == "submitted"
    for bad in ({"grade": 9}, {"sharing": "perhaps"}, {"ways": ["pigeon"]}, {"name": "长" * 121}):
        with pytest.raises(BadInput):
            services._checked(bad)


@pytest.mark.parametrize("words", ["低保", "dibao", "dbdx", "救助 低保", "RELIEF", "民政"])
def test_found_by_words_pinyin_and_initials(world: Any, published: Dataset, words: str) -> None:
    assert published.code in {r.code for r in queries.search(world.actor("data_owner2"), words=words)}
    assert not queries.search(world.actor("data_owner2"), words=words + " 无此")


def test_who_may_not_see_a_set_gets_what_never_was(world: Any, drafted: Dataset) -> None:
    secret = make_dataset(world.orgs["bureau-civil"], "secret", "不予共享", state="published", sharing="none", grade=4)
    known = {row.code for row in queries.visible_to(world.actor("data_owner"))}
    assert {"relief", "secret"} <= known
    other = world.actor("data_owner2")
    assert not known & {row.code for row in queries.visible_to(other)}
    for code in (drafted.code, secret.code, "never-was"):
        with pytest.raises(NotFound):
            queries.one(other, code)
        assert world.client("data_owner2").get(f"/data/catalogue/{code}/").status_code == 404
    assert world.client("data_owner").get(f"/data/catalogue/{drafted.code}/").status_code == 200
    assert world.client("inspector").get("/data/catalogue/").status_code == 403


def test_the_list_asks_as_often_for_many_as_for_few(world: Any, published: Dataset, django_assert_max_num_queries: Any) -> None:
    client = world.client("data_owner")
    client.get("/data/catalogue/")
    with django_assert_max_num_queries(60) as few:
        client.get("/data/catalogue/")
    for n in range(40):
        make_dataset(world.orgs["bureau-health"], f"set-{n:02}", f"数据{n}", state="published")
    with django_assert_max_num_queries(len(few)):
        answer = client.get("/data/catalogue/")
    assert len(answer.context["rows"]) == 30
    assert answer.context["next"]
    by_bureau = next(g for g in answer.context["groups"] if g["name"])["entries"]
    assert by_bureau[0]["many"] == 40


def test_sample_rows_are_masked_for_another_bureau(world: Any, published: Dataset) -> None:
    share_town.put("relief", {"id_number": ["110105194912310021"], "name": ["王小明"], "amount": [810.5], "since": ["2024-01-01"]})
    body = world.client("data_owner2").get("/data/catalogue/relief/?sample=1").content.decode()
    assert "110105194912310021" not in body
    assert "王小明" not in body
    assert "1****************1" in body  # L3: strongly for other bureaus
    assert "810.5" in body


def test_late_by_its_cycle() -> None:
    now = timezone.now()
    days = settings.shipped()["cycles"]
    late = rules.late_by("monthly", now - timedelta(days=39), now, days)
    assert late is not None
    assert timedelta(0) < late < timedelta(days=2)
    assert rules.late_by("monthly", now - timedelta(days=30), now, days) < timedelta(0)  # type: ignore[operator]
    assert rules.late_by("irregular", now, now, days) is None


def test_upward_and_back(world: Any, published: Dataset) -> None:
    steward = world.actor("data_steward")
    for form in ("xlsx", "json"):
        made = upward.export(steward, form, {})
        (row,) = [r for r in upward.read(made.name, made.content) if r["code"] == "relief"]
        assert (row["name"].strip(), row["sharing"], row["keywords"]) == ("低保对象信息", "conditional", ["低保", "救助"])
        told = upward.take_in(steward, [row])
        assert told["same"] == ["relief"], (form, told)
    row["cycle"], fresh = "weekly", row | {"code": "relief-two", "provider_code": "bureau-civil"}
    told = upward.take_in(steward, [row, fresh, row | {"code": "nobodys", "provider_code": "x"}])
    assert (told["changed"], told["new"], len(told["refused"])) == (["relief"], ["relief-two"], 1)
    assert Dataset.objects.get(code="relief-two").state == "draft"
    with pytest.raises(BadInput):
        upward.read("x.xlsx", b"no sheet")
    with pytest.raises(BadInput):
        upward.read("x.json", b"[]")


def test_pages_of_the_course(world: Any, drafted: Dataset) -> None:
    owner, steward = world.client("data_owner"), world.client("data_steward")
    page = owner.get("/data/catalogue/relief/edit/")
    assert page.status_code == 200
    sent = owner.post("/data/catalogue/relief/edit/", FULL | {"ways": ["api", "file"], "keywords": "低保，救助", "opening": "none", "name": ""})
    assert sent.status_code == 422
    sent = owner.post("/data/catalogue/relief/edit/", FULL | {"ways": ["api", "file"], "keywords": "低保，救助", "opening": "none"})
    assert sent.status_code == 302, sent.content.decode()[-2000:]
    assert owner.post("/data/catalogue/relief/", {"do": "submit"}).status_code == 302
    assert steward.post("/data/catalogue/relief/", {"do": "return"}).status_code == 422
    assert steward.post("/data/catalogue/relief/", {"do": "approve"}).status_code == 302
    assert "王" not in steward.get("/data/catalogue/relief/").content.decode()[:10]
    assert Dataset.objects.get(code="relief").entry.ways == ["api", "file"]
    assert owner.get("/data/catalogue/new/").status_code == 200
