"""Loading the small county: what is stored, that its record verifies, and that open cases, played or doubled, go on."""

import json
from collections import Counter
from datetime import date, timedelta
from random import Random
from uuid import UUID

import pytest

pytestmark = pytest.mark.committed


@pytest.fixture
def loaded(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    from sample.loading import county
    from sample.spec import SIZES, Spec

    said = []
    path = county.load(Spec(SIZES["small"], date(2026, 11, 23)), said.append)
    return json.loads(path.read_text(encoding="utf-8"))


def _nothing_amiss():
    """A loaded sample agrees with itself as `yiwang check-data` asks."""
    from yiwang.kernel.base import datachecks

    assert [f"{a.check.name} {f}" for a in datachecks.run(datachecks.Look()) for f in a.findings] == []


def test_the_small_county(loaded):
    from django.core.management import CommandError, call_command

    from yiwang.apps.city.models import CensusOrder, CityCase, FieldMark, PlantedDuplicate, Position
    from yiwang.apps.city.queries.census import progress_of
    from yiwang.kernel.audit import verifying
    from yiwang.kernel.cases.models import Case, Clock, EngineState, Report, Task
    from yiwang.kernel.exchange import relay
    from yiwang.kernel.geography.models import Asset
    from yiwang.kernel.identity.models import Account, Organization

    assert {a["role"] for a in loaded["accounts"]} >= {"inspector", "acceptor", "shift_leader", "dispatcher", "handler", "leader",
                                                        "administrator", "security_administrator", "audit_administrator", "citizen"}  # fmt: skip
    assert loaded["open311"]["api_key"]
    _nothing_unusual()
    _nothing_amiss()
    assert Account.objects.get(username="acceptor").check_password(loaded["accounts"][0]["password"])
    assert (Organization.objects.count(), Asset.objects.count()) == (63, 2000)

    cases = Case.all_modes.all()
    assert cases.filter(is_sample=False).count() == 0
    assert cases.filter(closed_at__isnull=False).count() == 241  # with a census
    waiting = Counter(cases.filter(closed_at__isnull=True).values_list("state", flat=True))
    assert sum(waiting.values()) == 62  # every state of the table, none refused on its way
    assert set(waiting) == {"reported", "verifying", "pending_file", "pending_dispatch", "pending_handle", "handling", "suspended",
                            "suspend_asked", "return_asked", "extend_asked", "handled", "checking", "rework", "pending_close",
                            "self_handled", "surveying"}  # fmt: skip
    open_ids = set(cases.filter(closed_at__isnull=True).values_list("pk", flat=True))
    assert set(EngineState.objects.values_list("case_id", flat=True)) == open_ids
    assert CityCase.objects.count() == Report.objects.values("first_case_id").distinct().count() == 303
    assert all(Task.all_modes.filter(case_id=pk, state="open").exists() for pk in open_ids)
    assert not Clock.objects.filter(case__closed_at__isnull=False).exclude(state="ended").exists()
    assert PlantedDuplicate.objects.count() >= 8
    whole, half = CensusOrder.objects.order_by("pk")
    assert (progress_of([whole.pk])[whole.pk].left, whole.case.state) == (0, "closed")
    assert 0 < progress_of([half.pk])[half.pk].answered < progress_of([half.pk])[half.pk].total
    assert FieldMark.objects.filter(kind="in").count() == FieldMark.objects.filter(kind="out").count() > 0
    assert Position.objects.count() > 100 * FieldMark.objects.filter(kind="in").count()
    for case in cases.filter(outcome="merged"):
        assert case.main_case is not None
        assert case.main_case.reports.filter(opened_case=False, first_case=case).exists()

    _stored_as_it_was_made()
    _judged_and_pressed()
    report = verifying.verify()
    assert report.ok, report.faults[:3]
    assert report.cases == 303
    assert set(relay.lag().values()) == {0}  # nobody is told of a year that is over

    with pytest.raises(CommandError, match="not empty"):
        call_command("sample", "--size", "small")
    _doubled_cases_go_on()


def _judged_and_pressed():
    """Whoever comes new finds every page of judging and supervision in use, in the states that it can show."""
    from yiwang.apps.city.models import (
        CityAppeal,
        Emergency,
        MediaReport,
        MissedReport,
        OutsideFigure,
        Precedent,
        SecondCheck,
        Settlement,
    )
    from yiwang.kernel.indicators.models import Bulletin, Result
    from yiwang.kernel.indicators.queries import verifying
    from yiwang.kernel.supervision.models import Card, Order, OrderTarget

    assert set(OrderTarget.objects.values_list("state", flat=True)) == {"waiting", "replied", "accepted", "withdrawn"}
    assert OrderTarget.objects.filter(back_count=1, state="waiting").exists()
    assert set(Order.objects.values_list("form", flat=True)) == {"order", "note"}
    assert set(Card.objects.values_list("colour", flat=True)) == {"yellow", "red"}
    assert sorted(e.ended_at is None for e in Emergency.objects.all()) == [False, True]
    agreed = Counter(SecondCheck.objects.filter(account__isnull=False).values_list("agrees", flat=True))
    assert agreed[True] > agreed[False] > 0 < agreed[None]
    assert Precedent.objects.count() >= 2
    assert {"missed", "not_missed", ""} <= set(MissedReport.objects.values_list("verdict", flat=True))
    assert True in set(CityAppeal.objects.values_list("accepted", flat=True))
    assert MediaReport.objects.count() == 3
    assert set(OutsideFigure.objects.values_list("kind", flat=True)) == {"survey", "satisfaction"}
    assert {r.period[:5] for r in Result.objects.all()} == {"month", "week:"}
    assert Bulletin.objects.count() == 3
    assert Settlement.objects.get().total > 0
    assert [f for v in verifying.verify(list(Result.objects.all())) for f in v.faults] == []


def _doubled_cases_go_on():
    """Complete a step of every doubled case that waits at a department: its engine state is as good as a played one."""
    from sample import county
    from sample.loading import living
    from sample.spec import SIZES, Spec
    from yiwang.kernel.cases.contracts import ActionRequest
    from yiwang.kernel.cases.models import Case, Clock, Task
    from yiwang.kernel.cases.services import act

    spec = Spec(SIZES["small"], date(2026, 11, 23))
    made = county.build(spec)
    goals = {s.index: s for s in made.open}
    player = living.Player(spec, None, made.people)
    done = 0
    for twin in made.twins:
        first = goals[twin.of]
        case = Case.all_modes.get(uid=twin.uid)
        assert case.event_count == case.version
        if first.goal not in ("pending_handle", "handling"):
            continue
        task = Task.all_modes.get(case=case, step="handle", state="open")
        hands = player.actor((made.people.handlers.get(task.org.code) or ["handler"])[0])
        clock = Clock.objects.get(case=case, name="department")
        assert task.due_at == clock.due_at
        with living.staged(Random(1)) as stage:
            stage.moment = clock.running_since + timedelta(minutes=1)
            photo = player._photo(hands, first, "after", stage.moment)
            result = act(hands, ActionRequest(action="complete", task_uid=UUID(str(task.uid)), outcome="done", reason="已处置", files=(photo,)))
        assert result.state == "handled"
        clock.refresh_from_db()
        assert clock.state == "stopped"
        assert clock.consumed_minutes <= 1
        done += 1
    assert done >= 5


def _stored_as_it_was_made():
    """What the same seed and date make once more, lies in the tables: numbers by case, and every report."""
    from sample import county
    from sample.spec import SIZES, Spec
    from yiwang.kernel.cases.models import Case, Report

    made = county.build(Spec(SIZES["small"], date(2026, 11, 23)))
    stored = {str(u): n for u, n in Case.all_modes.values_list("uid", "number")}
    for story in made.closed:
        assert stored[str(story.uid)] == (story.number or None)
    told = set(Report.objects.exclude(channel="census").values_list("uid", flat=True))
    assert told == {s.report_uid for s in (*made.closed, *made.open, *made.twins)}


def _nothing_unusual():
    """Nobody of the county does anything unusual in its year: the watch for it keeps still."""
    from yiwang.kernel.audit import watching
    from yiwang.kernel.audit.models import Event
    from yiwang.kernel.audit.unusual import judge

    wanted = watching.limits()
    times = Event.objects.filter(actor_kind="person").order_by("recorded_at").values_list("recorded_at", flat=True)
    first, last = times.first(), times.last()
    assert last - first > timedelta(days=100), "the county has a past"
    for back in range(0, (last - first).days + 1, 5):
        until = last - timedelta(days=back) + timedelta(seconds=1)
        found = watching.counts(until - timedelta(days=5), until, wanted)
        assert [c for c in found if judge(c, wanted)] == []
    # Held against nothing but ten acts an hour, the same counts are many: it was looked at.
    low = watching.Limits.of({"minimum": {"hour": {"edit": 2}, "day": {"edit": 3}}})
    assert len(watching.counts(last - timedelta(days=30), last, low)) > 20
