"""`yiwang check-data`: finds nothing in what the platform did itself, and names what was changed beside it."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from tests.walk import COVER_MISSING, advance, do, report
from tests.world import World
from yiwang.kernel.base import datachecks
from yiwang.kernel.cases.models import Case, Clock, ClockChange, EngineState, NumberSeries, Report, Task, Timer

pytestmark = pytest.mark.django_db
OURS = ("cases", "city", "files", "audit")


def findings(*only: str) -> list[str]:
    return [f"{a.check.name} {f}" for a in datachecks.run(datachecks.Look(), only=only or OURS) for f in a.findings]


@pytest.fixture
def town(world: World) -> dict[str, Case]:
    """Cases at many stops, with requests granted and denied, one joined, one reopened, one that rests."""
    found = {
        "new": report(world, who="", channel="public", text="望湖路路口有个井盖不见了", class_="", photo="p1"),
        "open": advance(world, report(world, at=(0, 4), photo="p2"), "pending_handle"),
        "closed": advance(world, report(world, at=(2, 0), photo="p3"), "closed"),
        "again": advance(world, report(world, at=(3, 3), photo="p4"), "closed"),
        "rests": advance(world, report(world, at=(4, 0), photo="p5"), "pending_handle"),
        "returned": advance(world, report(world, at=(1, 1), photo="p6"), "pending_handle", condition=COVER_MISSING),
        "refused": do(world, report(world, at=(1, 3), photo="p7"), "acceptor", "complete", "accept", "refuse", reason="不属于城市管理"),
    }
    do(world, found["again"], "shift_leader", "reopen", reason="复查仍有响声")
    do(world, found["rests"], "handler2", "suspend", "handle", reason="等待配件", until=_in_a_month())
    do(world, found["rests"], "dispatcher", "complete", "suspension", "agree", reason="同意")
    do(world, found["rests"], "leader", "complete", "suspension", "agree", reason="同意")
    do(world, found["returned"], "handler2", "return", "handle", reason="非我单位职责")
    do(world, found["returned"], "dispatcher", "complete", "return", "agree", reason="同意")
    do(world, found["open"], "leader", "supervise", reason="请今日内办结")
    do(world, found["open"], "dispatcher", "urge")
    do(world, found["open"], "handler2", "extend", "handle", reason="配件两天后到")
    do(world, found["open"], "shift_leader", "complete", "extension", "agree", reason="同意")
    return {name: Case.all_modes.get(pk=case.pk) for name, case in found.items()}


def _in_a_month() -> str:
    from yiwang.kernel.base.clock import now

    return (now() + timedelta(days=30)).date().isoformat()


def test_what_the_platform_did_itself_agrees(world: World, town: dict[str, Case]):
    assert findings() == []
    seen = {a.check.name: a.seen for a in datachecks.run(datachecks.Look())}
    assert seen["cases.replay"] == len(town)
    assert seen["cases.clocks"] > 20
    assert seen["cases.files"] >= 4
    assert seen["audit.record"] > 40


WRONGS: dict[str, tuple[Callable[[dict[str, Case]], object], str]] = {
    "state": (lambda t: Case.all_modes.filter(pk=t["open"].pk).update(state="checking"), "cases.replay"),
    "count": (lambda t: Case.all_modes.filter(pk=t["open"].pk).update(urge_count=7), "cases.replay"),
    "number": (lambda t: Case.all_modes.filter(pk=t["closed"].pk).update(number="X1"), "cases.replay"),
    "closed without its event": (lambda t: Case.all_modes.filter(pk=t["open"].pk).update(closed_at="2026-11-01T00:00Z", outcome="closed"), "cases.replay"),
    "task lost": (lambda t: Task.all_modes.filter(case=t["new"], state="open").update(state="cancelled"), "cases.tasks"),
    "task left open": (lambda t: Task.all_modes.filter(case=t["closed"], step="handle").update(state="open"), "cases.tasks"),
    "engine lost": (lambda t: EngineState.objects.filter(case=t["open"]).delete(), "cases.tasks"),
    "wakes never": (lambda t: Timer.objects.filter(case=t["rests"], kind="resume").delete(), "cases.tasks"),
    "clock moved": (lambda t: Clock.objects.filter(case=t["open"], state="running").update(due_at="2027-01-01T00:00Z"), "cases.clocks"),
    "time used forgotten": (lambda t: Clock.objects.filter(case=t["again"], name="case").update(consumed_minutes=9999), "cases.clocks"),
    "history lost": (lambda t: ClockChange.objects.filter(clock__case=t["rests"], change="pause").delete(), "cases.clocks"),
    "due forgotten": (lambda t: Case.all_modes.filter(pk=t["open"].pk).update(due_at=None), "cases.clocks"),
    "never overdue": (lambda t: Timer.objects.filter(case=t["open"], kind="overdue").delete(), "cases.timers"),
    "report lost": (lambda t: Report.all_modes.filter(case=t["new"]).update(first_case=t["open"]), "cases.replay"),
    "number skipped": (lambda t: NumberSeries.objects.update(last=99), "cases.numbers"),
    "chain cut": (lambda t: Case.all_modes.filter(pk=t["new"].pk).update(event_head=b"x"), "audit.record"),
    "typed row gone": (lambda t: connection.cursor().execute("DELETE FROM city_citycase WHERE case_id = %s", [t["new"].pk]), "city.typed"),
    "file elsewhere": (lambda t: connection.cursor().execute("UPDATE yw_files_attachment SET subject_uid = %s WHERE subject_uid = %s", [t["new"].uid, t["closed"].uid]), "cases.files"),
    "bytes gone": (lambda t: connection.cursor().execute("UPDATE yw_files_attachment SET sha256 = repeat('0', 64) WHERE subject_uid = %s", [t["closed"].uid]), "files.stored"),
}  # fmt: skip


def test_what_was_changed_beside_it_is_named(world: World, town: dict[str, Case]):
    silent = []
    for wrong, (spoil, check) in WRONGS.items():
        with transaction.atomic():
            spoil(town)
            if not findings(check):
                silent.append(wrong)
            transaction.set_rollback(True)
    assert silent == []
    assert findings() == []  # all of it was taken back


def test_the_command_says_it_and_fails(world: World, town: dict[str, Case]):
    said = StringIO()
    call_command("check_data", *OURS, stdout=said)
    assert "cases.replay" in said.getvalue()
    assert "WRONG" not in said.getvalue()
    Case.all_modes.filter(pk=town["open"].pk).update(state="checking")
    with pytest.raises(CommandError):
        call_command("check_data", "cases.replay", stdout=said)
    assert f"case {town['open'].uid}: the state is checking, the events say" in said.getvalue()
    with pytest.raises(CommandError):
        call_command("check_data", "no-such-check", stdout=said)
