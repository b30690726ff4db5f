"""The components desk: every change an event and a line of history; old pages, other districts and long lists are refused."""

from datetime import timedelta

import pytest
from django.utils import timezone

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import Actor, ActorKind, Grant, Scope, system
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.geography import services
from yiwang.kernel.geography.errors import AssetChanged, AssetGone, ListChanged, OutsideArea
from yiwang.kernel.geography.models import Asset, AssetPast
from yiwang.kernel.geography.queries import components as desk
from yiwang.kernel.geography.queries.components import AssetFilter
from yiwang.kernel.geography.tests.conftest import X0, Y0
from yiwang.kernel.identity.models import Organization

BOSS = system("test")


@pytest.fixture
def orgs(county):
    made = []
    for code, zh in (("water", "水务公司"), ("power", "供电公司")):
        org = Organization.objects.create(code=code, name={"zh-Hans": zh, "en": code}, kind="company", area=county.city, path="-" + code)
        org.path = f"{org.pk}."
        org.save(update_fields=["path"])
        made.append(org)
    return made


def person(*grants, name="李工"):
    return Actor(kind=ActorKind.PERSON, account_id=7, name=name, grants=tuple(Grant(p, s) for p, s in grants))


def editor(area_path="", org_path=""):
    scope = Scope(area_path=area_path, org_path=org_path)
    return person(("geography.asset.view", scope), ("geography.asset.edit", scope))


def test_a_change_is_an_event_a_line_of_history_and_another_version(county, assets, orgs):
    asset = Asset.objects.order_by("pk").first()
    before = timezone.now()
    changed = services.edit_asset(
        actor=editor(), uid=asset.uid, version=1, changes={"owner_org": str(orgs[0].uid), "address": "湖滨路1号", "status": "damaged"}, reason="普查"
    )
    assert (changed.version, changed.owner_org, changed.address, changed.status) == (2, orgs[0], "湖滨路1号", "damaged")
    event, past = Event.objects.get(), AssetPast.objects.get()
    assert (event.action, event.data["reason"]) == ("geography.asset.changed", "普查")
    assert event.data["changed"]["owner_org"] == {"from": None, "to": "water"}
    assert (past.version, past.owner_org_id, past.status, past.by_name, past.reason, past.event_uid) == (1, None, "intact", "李工", "普查", event.uid)
    assert past.valid_from is None
    services.edit_asset(actor=editor(), uid=asset.uid, version=2, changes={"owner_org": orgs[1]})
    was = desk.asset_on(asset.pk, before)
    assert (was.owner_org_id, was.status) == (None, "intact")
    assert desk.asset_on(asset.pk, AssetPast.objects.order_by("pk").last().valid_to - timedelta(microseconds=1)).owner_org_id == orgs[0].pk
    assert desk.asset_on(asset.pk, timezone.now()).owner_org_id == orgs[1].pk
    assert desk.assets_on([asset.pk], before)[asset.pk].status == "intact"
    services.edit_asset(actor=editor(), uid=asset.uid, changes={"owner_org": orgs[1]})
    assert AssetPast.objects.count() == 2, "the same again changes nothing"


def test_who_comes_second_is_told_who_was_first(county, assets):
    asset = Asset.objects.first()
    services.edit_asset(actor=editor(), uid=asset.uid, version=1, changes={"road": "湖滨路"})
    with pytest.raises(AssetChanged) as refused:
        services.edit_asset(actor=BOSS, uid=asset.uid, version=1, changes={"road": "湖西路"})
    assert refused.value.by == "李工"
    assert Asset.objects.get(pk=asset.pk).road == "湖滨路"
    assert Event.objects.count() == 1


@pytest.mark.parametrize(("changes", "fields"), [
    ({"status": "eaten"}, ["status"]), ({"owner_org": "nobody"}, ["owner_org"]), ({"road": "长" * 101}, ["road"]),
    ({"address": "a\0b"}, ["address"]), ({"accuracy": "D", "code": "1"}, ["accuracy", "code"]),
    ({"owner_org": "01890000-0000-7000-8000-000000000000"}, ["owner_org"]),
])  # fmt: skip
def test_values_that_cannot_be(county, assets, changes, fields):
    with pytest.raises(BadInput) as refused:
        services.edit_asset(actor=BOSS, uid=Asset.objects.first().uid, changes=changes)
    assert [e["field"] for e in refused.value.errors] == fields
    assert not Event.objects.exists()
    assert not AssetPast.objects.exists()


def test_what_is_gone_stays_gone_and_keeps_its_code(county, assets):
    asset = Asset.objects.order_by("code").last()
    services.edit_asset(actor=BOSS, uid=asset.uid, changes={"status": "removed"}, reason="道路改造")
    assert Event.objects.get().action == "geography.asset.retired"
    for attempt in (
        lambda: services.edit_asset(actor=BOSS, uid=asset.uid, changes={"status": "intact"}),
        lambda: services.move_asset(actor=BOSS, uid=asset.uid, lon=X0, lat=Y0),
    ):
        with pytest.raises(AssetGone):
            attempt()
    x, y = county.centre(0)
    again = services.add_asset(actor=BOSS, class_code=asset.class_code, name={}, lon=x, lat=y)
    assert again.code > asset.code
    assert Asset.objects.filter(code=asset.code).count() == 1


def test_moving_takes_the_grid_along_but_not_into_another_district(county, assets):
    from yiwang.kernel.areas.services import add_area
    from yiwang.kernel.geography.tests.conftest import box

    asset = Asset.objects.first()
    x, y = county.centre(2)
    moved = services.move_asset(actor=BOSS, uid=asset.uid, lon=x, lat=y, reason="重测")
    assert (moved.grid_id, moved.area_path) == (county.grids[2].pk, county.grids[2].path)
    assert AssetPast.objects.get().area_path == county.community.path
    other = add_area(level="district", code="371503", name={"zh-Hans": "别区"}, parent=county.city)
    services.set_shape(actor=BOSS, area=other, shape=box(X0 + 0.03, Y0, 0.01, 0.01))
    for lon, lat, error in ((X0 + 0.035, Y0 + 0.005, BadInput), (121.4, 31.2, OutsideArea), ("x", 1, BadInput)):
        with pytest.raises(error):
            services.move_asset(actor=BOSS, uid=asset.uid, lon=lon, lat=lat)
    here = editor(county.community.path)
    with pytest.raises(NotPermitted):
        services.move_asset(actor=here, uid=asset.uid, lon=X0 - 0.005, lat=Y0 - 0.005)
    assert AssetPast.objects.count() == 1


def test_who_may_change_what(county, assets, orgs):
    mine, other = Asset.objects.order_by("pk")[:2]
    Asset.objects.filter(pk=mine.pk).update(keeper_org=orgs[0])
    keeper = editor(org_path=orgs[0].path)
    assert services.edit_asset(actor=keeper, uid=mine.uid, changes={"status": "damaged"}).status == "damaged"
    with pytest.raises(NotFound):
        services.edit_asset(actor=keeper, uid=other.uid, changes={"status": "damaged"})
    looker = person(("geography.asset.view", Scope()))
    with pytest.raises(NotPermitted):
        services.edit_asset(actor=looker, uid=other.uid, changes={"status": "damaged"})
    assert desk.editable(keeper, AssetFilter()).count() == 1


def test_the_list_is_narrowed_scoped_and_paged_at_one_price(county, assets, orgs, django_assert_num_queries):
    Asset.objects.filter(class_code="01002").update(owner_org=orgs[0], address="湖滨路旁")
    Asset.objects.filter(code__endswith="000002").update(status="removed")

    def found(actor=BOSS, **given):
        return desk.components(actor, AssetFilter.read(given)).count()

    assert (found(), found(class_code="01001"), found(class_code="01"), found(status="removed")) == (39, 20, 39, 1)
    assert (found(owner=orgs[0].code), found(owner="none"), found(keeper="none"), found(q="湖滨路")) == (19, 20, 39, 19)
    assert (found(area="371502001"), found(area="999999"), found(code="37150201001000001"), found(code="371502010020")) == (39, 0, 1, 20)
    assert found(status="x' OR 1=1", owner="\0", code="' --", q="\0") == 39, "nonsense is left out"
    assert found(editor("999.")) == 0
    for size in (5, 30):
        with django_assert_num_queries(1):
            page = page_by_key(desk.components(BOSS, AssetFilter()), size=size)
            assert [a.owner_org.code if a.owner_org else "" for a in page.rows]
    assert desk.shares(BOSS, AssetFilter()) == {"unconfirmed": 39}


def test_a_list_is_changed_as_previewed_or_not_at_all(county, assets, orgs):
    wanted = AssetFilter(class_code="01001")
    with pytest.raises(ListChanged):
        services.bulk_edit(actor=BOSS, wanted=wanted, changes={"keeper_org": orgs[0]}, expected=19)
    for changes in ({}, {"road": "x"}, {"status": "y"}):
        with pytest.raises(BadInput):
            services.bulk_edit(actor=BOSS, wanted=wanted, changes=changes, expected=20)
    assert not Event.objects.exists()
    Asset.objects.filter(code__endswith="000001").update(keeper_org=orgs[0])
    assert services.bulk_edit(actor=editor(), wanted=wanted, changes={"keeper_org": str(orgs[0].uid)}, expected=20, reason="合同") == 19
    assert (Asset.objects.filter(keeper_org=orgs[0]).count(), AssetPast.objects.count(), Event.objects.count()) == (20, 19, 1)
    event = Event.objects.get()
    assert (event.data["count"], event.data["changed"], event.area_path) == (19, {"keeper_org": "water"}, county.community.path)
    assert set(Asset.objects.filter(keeper_org=orgs[0]).values_list("version", flat=True)) == {1, 2}
    assert services.bulk_edit(actor=BOSS, wanted=wanted, changes={"keeper_org": orgs[0]}, expected=20) == 0, "again changes nothing"


def test_ownership_is_history_too(county, assets, orgs):
    ids = list(Asset.objects.order_by("pk").values_list("pk", flat=True)[:3])
    assert services.set_ownership(actor=BOSS, asset_ids=ids, ownership="confirmed", owner=orgs[0], keep_owner=False) == 3
    assert services.set_ownership(actor=BOSS, asset_ids=ids, ownership="confirmed", owner=orgs[0], keep_owner=False) == 0
    assert desk.shares(BOSS, AssetFilter()) == {"confirmed": 3, "unconfirmed": 37}
    services.edit_asset(actor=BOSS, uid=Asset.objects.get(pk=ids[0]).uid, changes={"owner_org": orgs[1]})
    assert Asset.objects.get(pk=ids[0]).ownership == "unconfirmed", "another owner is confirmed anew"
    assert list(AssetPast.objects.filter(asset_id=ids[0]).order_by("pk").values_list("ownership", flat=True)) == ["unconfirmed", "confirmed"]
    with pytest.raises(BadInput):
        services.set_ownership(actor=BOSS, asset_ids=ids, ownership="mine")


def test_history_is_never_changed(county, assets):
    from django.db import DatabaseError, transaction

    services.edit_asset(actor=BOSS, uid=Asset.objects.first().uid, changes={"road": "湖滨路"})
    for attempt in (lambda: AssetPast.objects.update(road="x"), lambda: AssetPast.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
