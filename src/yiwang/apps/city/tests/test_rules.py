"""Likeness, dispatch, filing, limits, lamps, numbers, photos: each rule by table or property."""

from datetime import UTC, date, datetime, timedelta
from math import cos, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.apps.city.rules import dispatching, duplicates, filing, lamps, limits, numbering, photos
from yiwang.apps.city.rules.dispatching import Place, Rule, propose
from yiwang.apps.city.rules.duplicates import Sighting, likeness
from yiwang.apps.city.rules.lamps import Lamp
from yiwang.apps.city.rules.manual import Limit, ManualRow, Milestone, Unit

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LON, LAT = 115.98, 36.45


def sighting(east_m=0.0, north_m=0.0, hours=0.0, **more):
    facts = {"kind": "matter", "class_code": "06010", "text": "路口有一堆生活垃圾"} | more
    return Sighting(
        longitude=LON + east_m / 111_195 / cos(radians(LAT)), latitude=LAT + north_m / 111_195,
        at=NOON + timedelta(hours=hours), **facts,
    )


class TestDuplicates:
    def test_same_component_and_class_is_certain(self):
        a = sighting(kind="component", class_code="01037", component="37159101037000001")
        b = sighting(kind="component", class_code="01037", component="37159101037000001", hours=-2000, text="")
        like = likeness(a, b)
        assert (like.score, like.certain) == (1.0, True)
        assert like.reasons[0].text("en").startswith("Same component")

    def test_closed_is_never_a_duplicate_but_a_recurrence(self):
        old = sighting(hours=-72, is_open=False, closed_at=NOON - timedelta(days=3))
        like = likeness(sighting(), old)
        assert like.score == 0
        assert [r.code for r in like.reasons] == ["recurrence"]
        older = sighting(hours=-300, is_open=False, closed_at=NOON - timedelta(days=9))
        assert likeness(sighting(), older).reasons == ()

    @pytest.mark.parametrize(("case", "other", "low", "high"), [
        ("the same thing again", sighting(8, 5, -2, text="这里有一堆生活垃圾没人管"), 0.8, 1.0),
        ("another class of the same major", sighting(10, 0, -2, class_code="06011", text="渣土堆"), 0.45, 0.8),
        ("another thing at the same spot", sighting(3, 0, -1, class_code="09001", text="流动摊贩占道"), 0.0, 0.4),
        ("too far", sighting(150, 0, -1), 0.0, 0.0),
        ("too old", sighting(2, 0, -200), 0.0, 0.0),
        ("default point of an import", sighting(0, 0, 0, place_is_default=True), 0.0, 0.0),
    ])
    def test_table(self, case, other, low, high):
        assert low <= likeness(sighting(), other).score <= high, case

    @given(st.floats(-300, 300), st.floats(-300, 300), st.floats(-400, 400), st.sampled_from(["06010", "06011", "09001"]),
           st.text(max_size=30))
    def test_bounded_and_symmetric(self, east, north, hours, code, text):
        a, b = sighting(), sighting(east, north, hours, class_code=code, text=text)
        assert 0 <= likeness(a, b).score <= 1
        assert likeness(a, b).score == pytest.approx(likeness(b, a).score)

    @given(st.floats(0, 119), st.floats(0, 119))
    def test_nearer_is_never_less_alike(self, one, other):
        near, far = sorted((one, other))
        assert likeness(sighting(), sighting(near)).score >= likeness(sighting(), sighting(far)).score

    def test_missing_text_does_not_punish(self):
        assert likeness(sighting(text=""), sighting(5, 0, -1, text="")).score > 0.9

    def test_rank_shows_the_likest_first(self):
        others = [("far", sighting(60, 0, -20)), ("near", sighting(4, 0, -1)), ("none", sighting(110, 0, -160, class_code="09001"))]
        assert [key for key, _ in duplicates.rank(sighting(), others)] == ["near", "far"]

    def test_distance(self):
        assert duplicates.distance_m(LON, LAT, LON, LAT + 0.001) == pytest.approx(111.2, abs=0.1)

    @given(st.text(max_size=40), st.text(max_size=40))
    def test_text_likeness(self, one, other):
        assert 0 <= duplicates.text_likeness(one, other) <= 1
        assert duplicates.text_likeness(one, other) == duplicates.text_likeness(other, one)
        if duplicates.bigrams(one):
            assert duplicates.text_likeness(one, one) == 1


DUTIES = {"sanitation": {"371599": "bureau-sanitation", "371591": "yundong-sanitation"}}
HERE = Place(area_codes=("371591001002007", "371591001002", "371591001", "371591", "371599"), street_org="street-zhaoxia")


class TestDispatching:
    @pytest.mark.parametrize(("case", "facts", "organization", "rule"), [
        ("keeper first", {"keeper": "k", "owner": "o", "supervisor": "s"}, "k", Rule.KEEPER),
        ("then owner", {"owner": "o", "supervisor": "s"}, "o", Rule.OWNER),
        ("then supervisor", {"supervisor": "s", "manual_department": "m"}, "s", Rule.SUPERVISOR),
        ("then the manual", {"manual_department": "company-gas"}, "company-gas", Rule.MANUAL),
        ("by area", {"manual_department": "@sanitation"}, "yundong-sanitation", Rule.MANUAL),
        ("the manual names the street", {"manual_department": "@street"}, "street-zhaoxia", Rule.MANUAL),
        ("nobody", {}, "street-zhaoxia", Rule.STREET),
        ("unknown duty", {"manual_department": "@nothing"}, "street-zhaoxia", Rule.STREET),
        ("dissolved keeper", {"keeper": "gone", "owner": "o", "inactive": frozenset({"gone"})}, "o", Rule.OWNER),
    ])
    def test_order(self, case, facts, organization, rule):
        chosen = propose(place=HERE, duties=DUTIES, manual_row="M1", **facts).chosen
        assert (chosen.organization, chosen.rule) == (organization, rule), case
        assert chosen.text("en")
        assert chosen.text()

    def test_a_district_without_its_own_crew_gets_the_citys(self):
        place = Place(area_codes=("371593001", "371593", "371599"), street_org="street-nanmo")
        assert propose(place=place, duties=DUTIES, manual_department="@sanitation").chosen.organization == "bureau-sanitation"

    def test_only_the_last_resort_cannot_return(self):
        proposal = propose(place=HERE, duties=DUTIES, keeper="k", manual_department="@sanitation")
        assert [(c.organization, c.can_return) for c in proposal.runners_up] == [
            ("yundong-sanitation", True), ("street-zhaoxia", False),
        ]
        assert propose(place=HERE, duties=DUTIES).chosen.can_return is False

    def test_nobody_at_all_is_left_to_the_dispatcher(self):
        assert propose(place=Place(area_codes=("1",))).chosen is None

    def test_nobody_is_named_twice(self):
        proposal = propose(place=HERE, keeper="x", owner="x", supervisor="x", manual_department="x")
        assert [c.organization for c in (proposal.chosen, *proposal.runners_up)] == ["x", "street-zhaoxia"]

    @pytest.mark.parametrize(("can_return", "so_far", "verdict"), [
        (True, 0, "dispatcher"), (True, 1, "dispatcher"), (True, 2, "arbitration"), (False, 0, "refused"),
    ])
    def test_returns(self, can_return, so_far, verdict):
        assert dispatching.return_verdict(can_return=can_return, returns_so_far=so_far) == verdict


GOOD = {"inside_covered_area": True, "has_grid": True, "class_is_known": True, "has_evidence": True, "department": "crew-lamps",
        "conditions": ("C1", "C2"), "chosen": "C1"}


class TestFiling:
    @pytest.mark.parametrize(("change", "reasons"), [
        ({}, ()),
        ({"inside_covered_area": False, "has_grid": False}, ("outside",)),
        ({"has_grid": False}, ("no-grid",)),
        ({"class_is_known": False, "conditions": ()}, ("unknown-class", "wrong-condition")),
        ({"has_evidence": False}, ("no-evidence",)),
        ({"open_twin": "37159120261123000001"}, ("duplicate",)),
        ({"suspended_twin": "37159120261123000001"}, ("suspended",)),
        ({"department": ""}, ("no-department",)),
        ({"chosen": ""}, ("no-condition",)),
        ({"chosen": "C9"}, ("wrong-condition",)),
    ])
    def test_refusals(self, change, reasons):
        assert filing.refusals(filing.Facts(**{**GOOD, **change})) == reasons
        assert all(r in filing.REFUSALS for r in reasons)

    @pytest.mark.parametrize(("change", "reasons"), [
        ({}, ()),
        ({"confirmed_row_id": "other"}, ("closing-condition",)),
        ({"check_passed": False, "has_after_photo": False}, ("not-checked", "no-after-photo")),
        ({"by_informing": True}, ("informing-not-allowed",)),
        ({"by_informing": True, "informs_only": True, "check_passed": False, "has_after_photo": False}, ()),
    ])
    def test_closing(self, change, reasons):
        facts = {"row_id": "C1", "confirmed_row_id": "C1", "check_passed": True, "has_after_photo": True, "by_informing": False,
                 "informs_only": False}
        assert filing.may_close(**{**facts, **change}) == reasons
        assert all(r in filing.CLOSING_REFUSALS for r in reasons)


def row(**more):
    facts = {"condition_id": "M06001-02", "class_kind": "matter", "class_code": "06001", "condition": {}, "closing": {"en": "x"},
             "limit": Limit(value=15, unit=Unit.WORK_DAY)}
    return ManualRow(**{**facts, **more})


class TestLimits:
    def test_plan_orders_milestones(self):
        steps = tuple(
            Milestone(code=c, name={}, limit=Limit(value=v, unit=u))
            for c, v, u in [("remove", 15, Unit.WORK_DAY), ("stop", 4, Unit.WORK_HOUR), ("fine", 7, Unit.WORK_DAY)]
        )
        plan = limits.plan(row(milestones=steps))
        assert [m.code for m in plan.milestones] == ["stop", "fine", "remove"]
        assert plan.whole == Limit(value=15, unit=Unit.WORK_DAY)

    def test_closing_condition_is_the_rows_own(self):
        assert filing.closing_of([row()], "M06001-02") == {"en": "x"}
        assert filing.closing_of([row()], "other") is None

    def test_stage_limits(self):
        assert limits.stage_limit("accept") == Limit(value=15, unit=Unit.URGENT_MINUTE)
        own = Limit(value=20, unit=Unit.URGENT_MINUTE)
        assert limits.stage_limit("accept", {"accept": own}) == own
        assert limits.stage_limit("handle") is None

    def test_extension_twice_then_no_more(self):
        whole = Limit(value=3, unit=Unit.WORK_DAY)
        assert limits.extension(whole, 0) == (whole, "shift_leader")
        assert limits.extension(whole, 1) == (whole, "centre_leader")
        assert limits.extension(whole, 2) is None

    def test_shorter_compares_only_the_same_clock(self):
        day, hours, urgent = (Limit(value=v, unit=u) for v, u in [(1, Unit.WORK_DAY), (4, Unit.WORK_HOUR), (1, Unit.URGENT_HOUR)])
        assert limits.shorter(day, hours) == hours
        assert limits.shorter(hours, day) == hours
        assert limits.shorter(day, urgent) == day


@given(st.floats(0, 1e6), st.floats(0.1, 1e6))
def test_lamp_is_red_exactly_when_overdue(used, total):
    found = lamps.lamp(used, total)
    assert (found is Lamp.RED) == (used > total)
    assert (found is Lamp.GREEN) == (used < 0.8 * total)


@given(st.integers(100000, 999999).map(str), st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(1, 999_999))
def test_numbers_come_apart(district, on, sequence):
    number = numbering.build(district, on, sequence)
    parsed = numbering.parse(number)
    assert (parsed.district, parsed.on, parsed.sequence, str(parsed)) == (district, on, sequence, number)


@pytest.mark.parametrize("number", ["", "3715912026030100000", "37159120261301000007", "37159120260301000000", "x" * 20])
def test_what_is_no_number(number):
    assert numbering.parse(number) is None


def test_no_number_beyond_the_day():
    with pytest.raises(ValueError, match="cannot number"):
        numbering.build("371591", date(2026, 1, 1), 1_000_000)


@pytest.mark.parametrize(("exif", "verdict"), [
    (None, photos.Verdict.UNKNOWN),
    ((0.0, 0.0), photos.Verdict.UNKNOWN),
    ((200.0, 95.0), photos.Verdict.UNKNOWN),
    ((LON, LAT + 0.0002), photos.Verdict.SAME_PLACE),
    ((LON, LAT + 0.001), photos.Verdict.DOUBTFUL),
    ((LON, LAT + 0.01), photos.Verdict.ELSEWHERE),
])
def test_photo_place(exif, verdict):
    found = photos.judge(pin=(LON, LAT), exif=exif)
    assert found.verdict is verdict
    assert (found.distance_m is None) == (verdict is photos.Verdict.UNKNOWN)


def test_photo_time():
    at = {"pin": (LON, LAT), "exif": None, "reported_at": NOON}
    assert photos.judge(**at, taken_at=NOON - timedelta(days=3)).is_old
    assert photos.judge(**at, taken_at=NOON + timedelta(hours=1)).is_future
    fine = photos.judge(**at, taken_at=NOON - timedelta(minutes=5))
    assert not fine.is_old
    assert not fine.is_future
