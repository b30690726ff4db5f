"""Importing another city's requests: what comes in agrees with the source, nothing doubles, nothing half-done stays."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from yiwang.apps.city.errors import BadImportFile, ImportRunning
from yiwang.apps.city.models import CityClass, ImportedRequest, ImportLine, ImportRun
from yiwang.apps.city.queries import duplicates, importing, ontime
from yiwang.apps.city.rules import importing as rules
from yiwang.apps.city.services import importing as services
from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit.models import Event
from yiwang.kernel.audit.verifying import verify
from yiwang.kernel.base.actor import importer
from yiwang.kernel.base.errors import NotSignedIn
from yiwang.kernel.cases.models import Case, Clock, Report
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.indicators.contracts import Asked, ObjectKind, PeriodKind
from yiwang.kernel.indicators.queries import catalogue as catalogues
from yiwang.kernel.indicators.queries import evaluate
from yiwang.kernel.indicators.rules import periods
from yiwang.kernel.indicators.services import defining, facts

DATA = Path(__file__).parent / "data"
SYNTHETIC = DATA / "requests_300.csv"
IMPORTED = ("imported",)


def real_file() -> Path:
    shared = Path(os.environ.get("YIWANG_SHARED_DATA") or Path(__file__).resolve().parents[6] / "shared" / "data")
    path = shared / "requests311" / "boston_2015.csv"
    if not path.is_file():
        pytest.skip(f"the public 311 file is not at {path}; set YIWANG_SHARED_DATA to the folder of public data")
    return path


def bring_in(path: Path, profile: str = "boston", **more):
    read = services.read_shipped_profile(profile)
    return services.import_requests(importer(read.code), services.open_source(path, read), **more)


def source_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def department_codes() -> dict[str, str]:
    return dict(Organization.objects.values_list("name__en", "code"))


def agrees_with_source(path: Path) -> None:
    """Compare with the source's own words, counted here straight from the file: nothing of the importer is used."""
    rows, codes = source_rows(path), department_codes()
    by_day = Counter((codes[r["department_name"]], datetime.fromisoformat(r["opened"]).date()) for r in rows)
    found = {(c.department, c.day): c.requests for c in ontime.requests_by_department_and_day(modes=IMPORTED)}
    assert found == dict(by_day)
    flags: dict[str, Counter] = {}
    for r in rows:
        flags.setdefault(codes[r["department_name"]], Counter())[r["on_time"]] += 1
    shares = {s.department: (s.requests, s.counted, s.on_time) for s in ontime.on_time_by_department(modes=IMPORTED)}
    assert shares == {
        code: (sum(c.values()), c["ONTIME"] + c["OVERDUE"], c["ONTIME"]) for code, c in flags.items()
    }  # fmt: skip
    total = ontime.on_time_rate(modes=IMPORTED)
    assert (total.requests, total.counted) == (len(rows), sum(1 for r in rows if r["on_time"]))
    assert total.share == pytest.approx(100 * sum(r["on_time"] == "ONTIME" for r in rows) / total.counted)


def judged_like_the_source(path: Path, as_of: datetime) -> int:
    """Compare the indicator engine with the file, by department and month: share on time, median days, what was still open."""
    zone, codes = services.read_shipped_profile("boston").zone, department_codes()
    defining.load_shipped()
    facts.fill()
    groups: dict[tuple[str, date], list[dict[str, str]]] = {}
    for r in source_rows(path):
        groups.setdefault((codes[r["department_name"]], datetime.fromisoformat(r["opened"]).date().replace(day=1)), []).append(r)
    keys = {str(pk): code for pk, code in Organization.objects.values_list("pk", "code")}
    found: dict[tuple[str, date], tuple[float, ...]] = {}
    for first in sorted({month for _code, month in groups}):
        month = periods.of_day(PeriodKind.MONTH, first)
        catalogue = catalogues.on_day(month.last)
        wanted = [catalogue.indicators[c] for c in ("on_time_share", "backlog", "median_request")]
        measures = [*evaluate.needed(catalogue, wanted), catalogue.measures["requests"]]
        asked = Asked(period=month, as_of=datetime.now(UTC), kinds=(ObjectKind.DEPARTMENT,), modes=IMPORTED)
        for (_kind, key), numbers in evaluate.measures(asked, measures).items():
            row = evaluate.judged((ObjectKind.DEPARTMENT, key), "", evaluate.completed(numbers, measures), wanted, {})
            share = row.figures["on_time_share"]
            found[keys[key], first] = (row.measures["requests"], share.numerator, share.denominator, row.measures["requests_open"], row.figures["median_request"].value)

    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)

    for key, rows in groups.items():
        spent = [(moment(r["closed"]) - moment(r["opened"])).total_seconds() / 60 for r in rows if r["closed"] and moment(r["closed"]) <= as_of]
        flags = Counter(r["on_time"] for r in rows)
        expected = (len(rows), flags["ONTIME"], flags["ONTIME"] + flags["OVERDUE"], len(rows) - len(spent), median(spent) if spent else None)
        assert found.pop(key) == pytest.approx(expected), key
    assert not found
    return len(groups)


def chains_are_whole() -> None:
    found = verify()
    assert found.ok, [str(f) for f in found.faults[:5]]
    assert found.cases == Case.all_modes.count()


@pytest.mark.django_db
def test_every_figure_of_the_synthetic_file_agrees_with_its_flags(world):
    run = bring_in(SYNTHETIC)
    assert (run.rows, run.taken, run.refused, run.repeated) == (300, 300, 0, 0)
    agrees_with_source(SYNTHETIC)
    assert judged_like_the_source(SYNTHETIC, run.requests.first().as_of) > 5
    chains_are_whole()
    rows = source_rows(SYNTHETIC)
    assert run.noted == sum(1 for r in rows if r["closed"] and r["closed"] < r["opened"]) == 5
    assert run.default_places == sum(1 for r in rows if (r["lat"], r["lon"]) == ("42.3594", "-71.0587")) > 20
    # Of the ten that the source calls duplicates five have a near request of their type; all keep their outcome.
    assert run.joined == Case.all_modes.filter(main_case__isnull=False, state="merged").count() == 5
    assert Case.all_modes.filter(outcome="duplicate").count() == 10
    assert Report.all_modes.filter(channel="import", opened_case=False).count() == 5


@pytest.mark.django_db
def test_a_request_becomes_case_report_clock_and_events(world):
    bring_in(SYNTHETIC)
    row = next(r for r in source_rows(SYNTHETIC) if r["due"] and r["closed"] > r["due"] and r["neighborhood"] == "Old Market")
    report = Report.all_modes.get(channel="import", source_key=f"boston:{row['case_id']}")
    case = report.first_case
    zone = services.read_shipped_profile("boston").zone
    opened, due, closed = (datetime.fromisoformat(row[k]).replace(tzinfo=zone).astimezone(UTC) for k in ("opened", "due", "closed"))
    assert (case.mode, case.state, case.reported_at, case.closed_at) == ("imported", "closed", opened, closed)
    assert (case.area.name["en"], case.area.parent.code, case.area_path) == ("Old Market", "us-boston", case.area.path)
    assert case.org.name["en"] == row["department_name"]
    assert case.data["ward"] == row["ward"]
    assert (case.city.class_name["en"], case.city.kind, case.number) == (row["type"], "matter", None)
    clock = Clock.objects.get(case=case)
    assert (clock.started_at, clock.due_at, clock.stopped_at, clock.state) == (opened, due, closed, "ended")
    assert [c.change for c in clock.changes.order_by("pk")] == ["start", "end"]
    events = list(Event.all_modes.filter(case_id=case.pk).order_by("case_seq"))
    assert [(e.action, e.occurred_at, e.actor_kind, e.actor_name, e.mode) for e in events] == [
        ("report", opened, "importer", "boston", "imported"), ("complete", closed, "importer", "boston", "imported"),
    ]  # fmt: skip
    assert case.event_count == 2
    assert bytes(case.event_head) == bytes(events[-1].hash)
    nowhere = next(r for r in source_rows(SYNTHETIC) if not r["neighborhood"])
    assert Report.all_modes.get(source_key=f"boston:{nowhere['case_id']}").first_case.area.code == "us-boston"


@pytest.mark.django_db
def test_live_readers_see_nothing_of_it(world, django_assert_num_queries):
    bring_in(SYNTHETIC)
    assert Case.objects.count() == 0
    assert Report.objects.count() == 0
    assert Event.objects.filter(case_id__isnull=False).count() == 0
    root = Area.objects.get(code="us-boston")
    assert (root.time_zone, root.bounded, root.calendar_code) == ("America/New_York", False, "us-boston")
    from yiwang.apps.city.queries import active_classes
    from yiwang.kernel.base.clock import now

    assert CityClass.objects.filter(standard_ref="import:boston").count() == 7
    assert not active_classes(now().date()).filter(standard_ref="import:boston").exists()
    with django_assert_num_queries(1):
        ontime.requests_by_department_and_day(modes=IMPORTED)
    with django_assert_num_queries(1):
        ontime.on_time_by_department(modes=IMPORTED)


@pytest.mark.django_db
def test_default_points_are_kept_out_of_duplicates(world):
    bring_in(SYNTHETIC)
    lost = Case.all_modes.filter(city__place_is_default=True)
    assert lost.filter(outcome="duplicate", main_case__isnull=True).count() == 3
    assert not lost.filter(main_case__isnull=False).exists()
    assert duplicates.likely_duplicates(lost.first()) == []


@pytest.mark.django_db
def test_a_second_run_adds_nothing(world):
    bring_in(SYNTHETIC)
    before = (Case.all_modes.count(), Event.all_modes.count(), Area.objects.count(), CityClass.objects.count())
    again = bring_in(SYNTHETIC)
    assert (again.taken, again.repeated, again.joined) == (0, 300, 0)
    assert before == (Case.all_modes.count(), Event.all_modes.count(), Area.objects.count(), CityClass.objects.count())


@pytest.mark.django_db
def test_an_interrupted_run_goes_on_after_its_last_whole_batch(world):
    class Cut(Exception):
        pass

    def cut(progress):
        if progress.done >= 120:
            raise Cut

    with pytest.raises(Cut):
        bring_in(SYNTHETIC, tell=cut, batch_rows=40)
    assert (ImportRun.objects.get().done_rows, ImportedRequest.objects.count()) == (120, 120)
    told = []
    run = bring_in(SYNTHETIC, tell=told.append, batch_rows=40)
    assert told[0].resumed_at == 120
    assert (run.taken, run.repeated, run.done_rows, ImportRun.objects.count()) == (300, 0, 300, 1)
    agrees_with_source(SYNTHETIC)
    chains_are_whole()


@pytest.mark.committed
def test_a_killed_import_is_whole_after_the_next_run(committed):
    from tests.world import build

    build()
    command = [sys.executable, "-m", "yiwang", "import", "requests", str(SYNTHETIC), "--profile", "boston", "--batch", "20"]
    first = subprocess.Popen(command, env=committed.env(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert first.stderr is not None
    for line in first.stderr:
        if "of 300 rows" in line:
            first.send_signal(signal.SIGKILL)
            break
    assert first.wait(timeout=30) == -signal.SIGKILL
    first.stderr.close()
    left = ImportedRequest.objects.count()
    assert left % 20 == 0
    assert left < 300
    deadline = time.monotonic() + 20
    while True:  # the server needs a moment to notice that the holder of the lock is gone
        second = subprocess.run(command, env=committed.env(), capture_output=True, text=True, timeout=120, check=False)
        if second.returncode == 0 or time.monotonic() > deadline:
            break
        assert "at this moment" in second.stderr, second.stderr
        time.sleep(0.3)
    assert second.returncode == 0, second.stderr
    assert "Going on after row" in second.stderr
    assert ImportedRequest.objects.count() == Case.all_modes.count() == 300
    agrees_with_source(SYNTHETIC)
    chains_are_whole()


@pytest.mark.committed
def test_two_imports_of_one_city_at_once_are_refused(committed):
    from tests.world import build

    build()
    with committed.connect() as other:
        from zlib import crc32

        other.execute("SELECT pg_advisory_lock(%s, %s)", [0x311, crc32(b"boston") & 0x7FFFFFFF])
        with pytest.raises(ImportRunning):
            bring_in(SYNTHETIC)
    assert not ImportRun.objects.exists()
    assert not Area.objects.filter(code="us-boston").exists()


@pytest.mark.django_db
def test_only_who_may_import_does(world):
    read = services.read_shipped_profile("boston")
    with pytest.raises(NotSignedIn):
        services.import_requests(world.public(), services.open_source(SYNTHETIC, read))
    assert not ImportRun.objects.exists()


@pytest.mark.django_db
def test_another_city_comes_in_by_another_profile(world):
    run = bring_in(DATA / "tiny.csv", str(DATA / "tiny.toml"))
    assert (run.rows, run.taken, run.refused, run.joined, run.default_places) == (15, 7, 8, 1, 3)
    why = {entry.line: entry.code for entry in ImportLine.objects.filter(is_refused=True)}
    assert why == {8: "moment", 9: "no-type", 10: "no-key", 11: "number", 12: "range", 13: "future", 14: "key-twice", 15: "columns"}
    first = Report.all_modes.get(source_key="tiny:T-1").first_case
    assert (first.city.kind, first.city.class_code) == ("component", "01023")
    # 01:30 before and 03:30 after the clocks went forward: one hour, not two.
    assert Clock.objects.get(case=first).limit_minutes == 60
    assert Report.all_modes.get(source_key="tiny:T-2").case == first
    assert Report.all_modes.get(source_key="tiny:T-13").first_case.point is None
    assert Case.all_modes.get(data__source_key="T-6").main_case is None  # it lies on the shared point
    rate = ontime.on_time_rate(modes=IMPORTED, profile="tiny")
    # T-3 and T-13 have no limit and are not counted here; T-2 and T-4 are late.
    assert (rate.requests, rate.counted, rate.on_time) == (7, 5, 3)
    chains_are_whole()


@pytest.mark.django_db
def test_the_command_says_what_it_took_and_refused(world, capsys):
    call_command("import", "requests", str(DATA / "tiny.csv"), "--profile", str(DATA / "tiny.toml"))
    out, err = capsys.readouterr()
    assert "Taken                          7" in out
    assert "Refused                        8" in out
    assert "line 8 (T-7): Eingang says 'heute', which fits none of the profile's time formats" in out
    assert "15 of 15 rows" in err
    call_command("import", "requests", str(SYNTHETIC), "--profile", "boston", "--dry-run")
    assert "Would take 300, refuse 0; 5 with a note" in capsys.readouterr().out
    assert Case.all_modes.filter(data__source="boston").count() == 0


@pytest.mark.parametrize(("content", "said"), [
    (b"", "is empty"),
    (b"case_id,opened\n1,2\n", "has no column channel, closed, department_code"),
    ("case_id,straße\n".encode("latin-1"), "is not utf-8-sig"),
    (SYNTHETIC.read_bytes() + b'"1,2\n', "check delimiter and quotes"),
])
@pytest.mark.django_db
def test_a_file_that_does_not_fit_is_refused_whole(tmp_path, content, said):
    path = tmp_path / "requests.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError) as refused:
        call_command("import", "requests", str(path), "--profile", "boston")
    assert said in str(refused.value)
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(("change", "said"), [
    (('zone = "America/New_York"', 'zone = "Mars/Base"'), "is no time zone"),
    (("as_of = 2016-01-13T00:00:00", ""), "`as_of` is missing"),
    (('type = "type"', ""), "names no column for `type`"),
    (('no_due = "on_time"', 'no_due = "late"'), 'write "on_time" or "not_counted"'),
    (('region = "250700"', 'region = "US"'), "write 6 digits"),
    (("[columns]", "[columns"), "not valid TOML"),
    (('key = "case_id"', 'key = "case_id"\nphone = "x"'), "unknown key 'phone'"),
])
def test_a_profile_with_a_fault_is_refused_by_name(tmp_path, change, said):
    shipped = (Path(services.__file__).parents[2] / "data" / "profiles" / "boston.toml").read_text(encoding="utf-8")
    assert change[0] in shipped
    path = tmp_path / "bad.toml"
    path.write_text(shipped.replace(*change, 1), encoding="utf-8")
    with pytest.raises(BadImportFile) as refused:
        services.read_shipped_profile(str(path))
    assert said in str(refused.value)


def test_an_unknown_profile_names_the_known_ones():
    with pytest.raises(BadImportFile, match="known are boston"):
        services.read_shipped_profile("atlantis")


@pytest.mark.django_db
def test_a_class_map_to_nowhere_is_refused(world, tmp_path):
    path = tmp_path / "map.toml"
    text = (DATA / "tiny.toml").read_text(encoding="utf-8").replace("component:01023", "component:99999")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadImportFile, match="component:99999"):
        bring_in(DATA / "tiny.csv", str(path))


@pytest.mark.parametrize(("change", "code"), [
    ({"case_id": ""}, "no-key"), ({"case_id": "9" * 81}, "long-key"), ({"opened": ""}, "no-opened"),
    ({"opened": "15/06/2015"}, "moment"), ({"opened": "2016-02-01T00:00:00"}, "future"), ({"type": ""}, "no-type"),
    ({"type": "x" * 121}, "long"), ({"neighborhood": "a\x07b"}, "control"), ({"lat": "north"}, "number"),
    ({"lat": "nan"}, "range"), ({"lon": "-190"}, "range"), ({None: ["extra"]}, "columns"), ({"channel": None}, "columns"),
])
def test_a_bad_line_is_refused_with_its_reason(change, code):
    profile = services.read_shipped_profile("boston")
    record = dict(source_rows(SYNTHETIC)[0])
    assert isinstance(rules.parse(profile, record, 2), rules.Request)
    found = rules.parse(profile, {**record, **change}, 2)
    assert isinstance(found, rules.Finding)
    assert found.code == code
    assert str(found)


def test_the_committed_file_is_what_its_script_makes(tmp_path):
    import runpy

    made = runpy.run_path(str(DATA / "make_requests.py"))
    made["write"](tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == SYNTHETIC.read_bytes()


@pytest.mark.real_data
@pytest.mark.django_db
def test_the_real_file_agrees_to_the_last_request(world):
    path = real_file()
    began = time.monotonic()
    run = bring_in(path)
    seconds = time.monotonic() - began
    print(f"{run.taken} requests in {seconds:.1f} s, {run.joined} duplicates joined")
    assert (run.rows, run.taken, run.refused, run.noted, run.default_places) == (12085, 12085, 0, 44, 1649)
    assert seconds < 180  # some 20 s on an idle machine
    agrees_with_source(path)
    assert judged_like_the_source(path, run.requests.first().as_of) > 10
    chains_are_whole()
    rate = ontime.on_time_rate(modes=IMPORTED)
    assert (rate.counted, rate.on_time) == (12070, 9051)
    assert 0 < run.joined < Case.all_modes.filter(outcome="duplicate").count() == 375
    assert importing.run_summary(run.pk).noted_lines[0].startswith("line ")
