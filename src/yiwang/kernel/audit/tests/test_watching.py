"""Unusual activity is named, quiet work is not: planted bursts, even pasts, and the pure rule."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yiwang.kernel.audit import services, watching
from yiwang.kernel.audit.errors import AlreadyJudged, OwnWarning
from yiwang.kernel.audit.models import AccessLog, Event, UnusualActivity
from yiwang.kernel.audit.unusual import Count, Limits, Past, judge
from yiwang.kernel.base.actor import Actor, ActorKind, Grant, Scope
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 15, 40, tzinfo=SHANGHAI)
CLERKS = (11, 12, 13, 14)
LIMITS = Limits()


def clerk(account_id: int, post: str = "受理员") -> Actor:
    return Actor(kind=ActorKind.PERSON, account_id=account_id, name=f"员{account_id}", post_name=post)


def wrote(who: Actor, at: datetime, count: int, action: str = "complete", matter: str = "city.problem", **data: Any) -> None:
    """Copy lines as of one hour, a second apart."""
    services.ensure_partitions(at, at)
    rows = [
        services.line(who, action=action, recorded_at=at + timedelta(seconds=n), data=data) | {"matter": matter}
        for n in range(count)
    ]
    services.record_many(rows)


def read(who: Actor, at: datetime, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(count):
        monkeypatch.setattr(services, "now", lambda n=n: at + timedelta(seconds=n))
        services.log_access(who, party_id=n + 1, fields=["phone"], purpose="回访")
    monkeypatch.undo()


def a_quiet_month(days: int = 20, per_hour: int = 5) -> None:
    """Four clerks, ten hours each working day, none exactly like the other."""
    for back in range(1, days + 1):
        day = NOW - timedelta(days=back)
        if day.weekday() >= 5:
            continue
        for account in CLERKS:
            for hour in range(8, 18):
                wrote(clerk(account), day.replace(hour=hour, minute=0), per_hour + (account * hour + back) % 7)


def named() -> set[tuple[int, str, str, str, int]]:
    return {(w.actor_id, w.family, w.subject, w.unit, w.amount) for w in UnusualActivity.objects.all()}


@pytest.mark.django_db
def test_a_quiet_past_raises_nothing() -> None:
    a_quiet_month()
    for account in CLERKS:
        for hour in range(8, 15):
            wrote(clerk(account), NOW.replace(hour=hour, minute=0), 9)
    for back in range(20, -1, -1):
        watching.look(NOW - timedelta(days=back))
    assert named() == set()


@pytest.mark.django_db
def test_a_night_of_edits_is_named_with_its_pasts_and_its_rows() -> None:
    a_quiet_month()
    thief = clerk(11)
    wrote(thief, NOW.replace(hour=2, minute=0), 700)
    assert len(watching.look(NOW.replace(hour=2, minute=50))) == 2  # the hour and the day
    assert named() == {(11, "edit", "city.problem", "hour", 700), (11, "edit", "city.problem", "day", 700)}
    found = UnusualActivity.objects.get(unit="hour")
    assert 5 <= found.own_median <= 12
    assert found.own_bound < 100 > found.peer_bound
    assert (found.peer_people, found.starts_at) == (3, NOW.replace(hour=2, minute=0))
    stream, condition = watching.rows_behind(found)
    assert (stream, Event.objects.filter(condition).count()) == ("event", 700)
    raised = Event.objects.filter(action="audit.warning.raised")
    assert {e.data["actor_id"] for e in raised} == {11}


@pytest.mark.django_db
def test_it_is_raised_once_and_grows_until_somebody_judged_it() -> None:
    a_quiet_month()
    wrote(clerk(11), NOW.replace(hour=2, minute=0), 700)
    watching.look(NOW.replace(hour=2, minute=50))
    assert watching.look(NOW.replace(hour=2, minute=55)) == []
    wrote(clerk(11), NOW.replace(hour=2, minute=30), 100)
    assert watching.look(NOW.replace(hour=3, minute=10)) == []
    assert {amount for *_rest, amount in named()} == {800}
    watching.judge_warning(auditor(), UnusualActivity.objects.get(unit="day").uid, verdict="explained", reason="批量整改")
    wrote(clerk(11), NOW.replace(hour=3, minute=0), 50)
    watching.look(NOW.replace(hour=3, minute=30))
    assert UnusualActivity.objects.get(unit="day").amount == 800


@pytest.mark.django_db
def test_removing_exporting_and_reading_each_count_for_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    a_quiet_month(8)
    for account in CLERKS:  # each does a little of everything on each day
        for back in (1, 4, 5, 6, 7, 10, 11):
            day = (NOW - timedelta(days=back)).replace(hour=10, minute=0)
            wrote(clerk(account), day, 2, "void")
            wrote(clerk(account), day, 1, "export.taken", "", what="city.case", rows=200)
            read(clerk(account), day, 3, monkeypatch)
    at = NOW.replace(hour=14, minute=0)
    wrote(clerk(12), at, 40, "void")
    wrote(clerk(13), at, 9, "export.taken", "", what="city.case", rows=9000)
    read(clerk(14), at, 90, monkeypatch)
    wrote(clerk(11), at, 40)
    watching.look(NOW)
    assert named() == {
        (12, "remove", "city.problem", "hour", 40), (12, "remove", "city.problem", "day", 40),
        (13, "export", "city.case", "hour", 9), (13, "export_rows", "city.case", "hour", 81000),
        (13, "export_rows", "city.case", "day", 81000),
        (14, "read", "party", "hour", 90), (14, "read", "party", "day", 90),
    }  # fmt: skip
    for warning in UnusualActivity.objects.exclude(family="export_rows"):
        stream, condition = watching.rows_behind(warning)
        model = AccessLog if stream == "access" else Event
        assert model._base_manager.filter(condition).count() == warning.amount


@pytest.mark.django_db
def test_administration_is_watched_by_kind_and_its_rows_are_found() -> None:
    wrote(clerk(30, "系统管理员"), NOW.replace(hour=14, minute=0), 500, "identity.account.changed", "")
    wrote(clerk(30, "系统管理员"), NOW.replace(hour=14, minute=10), 60, "identity.account.closed", "")
    watching.look(NOW)
    assert {(f, s) for _who, f, s, unit, _n in named() if unit == "hour"} == {
        ("edit", "identity.account"), ("remove", "identity.account"),
    }  # fmt: skip
    for warning in UnusualActivity.objects.filter(unit="hour"):
        assert Event.objects.filter(watching.rows_behind(warning)[1]).count() == warning.amount


@pytest.mark.django_db
def test_an_office_where_everybody_has_much_to_do_today_is_no_news_until_one_goes_beyond() -> None:
    a_quiet_month(8)
    for account in CLERKS:  # fifteen times what they are used to, all of them
        for hour in range(8, 15):
            wrote(clerk(account), NOW.replace(hour=hour, minute=0), 130)
    watching.look(NOW)
    assert named() == set()
    wrote(clerk(12), NOW.replace(hour=14, minute=40), 600)
    watching.look(NOW)
    assert {(who, unit) for who, _f, _s, unit, _n in named()} == {(12, "hour")}  # his day is not out of this day's run


@pytest.mark.django_db
def test_the_platform_itself_and_imports_are_not_watched() -> None:
    from yiwang.kernel.base import actor as actors

    for who in (actors.system("timers"), actors.importer("open311"), actors.public()):
        wrote(who, NOW.replace(hour=14, minute=0), 600)
    watching.look(NOW)
    assert named() == set()


@pytest.mark.django_db
def test_after_a_standstill_what_lies_between_is_looked_at_as_well() -> None:
    a_quiet_month()
    watching.look(NOW - timedelta(hours=30))
    wrote(clerk(11), NOW - timedelta(hours=20), 700)
    watching.look(NOW)
    assert (11, "edit", "city.problem", "hour", 700) in named()


def auditor(account_id: int = 90) -> Actor:
    grants = tuple(Grant(p, Scope()) for p in ("audit.view", "audit.judge"))
    return Actor(kind=ActorKind.PERSON, account_id=account_id, name="卫审", post_name="安全审计员", grants=grants)


@pytest.mark.django_db
def test_judging_needs_the_office_a_reason_and_somebody_else() -> None:
    wrote(clerk(11), NOW.replace(hour=2, minute=0), 1300)
    first, second = watching.look(NOW.replace(hour=2, minute=50))
    good = {"verdict": "misuse", "reason": "夜间批量改写，已移交"}
    with pytest.raises(NotPermitted):
        watching.judge_warning(clerk(20), first.uid, **good)
    with pytest.raises(OwnWarning):
        watching.judge_warning(auditor(11), first.uid, **good)
    for bad in ({"verdict": "fine"}, {"reason": " "}, {"reason": "x" * 501}):
        with pytest.raises(BadInput):
            watching.judge_warning(auditor(), first.uid, **{**good, **bad})
    watching.judge_warning(auditor(), first.uid, **good)
    with pytest.raises(AlreadyJudged):
        watching.judge_warning(auditor(), first.uid, **good)
    with pytest.raises(NotFound):
        watching.judge_warning(auditor(), auditor_uid(), **good)
    assert UnusualActivity.objects.filter(judged_at__isnull=True).get() == second
    told = Event.objects.get(action="audit.warning.judged")
    assert (told.actor_id, told.data["verdict"], told.data["reason"]) == (90, "misuse", good["reason"])


def auditor_uid() -> Any:
    from yiwang.kernel.base.uid import uuid7

    return uuid7()


def count(amount: int, own: Past = Past(), peers: Past = Past(), family: str = "edit") -> Count:  # noqa: B008
    return Count(unit="hour", starts_at=NOW, actor_kind="person", actor_id=1, actor_name="", post_name="", family=family,
                 subject="x", amount=amount, own=own, peers=peers)  # fmt: skip


EVEN = Past(periods=40, people=4, median=100, mad=10)


@pytest.mark.parametrize(
    ("amount", "own", "peers", "unusual"),
    [
        (119, Past(), Past(), False),  # below the minimum nothing is said
        (350, Past(), Past(), False),  # nothing to compare with: only the very large
        (360, Past(), Past(), True),
        (301, EVEN, Past(), True),
        (299, EVEN, Past(), False),  # three times the median
        (301, EVEN, EVEN, True),
        (301, EVEN, Past(periods=40, people=4, median=400, mad=50), False),  # everybody does much
        (301, Past(periods=40, people=1, median=300, mad=40), EVEN, False),  # his habit, not far from the others
        (1301, Past(periods=40, people=1, median=900, mad=300), EVEN, True),  # his habit, and far beyond the others
        (301, Past(periods=4, people=1, median=1, mad=0), EVEN, True),  # too short a past says nothing
        (400, Past(periods=4, people=1, median=1, mad=0), Past(periods=40, people=2, median=1, mad=0), True),
    ],
)
def test_the_rule(amount: int, own: Past, peers: Past, unusual: bool) -> None:
    assert (judge(count(amount, own, peers), LIMITS) is not None) is unusual


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a loaded machine
@given(st.integers(0, 5000), st.integers(0, 5000), st.builds(Past, periods=st.integers(0, 60), people=st.integers(0, 9), median=st.floats(0, 900), mad=st.floats(0, 300)))
def test_who_does_more_is_never_less_unusual(amount: int, more: int, past: Past) -> None:
    low, high = judge(count(amount, past, past), LIMITS), judge(count(amount + more, past, past), LIMITS)
    assert low is None or high is not None


def test_the_figures_are_settings() -> None:
    changed = Limits.of({"days": 30, "minimum": {"hour": {"read": 5}}})
    assert (changed.days, changed.least("hour", "read"), changed.least("day", "read"), changed.least("hour", "edit")) == (30, 5, 80, 120)
    with pytest.raises(ValueError, match="WATCH has no dayz"):
        Limits.of({"dayz": 3})
