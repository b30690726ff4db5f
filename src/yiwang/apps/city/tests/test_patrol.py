"""Shifts, tracks and cover: signed in with place, kept only on shift, thinned, shown to those who look after it, forgotten in time."""

import json
from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.world import SOUTH, STEP, WEST
from yiwang.apps.city.contracts import FieldAct, FieldPlace, Fix
from yiwang.apps.city.models import FieldMark, GridCover, NoFixSpan, Position
from yiwang.apps.city.queries import soundness
from yiwang.apps.city.queries.field import cover, patrol, shifts
from yiwang.apps.city.rules.field import fixes, tracks
from yiwang.apps.city.services import field
from yiwang.apps.city.tests.test_field import BASE, act, gps, phone, send
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.datachecks import Look
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.geography.models import GridInspector, ResponsibilityGrid
from yiwang.kernel.geography.rules.offsets import from_gcj02, metres, to_gcj02
from yiwang.kernel.identity.models import Role
from yiwang.kernel.identity.services import create_client

__all__ = ["phone"]
HOUR = timedelta(hours=1)
OUTLINE = [(116.0, 36.0), (116.01, 36.0), (116.01, 36.01), (116.0, 36.01)]


def fix(minutes, lon=116.0, lat=36.0, accuracy=5.0):
    return Fix(datetime(2026, 11, 23, 9, tzinfo=timezone.get_fixed_timezone(480)) + timedelta(minutes=minutes), lon, lat, accuracy)


SPAN = {"begin": fix(0).at, "end": fix(480).at, "least_m": 10.0}


@pytest.mark.parametrize(("case", "given", "kept", "refused"), [
    ("nothing", [], 0, 0), ("steps of twenty metres", [fix(n / 4, 116.0, 36.0 + n * 0.00018) for n in range(8)], 8, 0),
    ("standing still: once a minute", [fix(n / 4) for n in range(13)], 4, 0), ("twice the same moment", [fix(1), fix(1)], 1, 0),
    ("a jump and back", [fix(0), fix(1, 116.5), fix(2)], 2, 1), ("two that agree: the first was wrong", [fix(0), fix(1, 116.5), fix(2, 116.5001)], 2, 1),
    ("a mast is no place", [fix(0, accuracy=1500)], 0, 1), ("before and after the shift", [fix(-1), fix(481)], 0, 2),
    ("no number, no earth", [fix(1, float("nan")), fix(2, 200.0), fix(3, accuracy=float("inf"))], 0, 3), ("no accuracy told", [fix(1, accuracy=None)], 1, 0),
])  # fmt: skip
def test_what_of_a_track_is_kept(case, given, kept, refused):
    found = tracks.thin(given, **SPAN)
    assert (len(found.kept), found.refused) == (kept, refused), case
    assert found.refused + found.thinned + len(found.kept) == len(given)


def test_what_was_kept_before_counts():
    assert tracks.thin([fix(1), fix(1.2)], **SPAN, last=fix(0.9)).kept == ()


@pytest.mark.parametrize(("times", "expected"), [
    ([], [(0, 120)]), ([60], [(0, 60), (60, 120)]), (list(range(0, 121, 2)), []), ([*range(0, 31, 2), *range(60, 121, 2)], [(30, 60)]), ([-5, 500], [(0, 120)]),
])  # fmt: skip
def test_spans_without_a_position(times, expected):
    at = lambda m: fix(m).at  # noqa: E731
    assert tracks.unseen(at(0), at(120), [at(t) for t in times], 180) == [(at(a), at(b)) for a, b in expected]


@pytest.mark.parametrize(("case", "place", "accuracy", "known", "own", "system", "sure"), [
    ("at the post", (116.0002, 36.0), 10, True, (), "", True), ("shifted, at the post", to_gcj02(116.0002, 36.0), 10, True, (), "gcj02", True),
    ("far from the post", (116.05, 36.05), 10, True, (), "", False), ("a mast", to_gcj02(116.0, 36.0), 2000, True, (), "", False),
    ("no post, inside one's grid", (116.005, 36.005), 10, False, OUTLINE, "", False),
    ("no post, shifted out of one's grid", to_gcj02(116.0095, 36.005), 10, False, OUTLINE, "gcj02", False),
    ("no post, elsewhere", (117.0, 36.0), 10, False, OUTLINE, "", False), ("outside China", (10.0, 50.0), 10, False, (), "", False),
    ("nothing known", to_gcj02(116.0, 36.0), 10, False, (), "", False),
])  # fmt: skip
def test_a_browser_that_shifts_places_is_recognised(case, place, accuracy, known, own, system, sure):
    post = fixes.Known(116.0, 36.0, radius_m=80) if known else None
    found = fixes.recognise(place, accuracy, post, own=own)
    assert (found.system, found.sure) == (system, sure), case
    back = fixes.true_place(*place, found)
    assert back == (from_gcj02(*place) if system and sure else place), "never set right on a suspicion"


@pytest.mark.parametrize(("text", "count"), [("", 0), ("岗亭=116,36,50", 1), ("a=116,36,50; b=117,36,80;", 2)])
def test_known_points_are_read(text, count):
    assert len(fixes.read_known(text)) == count


@pytest.mark.parametrize("text", ["x", "a=1,2", "a=1,2,y"])
def test_known_points_that_cannot_be_read(text):
    with pytest.raises(ValueError, match="NAME=lon"):
        fixes.read_known(text)


def in_(client, world, *, ago=2 * HOUR, at=None, **more):
    body = act("shift_in", ago=ago, place=gps(*(at or world.point())), **more)
    return body, send(client, "acts", body)


def walked(begin, *, minutes=60, row=2, every=15):
    """Positions of a straight walk from west to east through one row of unit grids and back."""
    lat, count = SOUTH + (row + 0.5) * STEP, minutes * 60 // every
    return [
        [(begin + timedelta(seconds=every * n)).isoformat(), round(WEST + 5 * STEP * (1 - abs(1 - 2 * n / count)), 7), lat, 6.0] for n in range(count + 1)
    ]


def track(shift, points, **more):
    return {"uid": str(uuid7()), "shift_uid": shift, "sent_at": now().isoformat(), "points": points, "gaps": [], **more}


@pytest.mark.django_db
def test_signing_in_and_out_with_place(world, phone):
    body, first = in_(phone, world)
    assert first.status_code == 201, first.content
    assert first.json()["shift"]["uid"] == body["uid"]
    assert first.json()["fix"]["system"] == ""
    mark = FieldMark.objects.get()
    assert (mark.kind, mark.away_m, mark.area_path) == ("in", 0.0, ResponsibilityGrid.objects.get(code="371592Z0001").area_path)
    assert abs(now() - mark.occurred_at - 2 * HOUR) < timedelta(seconds=30)
    assert send(phone, "acts", body).status_code == 200
    assert phone.get(BASE + "me").json()["shift"]["uid"] == body["uid"]
    _other, second = in_(phone, world, ago=HOUR)
    assert second.json()["shift"]["uid"] == body["uid"], "another phone of the same person stays on the shift that runs"
    out = act("shift_out", ago=timedelta(), place=None, no_place_reason="地下车库")
    assert send(phone, "acts", out).status_code == 201
    assert [(m.kind, m.no_place_reason) for m in FieldMark.objects.order_by("recorded_at")] == [("in", ""), ("out", "地下车库")]
    assert phone.get(BASE + "me").json()["shift"] is None
    again = send(phone, "acts", act("shift_out"))
    assert (again.status_code, again.json()["code"]) == (409, "field.too-late")
    assert [e.action for e in Event.objects.filter(action__startswith="city.shift").order_by("position")] == ["city.shift.in", "city.shift.out"]
    with connection.cursor() as cursor, pytest.raises(Exception, match=r"append-only|permission denied"):
        cursor.execute("UPDATE city_fieldmark SET away_m = 0")


@pytest.mark.django_db
def test_who_forgets_to_sign_out_is_out_after_a_while(world, phone, settings):
    in_(phone, world, ago=5 * HOUR)
    assert shifts.running(world.account("inspector").pk) is not None
    settings.FIELD_SHIFT_HOURS = 4
    assert shifts.running(world.account("inspector").pk) is None
    assert in_(phone, world, ago=HOUR)[1].json()["shift"] is not None
    assert FieldMark.objects.count() == 2


@pytest.mark.django_db
def test_a_track_is_kept_on_shift_alone_and_once(world, phone):
    body, _answer = in_(phone, world)
    begin = now() - 2 * HOUR
    points = walked(begin + timedelta(minutes=1))
    outside = [[(begin - HOUR).isoformat(), *world.point(), 5.0], [(now() + HOUR).isoformat(), *world.point(), 5.0]]
    gap = [(begin + timedelta(minutes=65)).isoformat(), (begin + timedelta(minutes=90)).isoformat(), "screen_locked"]
    sent = track(body["uid"], [*points, outside[0]], gaps=[gap])
    first = send(phone, "tracks", sent)
    assert (first.status_code, first.json()["refused"]) == (200, 1)
    kept = first.json()["kept"]
    assert 0 < kept <= len(points)
    assert Position.objects.count() == kept
    assert NoFixSpan.objects.get().reason == "screen_locked"
    assert send(phone, "tracks", sent).json() == first.json()
    assert send(phone, "tracks", track(body["uid"], points)).json()["kept"] == 0, "the same positions in another piece"
    assert Position.objects.count() == kept
    strange = send(world.client("inspector2"), "tracks", track(body["uid"], points))
    assert (strange.status_code, strange.json()["code"]) == (409, "field.too-late")
    assert send(phone, "tracks", track(str(uuid7()), points)).status_code == 409
    assert send(phone, "tracks", track(body["uid"], [["x", 1, 2, 3]])).status_code == 422
    assert send(phone, "tracks", track(body["uid"], [points[0]] * 2001)).status_code == 422
    send(phone, "acts", act("shift_out", ago=timedelta()))
    assert Position.objects.order_by("-occurred_at")[0].occurred_at < now()
    late = [[(now() + timedelta(seconds=1)).isoformat(), *world.point(), 5.0]]
    assert send(phone, "tracks", track(body["uid"], late)).json()["kept"] == 0
    assert Position.objects.count() == kept


@pytest.mark.django_db
def test_a_shifted_browser_is_set_right_where_a_known_point_says_so(world, phone, settings):
    lon, lat = world.point()
    settings.FIELD_KNOWN_POINTS = f"望湖岗亭={lon},{lat},60"
    body, answer = in_(phone, world, at=to_gcj02(lon, lat))
    assert answer.json()["fix"] == {"system": "gcj02", "sure": True, "off_m": 0.0}
    mark = FieldMark.objects.get()
    assert metres((mark.lon, mark.lat), (lon, lat)) < 1
    assert phone.get(BASE + "me").json()["known_point"]["name"] == "望湖岗亭"
    shifted = [[at, *to_gcj02(x, y), a] for at, x, y, a in walked(now() - HOUR, minutes=10)]
    send(phone, "tracks", track(body["uid"], shifted))
    first = Position.objects.order_by("occurred_at")[0]
    assert (first.from_system, metres((first.lon, first.lat), (WEST, SOUTH + 2.5 * STEP)) < 1) == ("gcj02", True)
    from tests.walk import upload
    from yiwang.kernel.cases.models import Case

    made = send(phone, "acts", act("report", {"class_code": "component:01001"}, place=gps(*to_gcj02(lon, lat)), files=[upload(world.actor("inspector"))]))
    case = Case.objects.get(uid=made.json()["case"]["uid"])
    assert metres((case.point.x, case.point.y), (lon, lat)) < 1
    assert "GCJ-02" in world.client("acceptor").get(f"/city/cases/{case.uid}/").content.decode()


@pytest.mark.django_db
def test_a_badge_tells_of_a_person_on_shift(world, phone):
    in_(phone, world)
    person = str(world.account("inspector").uid)
    _client, key = create_client(system(), code="badge", name="Badge", role=Role.objects.get(code="position_client"))
    badge = Client(headers={"x-api-key": key})
    off = [[(now() - 5 * HOUR).isoformat(), *world.point(), 5.0], [(now() + HOUR).isoformat(), *world.point(), 5.0]]
    body = {"device": "badge-17", "person_uid": person, "points": [*walked(now() - HOUR, minutes=20), *off]}
    done = send(badge, "positions", body, key="b-1")
    assert done.status_code == 200, done.content
    assert (done.json()["refused"], done.json()["kept"] > 10) == (2, True)
    assert send(badge, "positions", body, key="b-1").json() == done.json()
    assert set(Position.objects.values_list("device", flat=True)) == {"badge-17"}
    assert send(badge, "positions", {**body, "person_uid": str(uuid7())}, key="b-2").status_code == 422
    assert send(phone, "positions", body, key="b-3").status_code == 403
    assert send(badge, "tracks", track(str(uuid7()), [])).status_code == 403


@pytest.fixture
def patrolled(world, phone):
    """An hour's walk through the middle row of the first grid, yesterday's absentee beside it."""
    ago = next(h * HOUR for h in (2, 4) if len({timezone.localdate(now() - h * HOUR + m * HOUR) for m in (0, 1.1)}) == 1)  # on one day
    body, _answer = in_(phone, world, ago=ago)
    begin = now() - ago
    send(phone, "tracks", track(body["uid"], walked(begin + timedelta(minutes=1))))
    GridInspector.objects.create(account=world.account("inspector2"), grid=ResponsibilityGrid.objects.get(code="371592Z0001"))
    return timezone.localdate(begin)


@pytest.mark.django_db
def test_cover_is_the_share_of_cells_near_the_track(world, patrolled):
    grid = ResponsibilityGrid.objects.get(code="371592Z0001")
    begin, end = patrol.day_span(patrolled)
    found = cover.of_grids([grid.pk], begin, end)[grid.pk]
    wide, high = 5 * STEP * 111_320 * 0.804, 5 * STEP * 110_970
    assert abs(found.cells - wide * high / 2500) < 0.1 * found.cells
    assert 0.15 < found.share < 0.30, "a stripe of 110 to 150 m of 555 m"
    cells = cover.cells_of(grid.pk, begin, end)
    assert (len(cells), sum(seen for _shape, seen in cells)) == (found.cells, found.seen)
    assert cover.of_grids([grid.pk], begin - timedelta(days=9), end - timedelta(days=9))[grid.pk].seen == 0
    shown = cover.cells_of(grid.pk, begin, end)[0][0]
    assert json.loads(shown)["type"] == "Polygon"


@pytest.mark.django_db
def test_leaders_see_the_patrols_of_their_area(world, patrolled):
    page = world.client("leader").get(f"/city/patrols/?day={patrolled}")
    text = page.content.decode()
    assert page.status_code == 200
    assert "丁巡" in text
    assert "林查" in text
    assert "无定位" in text
    assert "脱岗" not in text
    rows = page.context["rows"]
    assert [r["code"] for r in rows] == ["371591Z0001", "371592Z0001", "371593Z0001"]
    own = rows[1]
    assert (own["shifts"][0]["name"], own["absent"], 15 <= own["share"] <= 30, own["shifts"][0]["running"]) == ("丁巡", ("林查",), True, True)
    assert own["shifts"][0]["lost"].startswith("无定位")
    assert [r["code"] for r in world.client("leader").get("/city/patrols/?district=371591").context["rows"]] == ["371591Z0001"]
    assert [r["code"] for r in world.client("district_dispatcher").get("/city/patrols/").context["rows"]] == ["371591Z0001"]
    for query in ("?day=2026-99-99", "?day=x", "?district=000", "?day=2999-01-01"):
        assert world.client("leader").get(f"/city/patrols/{query}").status_code == 200
    assert world.client("leader").get("/city/patrols/?after=x").status_code == 422
    assert world.client("inspector").get("/city/patrols/").status_code == 403


@pytest.mark.django_db
def test_looking_at_tracks_goes_on_record(world, patrolled):
    grid = ResponsibilityGrid.objects.get(code="371592Z0001")
    page = world.client("leader").get(f"/city/patrols/{grid.uid}/?day={patrolled}")
    assert page.status_code == 200
    assert page.context["rows"][0]["lost_spans"], "after the walk there is none"
    lines = next(layer for layer in page.context["map"]["layers"] if layer["id"] == "tracks")["data"]["features"]
    assert len(lines) == 1
    assert len(lines[0]["geometry"]["coordinates"]) > 20
    event = Event.objects.get(action="city.track.read")
    assert (event.data["grid"], event.data["accounts"]) == ("371592Z0001", [world.account("inspector").pk])
    assert world.client("district_dispatcher").get(f"/city/patrols/{grid.uid}/").status_code == 404
    assert world.client("leader").get(f"/city/patrols/{grid.uid}/?day=2026-01-01").status_code == 200
    assert Event.objects.filter(action="city.track.read").count() == 1, "nothing to see, nothing to record"


@pytest.mark.django_db
def test_the_list_costs_the_same_for_more_grids(world, patrolled):
    leader = world.client("leader")

    def cost():
        with CaptureQueriesContext(connection) as asked:
            assert leader.get(f"/city/patrols/?day={patrolled}").status_code == 200
        return len(asked)

    cost()
    one = cost()
    grid = ResponsibilityGrid.objects.get(code="371592Z0001")
    for number in range(5):
        grid.pk, grid.uid, grid.code = None, uuid7(), f"371592Z1{number:03d}"
        grid.save(force_insert=True)
    assert cost() == one


@pytest.mark.django_db
def test_a_day_that_ended_is_kept_and_again_when_a_phone_tells_late(world, phone, patrolled):
    grid, tomorrow = ResponsibilityGrid.objects.get(code="371592Z0001"), patrolled + timedelta(days=1)
    live = cover.of_grids([grid.pk], *patrol.day_span(patrolled))[grid.pk]
    assert field.keep_cover(tomorrow)[patrolled.isoformat()] == 3
    assert cover.kept([grid.pk], patrolled, patrolled) == {(grid.pk, patrolled): live}
    assert field.keep_cover(tomorrow) == {}, "nothing came since"
    mark = FieldMark.objects.get(kind="in")
    send(phone, "tracks", track(str(mark.shift_uid), walked(mark.occurred_at + timedelta(minutes=62), minutes=30, row=0)))
    assert field.keep_cover(tomorrow)[patrolled.isoformat()] >= 1
    again = GridCover.objects.get(grid=grid, day=patrolled)
    assert (again.cells, again.seen > live.seen) == (live.cells, True)
    assert GridCover.objects.filter(day=patrolled).count() == 3
    assert field.keep_cover(tomorrow) == {}
    said = Event.objects.filter(action="city.cover.kept", data__day=patrolled.isoformat()).order_by("position")
    assert [e.data["again"] > 0 for e in said] == [False, True]


@pytest.mark.django_db
def test_days_and_weeks_of_a_county_read_what_is_kept(world):
    today = timezone.localdate(now())
    yesterday = today - timedelta(days=1)
    found = list(ResponsibilityGrid.objects.order_by("code"))
    for grid, seen in zip(found, (90, 50, 0), strict=True):
        GridCover.objects.create(grid=grid, day=yesterday, area_path=grid.area_path, cells=100, seen=seen, kept_at=now())
    leader = world.client("leader")
    with CaptureQueriesContext(connection) as asked:
        page = leader.get(f"/city/patrols/?day={yesterday}")
    assert [r["share"] for r in page.context["rows"]] == [90, 50, 0]
    assert "city_position" not in "".join(q["sql"] for q in asked), "no track is read"
    total = page.context["sum"]
    assert (total.grids, total.well, total.half, total.less, total.none, round(total.share, 2)) == (3, 1, 1, 0, 1, 0.47)
    own = world.client("district_dispatcher").get(f"/city/patrols/?day={yesterday}").context["sum"]
    assert (own.grids, own.seen) == (1, 90), "of his own area alone"
    assert leader.get("/city/patrols/").context["sum"] is None, "today is not over"
    week = leader.get(f"/city/patrols/?span=week&day={yesterday}")
    cells = {c["on"]: c["percent"] for c in week.context["rows"][0]["cells"]}
    assert (len(cells), cells[yesterday], week.context["rows"][0]["people"]) == (7, 90, ())
    assert "丁巡" not in week.content.decode()
    for query in ("span=week&district=371591", "span=week&day=2020-01-01", "span=week&day=x", "span=month"):
        assert leader.get(f"/city/patrols/?{query}").status_code == 200
    assert world.client("inspector").get("/city/patrols/?span=week").status_code == 403

    def cost(span):
        with CaptureQueriesContext(connection) as asked:
            assert leader.get(f"/city/patrols/?day={yesterday}&span={span}").status_code == 200
        return len(asked)

    before = [cost(""), cost("week")]
    grid = found[0]
    for number in range(6):
        grid.pk, grid.uid, grid.code = None, uuid7(), f"371592Z2{number:03d}"
        grid.save(force_insert=True)
        GridCover.objects.create(grid=grid, day=yesterday, area_path=grid.area_path, cells=100, seen=1, kept_at=now())
    assert [cost(""), cost("week")] == before


@pytest.mark.django_db
def test_a_week_says_who_was_there_on_how_many_days(world, patrolled):
    row = next(v for v in patrol.of_week(list(patrol.grids(world.actor("leader"))), patrolled) if v.grid.code == "371592Z0001")
    assert row.people == (("丁巡", 1),)
    if patrolled == timezone.localdate(now()):
        assert 0.15 < row.days[patrolled.weekday()].share < 0.30, "today is computed"


@pytest.mark.django_db
def test_months_of_tracks_end_and_nothing_else_does(world, settings):
    with connection.cursor() as cursor:
        for table in ("city_position", "city_nofixspan", "city_fieldmark"):
            cursor.execute("SELECT yw_ensure_partitions(%s, %s, %s)", [table, date(2025, 1, 1), date(2025, 2, 15)])
    old = {"region": "371599", "uid": uuid7(), "shift_uid": uuid7(), "account_id": 1, "recorded_at": timezone.make_aware(datetime(2025, 1, 5))}
    Position.objects.create(**old, occurred_at=old["recorded_at"], lon=116.0, lat=36.0)
    Position.objects.create(**{**old, "uid": uuid7(), "recorded_at": now()}, occurred_at=now(), lon=116.0, lat=36.0)
    grid = ResponsibilityGrid.objects.first()
    for day in (date(2025, 1, 5), timezone.localdate(now())):
        GridCover.objects.create(grid=grid, day=day, area_path=grid.area_path, cells=1, seen=1, kept_at=now())
    assert cover.kept([grid.pk], date(2025, 1, 1), date(2025, 2, 1)) == {}
    assert field.end_old_months() == {"city_position": 2, "city_nofixspan": 2, "city_gridcover": 1}
    assert Position.objects.count() == 1
    assert Event.objects.get(action="city.positions.ended").data["city_position"] == 2
    assert field.end_old_months() == {"city_position": 0, "city_nofixspan": 0, "city_gridcover": 0}
    for sql in ("SELECT yw_end_months('city_fieldmark', '2020-01-01')", "SELECT yw_end_months('yw_audit_event', '2020-01-01')",
                "SELECT yw_end_months('city_position', current_date)", "SELECT yw_let_months_end('yw_audit_event', 1)"):  # fmt: skip
        with pytest.raises(Exception, match=r"never end|at least|permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


@pytest.mark.django_db
def test_the_data_check_finds_what_belongs_to_no_shift(world, patrolled):
    look = Look()
    assert (list(soundness.shifts(look)), look.seen) == ([], 1)
    lonely = {"region": "371599", "recorded_at": now(), "shift_uid": uuid7(), "account_id": 1, "occurred_at": now()}
    Position.objects.create(**lonely, uid=uuid7(), lon=116.0, lat=36.0)
    FieldMark.objects.create(**lonely, uid=uuid7(), kind="out", said_at=now(), area_path="1.")
    assert sorted(f.subject.split()[0] for f in soundness.shifts(Look())) == ["shift", "sign-out"]


def test_the_same_at_once_is_one_and_a_person_has_one_shift(committed, committed_world):
    world = committed_world
    account, given = world.account("inspector"), {"accuracy_m": 5.0}
    lon, lat = world.point()
    moment = now()
    same = FieldAct(uid=uuid7(), kind="shift_in", occurred_at=moment, sent_at=moment, place=FieldPlace(lon, lat, **given))
    others = [FieldAct(uid=uuid7(), kind="shift_in", occurred_at=moment, sent_at=moment, place=FieldPlace(lon, lat, **given)) for _n in range(2)]
    answers = []

    def sign_in(one):
        def run():
            try:
                answers.append(field.take(actor=world.actor("inspector"), act=one)[0]["shift"]["uid"])
            finally:
                connection.close()
        return run

    committed.in_threads(*(sign_in(one) for one in (same, same, *others)))
    assert len(answers) == 4
    assert len(set(answers)) == 1
    assert FieldMark.objects.filter(account_id=account.pk).count() == Event.objects.filter(action="city.shift.in").count() == 1
