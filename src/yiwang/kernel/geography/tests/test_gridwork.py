"""Changing grids: previewed, then done at once; the past stays, what stands there goes along, the second editor is told."""

from contextlib import contextmanager

import pytest
from django.utils import timezone

from yiwang.kernel.areas.models import Area
from yiwang.kernel.areas.services import add_area
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base import registry
from yiwang.kernel.base.actor import Actor, ActorKind, Grant, Scope, system
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.registry import AppManifest
from yiwang.kernel.geography import queries, services
from yiwang.kernel.geography.errors import BadShape, GridChanged, GridInUse, GridRefused
from yiwang.kernel.geography.gridwork import GridChange
from yiwang.kernel.geography.ground import OpenWork, Standing
from yiwang.kernel.geography.models import AreaShape, Asset, AssetPast, GridPast, ResponsibilityGrid, UnitGrid
from yiwang.kernel.geography.queries import gridplan
from yiwang.kernel.geography.queries import gridwork as desk
from yiwang.kernel.geography.tests.conftest import STEP, X0, Y0

BOSS = system("test")
HOME = "371502001001"


class User:
    """An app that has three open things in whatever grid it is asked for."""

    moved: list = []

    def open_in(self, actor, area_ids):
        return OpenWork(3, (Standing(code="A1", title="井盖丢失"),))

    def move(self, actor, swap):
        self.moved.append(swap)
        return 3

    def of_asset(self, actor, asset_id):
        return []

    def class_names(self):
        return {"01001": "供水井盖"}

    def patrol_permissions(self):
        return ()

    def of_beat(self, actor, grid_id):
        return []


USER = User()


@contextmanager
def somebody_stands_there():
    USER.moved.clear()
    with registry.temporarily(AppManifest(code="tried", label="", ground="yiwang.kernel.geography.tests.test_gridwork.USER")):
        yield USER


def change(kind, *grids, **more):
    return GridChange(kind=kind, grids=tuple(str(g.uid) for g in grids), **more)


def cut(county, number, at=0.5):
    x = X0 + (number + at) * STEP
    return change("split", county.grids[number], geometry=f"LINESTRING({x} {Y0 - STEP}, {x} {Y0 + 2 * STEP})", reason="人多")


@pytest.fixture
def beat(county):
    return services.form_responsibility_grid(
        actor=BOSS, code="371502Z0001", name={"zh-Hans": "一号"}, street=county.street, unit_grids=county.grids[:2]
    )


@pytest.fixture
def placed(county):
    """Four covers in the first grid, two to either side of its middle."""
    x, y = county.centre(0)
    return [services.add_asset(actor=BOSS, class_code="01001", name={}, lon=x + dx * STEP, lat=y) for dx in (-0.3, -0.1, 0.1, 0.3)]


def test_splitting_a_grid_takes_everything_along_and_keeps_what_was(county, beat, placed):
    old, before = county.grids[0], timezone.now()
    with somebody_stands_there() as user:
        plan = gridplan.plan(BOSS, cut(county, 0))
        assert [p.code for p in plan.pieces] == [HOME + "006", HOME + "007"]
        assert [p.components for p in plan.pieces] == [2, 2]
        assert (plan.components, plan.left_over, plan.work.count, plan.errors) == (4, 0, 3, ())
        assert {p.responsibility_code for p in plan.pieces} == {"371502Z0001"}
        assert Area.objects.filter(level="grid", valid_to=None).count() == 5, "a preview changes nothing"
        done = services.change_grids(actor=BOSS, change=cut(county, 0))
    assert (done.old_codes, done.new_codes, done.components, done.work) == ((HOME + "001",), (HOME + "006", HOME + "007"), 4, 3)
    assert user.moved[0].old_ids == (old.pk,)
    west, east = (Area.objects.get(code=c) for c in done.new_codes)
    assert sorted(Asset.objects.values_list("grid__code", flat=True)) == [west.code] * 2 + [east.code] * 2
    assert set(Asset.objects.values_list("area_path", flat=True)) == {west.path, east.path}
    assert AssetPast.objects.filter(grid_id=old.pk).count() == 4
    assert queries.place(X0 + 0.2 * STEP, Y0 + 0.5 * STEP).unit_grid.code == west.code
    assert not AreaShape.objects.filter(area=old).exists(), "finding a place looks at no history"
    past = GridPast.objects.get(kind="unit")
    assert (past.code, past.became, past.responsibility_code, past.reason) == (old.code, [west.code, east.code], "371502Z0001", "人多")
    assert desk.shape_of(old.pk).equals(past.shape)
    beat.refresh_from_db()
    assert sorted(beat.unit_grids.values_list("area__code", flat=True)) == [HOME + "002", west.code, east.code]
    assert 18_000 < beat.area_m2 < 22_000
    assert GridPast.objects.get(kind="responsibility").members == [HOME + "001", HOME + "002"]
    event = Event.objects.get(action="geography.grids.split")
    assert (event.data["old"], event.data["components"], event.data["open"], event.area_path) == ([old.code], 4, 3, county.community.path)
    then, now = ({r["code"] for r in desk.grids_on(at)} for at in (before, timezone.now()))
    assert old.code in then
    assert not then & {west.code, east.code}
    assert {west.code, east.code} < now
    assert old.code not in now


def corners_of(area):
    return AreaShape.objects.get(area=area).shape.num_coords


def test_neighbours_get_the_corners_of_a_cut_and_others_are_told_of(county):
    """G08: in one community the corner is given, in another one the preview says that it is missing there."""
    line = f"LINESTRING({X0 + 0.9 * STEP} {Y0 + 0.5 * STEP}, {X0 + 2.1 * STEP} {Y0 + 0.5 * STEP})"
    given = change("split", county.grids[1], geometry=line)
    before = [(corners_of(g), AreaShape.objects.get(area=g).area_m2) for g in county.grids]
    assert [r.rule for r in gridplan.plan(BOSS, given).remarks] == ["G13"]
    other = add_area(level="community", code="371502001002", name={"zh-Hans": "邻社区"}, parent=county.street)
    beyond = add_area(level="grid", code="371502001002001", name={}, parent=other)
    AreaShape.objects.filter(area=county.grids[2]).update(area=beyond, area_path=beyond.path)
    remarks = {r.rule: r for r in gridplan.plan(BOSS, given).remarks}
    assert (remarks["G08"].level, "1" in remarks["G08"].text) == ("notice", True)
    services.change_grids(actor=BOSS, change=given)
    after = [(corners_of(g), AreaShape.objects.get(area=g).area_m2) for g in (county.grids[0], beyond, county.grids[3])]
    assert after == [(before[0][0] + 1, before[0][1]), before[2], before[3]], "a corner more, the same ground; the other community's stays"


def test_components_on_a_border_are_told_of(county, placed):
    """G11: what lies on a line belongs to neither side; the preview names it."""
    x, y = county.centre(0)
    services.add_asset(actor=BOSS, class_code="01001", name={}, lon=x, lat=y + 0.2 * STEP)
    remark = next(r for r in gridplan.plan(BOSS, cut(county, 0)).remarks if r.rule == "G11")
    code = Asset.objects.order_by("pk").last().code
    assert (remark.level, code in remark.text, placed[0].code in remark.text) == ("notice", True, False)
    assert not [r for r in gridplan.plan(BOSS, cut(county, 0, at=0.45)).remarks if r.rule == "G11"]


def test_the_second_editor_is_told_what_happened(county):
    first, second = cut(county, 0), cut(county, 0, at=0.3)
    person = Actor(kind=ActorKind.PERSON, account_id=3, name="王网", grants=(Grant("geography.grid.edit", Scope(area_path=county.street.path)),))
    services.change_grids(actor=person, change=first)
    with pytest.raises(GridChanged) as refused:
        services.change_grids(actor=BOSS, change=second)
    said = refused.value.happened[0]
    assert HOME + "001" in said
    assert HOME + "006" in said
    assert "王网" in said
    assert Event.objects.filter(action__startswith="geography.grids").count() == 1
    stranger = Actor(kind=ActorKind.PERSON, account_id=4, grants=(Grant("geography.grid.edit", Scope(area_path="999.")),))
    for attempt in (second, cut(county, 1)):
        with pytest.raises(NotFound):
            services.change_grids(actor=stranger, change=attempt)


def test_merging_and_recoding(county, beat, placed):
    other = services.form_responsibility_grid(actor=BOSS, code="371502Z0002", name={}, street=county.street, unit_grids=county.grids[2:3])
    done = services.change_grids(actor=BOSS, change=change("merge", county.grids[1], county.grids[2]))
    merged = Area.objects.get(code=done.new_codes[0])
    assert AreaShape.objects.get(area=merged).area_m2 > 19_000
    assert UnitGrid.objects.get(area=merged).responsibility_grid_id in (beat.pk, other.pk)
    losers = ResponsibilityGrid.objects.filter(unit_grids__isnull=True)
    assert all(b.valid_to is not None for b in losers), "a beat without grids ends"
    again = services.change_grids(actor=BOSS, change=change("recode", merged, codes=(HOME + "0A7",)))
    assert again.new_codes == (HOME + "0A7",)
    assert AreaShape.objects.get(area__code=HOME + "0A7").shape.equals(desk.shape_of(merged.pk))
    for codes, why in (((HOME + "001",), "used"), ((HOME + "006",), "used"), (("371502001009001",), "community"), (("x",), "length"), ((), "count")):
        with pytest.raises(BadInput) as refused:
            services.change_grids(actor=BOSS, change=change("recode", county.grids[0], codes=codes))
        assert refused.value.errors[0]["code"] == why


def test_redrawing_a_border_and_drawing_anew(county, placed):
    a, b = county.grids[0], county.grids[1]
    border = X0 + 0.7 * STEP

    def ring(west, east):
        return f"(({west} {Y0}, {east} {Y0}, {east} {Y0 + STEP}, {west} {Y0 + STEP}, {west} {Y0}))"

    moved = f"MULTIPOLYGON({ring(X0, border)}, {ring(border, X0 + 2 * STEP)})"
    done = services.change_grids(actor=BOSS, change=change("redraw", a, b, geometry=moved))
    assert Asset.objects.filter(grid__code=done.new_codes[0]).count() == 3
    gap = f"POLYGON{ring(X0 + 2 * STEP, X0 + 2.5 * STEP)}"
    with pytest.raises(GridRefused) as refused:
        services.change_grids(actor=BOSS, change=change("redraw", county.grids[2], geometry=gap))
    assert "G06" in refused.value.reasons[0]
    new = GridChange(kind="draw", community=HOME, geometry=f"POLYGON(({X0} {Y0 + STEP}, {X0 + STEP} {Y0 + STEP}, {X0 + STEP} {Y0 + 2 * STEP}, {X0} {Y0 + 2 * STEP}, {X0} {Y0 + STEP}))")
    assert services.change_grids(actor=BOSS, change=new).old_codes == ()
    with pytest.raises(GridRefused, match="G05"):
        services.change_grids(actor=BOSS, change=new)
    outside = GridChange(kind="draw", community=HOME, geometry=f"POLYGON{ring(X0 - STEP, X0)}")
    with pytest.raises(GridRefused, match="G07"):
        services.change_grids(actor=BOSS, change=outside)
    assert desk.gaps(county.community)[0]["m2"] > 10_000


def test_a_grid_in_use_is_not_removed(county, placed):
    with somebody_stands_there(), pytest.raises(GridInUse) as refused:
        services.change_grids(actor=BOSS, change=change("remove", county.grids[3]))
    assert (refused.value.open_work, refused.value.listed) == (3, ("A1 井盖丢失",))
    with pytest.raises(GridInUse) as refused:
        services.change_grids(actor=BOSS, change=change("remove", county.grids[0]))
    assert (refused.value.open_work, refused.value.components) == (0, 4)
    assert services.change_grids(actor=BOSS, change=change("remove", county.grids[4])).new_codes == ()
    assert GridPast.objects.get().became == []
    assert queries.place(X0 + 0.5 * STEP, Y0 + 0.004 + 0.5 * STEP).no_grid


@pytest.mark.parametrize(("kind", "numbers", "geometry", "error"), [
    ("split", (0,), "", BadShape), ("split", (0,), "POINT(1 2)", BadShape), ("split", (0,), '{"type": "LineString", "coordinates": "x"}', BadShape),
    ("split", (0,), "LINESTRING(0 0, 500 1)", BadShape), ("split", (0, 1), "LINESTRING(0 0, 1 1)", BadInput), ("split", (), "LINESTRING(0 0, 1 1)", BadInput),
    ("merge", (0,), "", BadInput), ("merge", (0, 2), "", BadShape), ("redraw", (0,), "LINESTRING(0 0, 1 1)", BadShape), ("eat", (0,), "", BadInput),
    ("draw", (), "POLYGON((0 0, 1 0, 1 1, 0 0))", BadInput), ("split", (0,), "LINESTRING(" + "1 1," * 600_000 + "1 1)", BadShape),
], ids=[f"c{n}" for n in range(12)])  # fmt: skip
def test_changes_that_cannot_be(county, kind, numbers, geometry, error):
    with pytest.raises(error):
        services.change_grids(actor=BOSS, change=change(kind, *(county.grids[n] for n in numbers), geometry=geometry))
    assert not Event.objects.exists()
    assert Area.objects.filter(level="grid", valid_to=None).count() == 5


def test_a_beat_never_falls_apart(county):
    services.form_responsibility_grid(actor=BOSS, code="371502Z0001", name={}, street=county.street, unit_grids=county.grids[:3])
    with pytest.raises(GridRefused):
        services.change_grids(actor=BOSS, change=change("remove", county.grids[1]))
    assert ResponsibilityGrid.objects.get().unit_grids.count() == 3


@pytest.mark.committed
def test_two_at_once(committed):
    from yiwang.kernel.areas.services import add_area
    from yiwang.kernel.geography.tests.conftest import box

    parent = None
    for level, code in (("district", "371502"), ("street", "371502001"), ("community", HOME), ("grid", HOME + "001")):
        parent = add_area(level=level, code=code, name={"zh-Hans": code}, parent=parent)
        services.set_shape(actor=BOSS, area=parent, shape=box(X0, Y0, STEP, STEP))
    wanted = [change("split", parent, geometry=f"LINESTRING({x} 0, {x} 80)") for x in (X0 + 0.4 * STEP, X0 + 0.6 * STEP)]
    results = committed.in_threads(*(lambda w=w: services.change_grids(actor=BOSS, change=w) for w in wanted))
    assert sorted(type(r).__name__ for r in results) == ["GridChanged", "GridsChanged"]
    assert Area.objects.filter(level="grid", valid_to=None).count() == 2
