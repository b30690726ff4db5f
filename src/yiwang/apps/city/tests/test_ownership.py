"""Confirming owners (确权): lists go out, bodies answer with evidence, disputes stay with the street until arbitrated."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from tests import walk
from yiwang.apps.city import queries, services
from yiwang.apps.city.models import OwnershipItem, OwnershipList
from yiwang.apps.city.queries import ownership
from yiwang.apps.city.rules import dispatching
from yiwang.apps.city.rules import ownership as rules
from yiwang.kernel.base.actor import system
from yiwang.kernel.base.errors import BadInput, NotPermitted
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.services import load_matter
from yiwang.kernel.geography.errors import ListChanged
from yiwang.kernel.geography.models import Asset, AssetPast
from yiwang.kernel.geography.queries.components import AssetFilter

FOLDER = Path(__file__).resolve().parents[1] / "matters" / "ownership"


def tomorrow(days=7):
    return timezone.localdate() + timedelta(days=days)


@pytest.fixture
def asked(world):
    """Two covers of the water company go to it; returns the case."""
    load_matter(system("test"), FOLDER)
    made = services.order_lists(
        actor=world.actor("shift_leader"), wanted=AssetFilter(class_code="01001"), due_on=tomorrow(), note="请核对", expected=2
    )
    return Case.objects.get(uid=made[0])


@pytest.mark.parametrize(("text", "listed", "expected"), [
    ("a1，b2", ["a1", "b2", "c3"], {"a1", "b2"}), ("a1\nb2;", ["a1", "b2"], {"a1", "b2"}), ("*", ["a1"], {"a1"}), ("＊", ["a1"], {"a1"}),
    ("", ["a1"], "none"), ("，", ["a1"], "none"), ("a1 x9", ["a1"], "unknown"), ("  ", [], "none"),
])  # fmt: skip
def test_what_an_answer_denies(text, listed, expected):
    if isinstance(expected, set):
        assert rules.denied(text, listed) == expected
        return
    with pytest.raises(rules.AnswerError) as refused:
        rules.denied(text, listed)
    assert refused.value.reason == expected


def test_lists_are_as_long_as_somebody_can_go_through():
    assert [len(g) for g in rules.lists([(n, 1) for n in range(1201)], None)[1]] == [500, 500, 201]
    assert rules.lists([(1, None)], None) == {}


def test_a_disputed_component_goes_to_the_street_first():
    place = dispatching.Place(area_codes=("371592",), street_org="street")
    given = {"place": place, "keeper": "keeper", "owner": "owner", "manual_department": "bureau"}
    assert dispatching.propose(**given).chosen.organization == "keeper"
    found = dispatching.propose(**given, disputed=True)
    assert (found.chosen.organization, found.chosen.can_return) == ("street", False)
    assert [c.organization for c in found.runners_up] == ["keeper", "owner", "bureau"]


@pytest.mark.django_db
def test_a_body_takes_what_is_its_own(world, asked):
    listed = OwnershipList.objects.get(case=asked)
    assert (listed.body.code, listed.due_on, listed.items.count()) == ("company-water", tomorrow(), 2)
    assert set(Asset.objects.filter(class_code="01001").values_list("ownership", flat=True)) == {"asked"}
    assert timezone.localdate(asked.due_at) == tomorrow()
    done = walk.do(world, asked, "handler2", "complete", "answer", "accept")
    assert (done.state, done.closed_at is not None) == ("closed", True)
    covers = Asset.objects.filter(class_code="01001")
    assert {(a.ownership, a.owner_org.code, a.ownership_on) for a in covers} == {("confirmed", "company-water", timezone.localdate())}
    assert AssetPast.objects.filter(asset_id=covers[0].pk).count() == 2, "asked, then confirmed"
    with pytest.raises(BadInput):
        services.order_lists(actor=world.actor("shift_leader"), wanted=AssetFilter(class_code="01001"), due_on=tomorrow())


@pytest.mark.django_db
@pytest.mark.parametrize(("outcome", "owner", "ownership_", "state"), [
    ("uphold", "company-water", "confirmed", "upheld"), ("other", "bureau-urban", "confirmed", "given"), ("street", None, "unconfirmed", "street"),
])  # fmt: skip
def test_what_is_denied_is_arbitrated(world, asked, outcome, owner, ownership_, state):
    cover = world.assets["cover"]
    with pytest.raises(BadInput) as refused:
        walk.do(world, asked, "handler2", "complete", "answer", "deny", reason="非我单位", denied=cover.code)
    assert refused.value.errors[0]["field"] == "files"
    proof = walk.upload(world.actor("handler2"), "proof", stage="other")
    with pytest.raises(BadInput):
        walk.do(world, asked, "handler2", "complete", "answer", "deny", reason="非我单位", denied="123", files=(proof,))
    assert set(Asset.objects.filter(class_code="01001").values_list("ownership", flat=True)) == {"asked"}
    case = walk.do(world, asked, "handler2", "complete", "answer", "deny", reason="井盖铭牌不是我单位", denied=cover.code, files=(proof,))
    assert case.state == "disputed"
    assert dict(Asset.objects.filter(class_code="01001").values_list("code", "ownership")) == {cover.code: "disputed", world.assets["cover2"].code: "confirmed"}
    report = walk.report(world, component=cover.code)
    assert queries.proposal(report).chosen.rule is dispatching.Rule.STREET
    given = {"owner": str(world.orgs["bureau-urban"].uid)} if outcome == "other" else {}
    case = walk.do(world, case, "leader", "complete", "arbitrate", outcome, reason="依据移交文件", **given)
    cover = Asset.objects.get(pk=cover.pk)
    assert (case.state, cover.ownership, cover.owner_org.code if cover.owner_org else None) == ("closed", ownership_, owner)
    assert OwnershipItem.objects.get(asset=cover).state == state


@pytest.mark.django_db
def test_who_may_and_what_cannot_be(world, asked):
    wanted = AssetFilter(class_code="01002")
    with pytest.raises(NotPermitted):
        services.order_lists(actor=world.actor("acceptor"), wanted=wanted, due_on=tomorrow())
    for more, error in (({"due_on": tomorrow(0)}, BadInput), ({"due_on": tomorrow(400)}, BadInput), ({"body": "x"}, BadInput), ({"expected": 5}, ListChanged)):
        with pytest.raises(error):
            services.order_lists(**{"actor": world.actor("shift_leader"), "wanted": wanted, "due_on": tomorrow(), **more})
    assert Case.objects.filter(matter__code="city.ownership").count() == 1
    assert [c.pk for c in ownership.lists(world.actor("handler2"))] == [asked.pk]
    assert list(ownership.lists(world.actor("handler"))) == [], "another body's list"


@pytest.mark.django_db
def test_pages(world, asked):
    desk = world.client("shift_leader")
    page = desk.get("/city/ownership/").content.decode()
    assert "data-row" in page
    form = {"due_on": tomorrow().isoformat(), "note": ""}
    page = desk.post("/city/ownership/?class_code=01002", {**form, "do": "preview"}).content.decode()
    assert 'name="expected" value="1"' in page
    assert desk.post("/city/ownership/?class_code=01002", {**form, "do": "send", "expected": 9}).status_code == 422
    assert desk.post("/city/ownership/?class_code=01002", {**form, "do": "send", "expected": 1}).status_code == 302
    assert desk.post("/city/ownership/", {"do": "preview"}).status_code == 422
    body = world.client("handler2")
    page = body.get(f"/city/cases/{asked.uid}/").content.decode()
    assert world.assets["cover"].code in page
    assert 'id="ownership"' in page
    assert str(asked.uid) in body.get("/city/desk/").content.decode()
    assert desk.get("/city/cases/").status_code == 200
    assert world.client().get("/open311/v2/requests.json").status_code in (200, 404)
    assert world.client("acceptor").get("/city/ownership/").status_code == 403
