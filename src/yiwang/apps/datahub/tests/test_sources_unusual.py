"""Alarms: the stated false-alarm rates hold in simulation, real faults are found, a person judges."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from yiwang.apps.datahub.lake.profiles import profile
from yiwang.apps.datahub.models import Pull, Source, SourceAlarm
from yiwang.apps.datahub.rules.sources import unusual
from yiwang.apps.datahub.services import sources as services
from yiwang.apps.datahub.services.sources import watching
from yiwang.apps.datahub.tests.hub import make_dataset
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound, NotPermitted

LIMITS = unusual.shipped()


def test_false_alarms_of_volume_stay_at_the_stated_rate() -> None:
    """Runs in which nothing is wrong, lognormal volumes: at most 1 % raise an alarm (upper bound of 3,000 runs: 1.5 %)."""
    rng, alarms = np.random.default_rng(11), 0
    for turn in range(3000):
        n = (8, 12, 20, 30)[turn % 4]
        rows = np.exp(rng.normal(8, 0.3, n + 1)).astype(int)
        alarms += unusual.volume([int(v) for v in rows[:n]], int(rows[n]), LIMITS) is not None
    assert alarms / 3000 <= 0.015
    assert alarms > 0  # the limit is not simply out of reach


def test_false_alarms_of_empty_cells_and_shifts_over_all_columns_together() -> None:
    """Ten columns: the chance that any of them raises one is what is stated, not that of each."""
    rng, empty, shifted, turns = np.random.default_rng(12), 0, 0, 500
    strict = replace(LIMITS, least_psi=0.0, least_nulls=0.0)  # the tests of chance alone, without the floors of relevance
    for _turn in range(turns):
        n = 400
        counts = rng.multinomial(n, [0.1] * 10, size=(10, 21))  # columns x runs x bins
        gone = rng.binomial(n, 0.2, size=(10, 21))
        shifted += any(unusual.shift(c[:20].tolist(), c[20].tolist(), "a", 10, strict) for c in counts)
        empty += any(unusual.nulls([(int(e), n) for e in g[:20]], (int(g[20]), n), "a", 10, strict) for g in gone)
    assert shifted / turns <= 0.025
    assert empty / turns <= 0.025


def test_real_faults_are_found() -> None:
    rng = np.random.default_rng(13)
    past = [int(v) for v in rng.normal(5000, 100, 20)]
    assert unusual.volume(past, 2500, LIMITS)
    assert unusual.volume(past, 11000, LIMITS)
    assert not unusual.volume(past, 5100, LIMITS)
    assert not unusual.volume(past[:7], 1, LIMITS)  # too few runs to judge by
    assert not unusual.volume([*past[:-3], 0, 99999, 1], 5000, LIMITS)  # three bad ones among them do not lead it astray
    nothing = [(int(v), 1000) for v in rng.normal(50, 5, 20)]
    found = unusual.nulls(nothing, (400, 1000), "phone", 10, LIMITS)
    assert found
    assert found.facts["value"] == 0.4
    assert abs(found.facts["usual"] - 0.05) < 0.01
    assert not unusual.nulls(nothing, (60, 1000), "phone", 10, LIMITS)
    before = rng.multinomial(2000, [0.1] * 10, size=20).tolist()
    assert unusual.shift(before, [400, 400, 400, 400, 400, 0, 0, 0, 0, 0], "amount", 5, LIMITS)
    assert not unusual.shift(before, [230, 170, 200, 200, 200, 200, 200, 200, 200, 200], "amount", 5, LIMITS)  # significant or not, too small to matter


def test_limits_agree_with_an_independent_library() -> None:
    for freedom in (1, 3, 9, 20):
        for alpha in (0.01, 0.001, 0.0001):
            assert unusual.chi2_limit(freedom, alpha) == pytest.approx(stats.chi2.isf(alpha, freedom), rel=0.05)
    a, b = [30, 50, 20], [60, 30, 10]
    statistic = stats.chi2_contingency([a, b]).statistic
    assert unusual.shift([[v * 1 for v in a]] * 8, b, "x", 1, replace(LIMITS, least_psi=0.0)) is not None
    assert statistic > 10


def test_profile_counts_and_keeps_no_value_of_a_person(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("id_number,amount,kind\n" + "".join(f"37159219900101{i:04d},{i * 3},{'低保' if i % 3 else ''}\n" for i in range(300)), encoding="utf-8")
    made = profile([path], {}, {"id_number"})
    assert made["rows"] == 300
    assert made["columns"]["id_number"] == {"nulls": 0}
    assert made["columns"]["kind"]["nulls"] == 100
    assert sum(made["columns"]["amount"]["counts"]) == 300
    assert max(made["columns"]["amount"]["counts"]) < 60
    assert made["columns"]["kind"]["bins"] == {"words": ["低保"]}
    assert "371592" not in str(made)
    path.write_text("id_number,amount,kind\n" + "".join(f"x,{900 + i},特困\n" for i in range(50)), encoding="utf-8")
    other = profile([path], made, {"id_number"})  # the bins of the run before, so that both can be compared
    assert other["columns"]["amount"]["counts"][-1] == 50
    assert other["columns"]["kind"]["counts"] == [0, 50]
    assert profile([tmp_path / "r.xlsx"], {}, set()) == {}


@pytest.fixture
def source(world: Any) -> Source:
    dataset = make_dataset(world.orgs["bureau-civil"], "civil-relief", "低保对象")
    made = services.keep(world.actor("data_owner"), dataset=dataset.uid, kind="folder", name="民政前置机", settings={"path": "civil"}, cron="0 2 * * *")
    for i in range(12):
        rows = 1000 + 7 * (i % 5)
        Pull.objects.create(source=made, trigger="schedule", state="done", began_at=now() - timedelta(days=20 - i), rows=rows,
                            profile={"rows": rows, "columns": {"phone": {"nulls": 50 + i}}})  # fmt: skip
    return made


def late_run(source: Source, rows: int, nulls: int) -> Pull:
    return Pull.objects.create(source=source, trigger="schedule", state="done", began_at=now(), rows=rows, profile={"rows": rows, "columns": {"phone": {"nulls": nulls}}})


def test_alarm_is_raised_told_and_judged(world: Any, source: Source) -> None:
    bad = late_run(source, 180, 90)
    assert {f.kind for f in watching.judge_run(source, bad)} == {"volume", "nulls"}
    watching.judge_run(source, bad)
    assert source.alarms.count() == 2  # looked at twice, told once
    owner, alarm = world.actor("data_owner"), source.alarms.get(kind="volume")
    with pytest.raises(NotFound):
        services.judge_alarm(world.actor("data_owner2"), alarm.uid, real=True)  # another bureau's
    with pytest.raises((NotPermitted, NotFound)):
        services.judge_alarm(world.actor("data_clerk"), alarm.uid, real=True)
    services.judge_alarm(owner, alarm.uid, real=True, note="只报了一个街道")
    alarm.refresh_from_db()
    assert (alarm.state, alarm.judged_by_id, alarm.note) == ("real", owner.account_id, "只报了一个街道")
    assert not watching.judge_run(source, late_run(source, 1003, 55))  # the real fault is no measure for what comes after it


def test_nothing_in_time_is_told_once(world: Any, source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(last_ok_at=now() - timedelta(days=3))
    assert services.watch_delays() == 1
    assert services.watch_delays() == 0
    alarm = SourceAlarm.objects.get(kind="delay")
    assert alarm.facts["value"] > 24 * 60
    services.pause(world.actor("data_owner"), source.uid)
    SourceAlarm.objects.all().delete()
    assert services.watch_delays() == 0  # paused by a person: nobody waits for it


def test_due_sources_are_asked_for_once(source: Source) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    Source.objects.filter(pk=source.pk).update(next_at=now() - timedelta(minutes=1))
    assert services.run_due() == 1
    assert services.run_due() == 0
    job = ProcrastinateJob.objects.get(task_name="datahub.pull")
    assert job.args["source_id"] == source.pk
    assert job.lock == f"datahub.source.{source.pk}"
    source.refresh_from_db()
    assert source.next_at is not None
    assert source.next_at > now()
