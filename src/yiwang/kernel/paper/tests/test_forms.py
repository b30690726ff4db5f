"""Work without power: sheets with numbers of their own, entered afterwards with their true times, each line once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import cv2
import numpy as np
import pytest
import typst
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st

from tests import walk
from tests.world import World, picture
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.cases.contracts import ReportDraft
from yiwang.kernel.cases.errors import SameHands
from yiwang.kernel.cases.models import Case, Clock, ClockChange, Task
from yiwang.kernel.files.services import store_upload
from yiwang.kernel.notices.models import Notice
from yiwang.kernel.paper import printing, queries, services
from yiwang.kernel.paper.errors import FormClosed, LineEntered, NothingToPrint
from yiwang.kernel.paper.models import PaperForm, PaperLine
from yiwang.kernel.paper.rules.serials import check_letter, read_serial, serial

SITE = "https://yiwang.example.gov.cn"


def scan(world: World, who: str = "shift_leader") -> UUID:
    return store_upload(actor=world.actor(who), file=ContentFile(picture("sheet"), name="sheet.jpg"), stage="other").uid


def printed(world: World, case: Case, *, hours_ago: float = 6) -> PaperForm:
    """Print the sheets, and let it have been some hours ago."""
    _content, made = services.print_cases(world.actor("shift_leader"), site=SITE)
    form = next(f for f in made if f.case_id == case.pk)
    PaperForm.objects.filter(pk=form.pk).update(printed_at=now() - timedelta(hours=hours_ago))
    return PaperForm.objects.get(pk=form.pk)


def enter(world: World, form: PaperForm, line: int, who: str, step: str, outcome: str, at: Any, **more: Any) -> Any:
    task = Task.all_modes.get(case=form.case, step=step, state="open")
    return services.enter_act(
        world.actor("shift_leader"), form.serial, line, done_by=world.people[who].username, occurred_at=at, action="complete",
        task_uid=task.uid, outcome=outcome, files=more.pop("files", [scan(world)]), **more,
    )  # fmt: skip


def test_a_sheet_for_each_open_case(world: World) -> None:
    walk.report(world, photo="a", at=(1, 1))
    open_case = walk.advance(world, walk.report(world, photo="b", at=(2, 2)), "pending_handle")
    walk.advance(world, walk.report(world, photo="c", at=(3, 3)), "closed")
    content, made = services.print_cases(world.actor("shift_leader"), site=SITE)
    assert content.startswith(b"%PDF")
    assert len(made) == 2, "the closed one is not printed"
    assert len({f.serial for f in made}) == 2
    assert all(read_serial(f.serial) == f.serial for f in made)
    assert Event.objects.filter(action="paper.print").count() == 1
    facts = dict(queries.facts_of(open_case))
    assert open_case.number in facts.values()
    assert queries.steps_of(open_case)[0][1], "whose step it is"
    _content, again = services.print_cases(world.actor("shift_leader"), site=SITE)
    assert {f.serial for f in again}.isdisjoint({f.serial for f in made}), "a second printing has numbers of its own"


def test_blank_sheets_have_numbers_in_a_row(world: World) -> None:
    _content, made = services.print_blanks(world.actor("acceptor"), 3, matter=walk.MATTER, site=SITE)
    numbers = [int(f.serial[4:10]) for f in made]
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    with pytest.raises(BadInput):
        services.print_blanks(world.actor("acceptor"), 301, matter=walk.MATTER, site=SITE)
    with pytest.raises(NotPermitted):
        services.print_blanks(world.actor("inspector"), 1, matter=walk.MATTER, site=SITE)
    with pytest.raises(NothingToPrint):
        services.print_cases(world.actor("shift_leader"), site=SITE)


def test_entered_with_its_true_times(world: World) -> None:
    """Handled at 9, screened at 10, entered in the evening: the record has both times, the clocks count from the true one."""
    case = walk.advance(world, walk.report(world, photo="x", at=(2, 2)), "pending_handle")
    walk.let_pass(case, 8)
    form = printed(world, case)
    at = (now() - timedelta(hours=4)).replace(microsecond=0)
    result = enter(world, form, 1, "handler2", "handle", "done", at, reason="已更换井盖")
    event = Event.all_modes.get(uid=result.event_uid)
    assert (event.occurred_at, event.actor_name) == (at, "陈水"), "as told by the paper: who and when"
    assert event.recorded_at - at > timedelta(hours=3)
    assert event.data["paper"] == {
        "form": form.serial, "line": 1, "entered_by": world.account("shift_leader").pk, "entered_by_name": "郑值",
    }  # fmt: skip
    case = Case.all_modes.get(pk=case.pk)
    assert case.state == "handled"
    running = set(Clock.objects.filter(case=case, running_since__isnull=False).values_list("running_since", flat=True))
    assert running <= {at}, "what runs now began when the work was done, what ran before stopped then"
    assert at in set(ClockChange.objects.filter(clock__case=case).values_list("at", flat=True))
    screen = Task.all_modes.get(case=case, step="screen", state="open")
    assert screen.opened_at == at, "the next step waits since then"
    line = PaperLine.objects.get(form=form)
    assert (line.occurred_at, line.done_by) == (at, world.account("handler2"))
    told = Notice.objects.get(kind="paper.entered")
    assert told.account == world.account("handler2"), "he is told what was entered in his name"
    enter(world, form, 2, "dispatcher", "screen", "pass", at + timedelta(hours=1))
    assert Task.all_modes.get(case=case, step="send_check").opened_at == at + timedelta(hours=1)


def test_the_same_line_twice_is_refused(world: World) -> None:
    case = walk.advance(world, walk.report(world, photo="x", at=(2, 2)), "pending_handle")
    walk.let_pass(case, 8)
    form, at = printed(world, case), now() - timedelta(hours=3)
    enter(world, form, 1, "handler2", "handle", "done", at, reason="已更换")
    events = Event.all_modes.count()
    with pytest.raises(LineEntered) as refused:
        enter(world, form, 1, "dispatcher", "screen", "pass", at + timedelta(hours=1))
    assert refused.value.by == "郑值"
    assert Event.all_modes.count() == events
    services.close_form(world.actor("shift_leader"), form.serial)
    with pytest.raises(FormClosed):
        enter(world, form, 2, "dispatcher", "screen", "pass", at + timedelta(hours=1))


def test_two_clerks_at_once(committed: Any, committed_world: Any) -> None:
    """Two clerks enter one line at the same instant: one wins, the other is told; there is one event."""
    world = committed_world
    case = walk.advance(world, walk.report(world, photo="x", at=(2, 2)), "pending_handle")
    walk.let_pass(case, 8)
    form, at = printed(world, case), now() - timedelta(hours=3)
    task = Task.all_modes.get(case=case, step="handle", state="open").uid
    scans = [scan(world, who) for who in ("shift_leader", "acceptor")]

    def go(who: str, sheet: UUID) -> Any:
        return lambda: services.enter_act(
            world.actor(who), form.serial, 1, done_by=world.people["handler2"].username, occurred_at=at, action="complete", task_uid=task,
            outcome="done", reason="已更换", files=[sheet],
        )  # fmt: skip

    results = committed.in_threads(go("shift_leader", scans[0]), go("acceptor", scans[1]))
    assert sorted(type(r).__name__ for r in results) == ["ActionResult", "LineEntered"], results
    assert Event.all_modes.filter(case_id=case.pk, step="handle").count() == 1


@pytest.mark.parametrize("wrong", ["before printing", "future", "no scan", "nobody", "not his", "line 5", "out of order"])
def test_refused_and_nothing_written(world: World, wrong: str) -> None:
    case = walk.advance(world, walk.report(world, photo="x", at=(2, 2)), "pending_handle")
    walk.let_pass(case, 30)
    form = printed(world, case)
    sheet = scan(world)
    at, who, line, files, step = now() - timedelta(hours=3), "handler2", 1, [sheet], "handle"
    if wrong == "out of order":
        enter(world, form, 1, who, "handle", "done", at, reason="已更换")
        line, who, step, at, files = 2, "dispatcher", "screen", at - timedelta(hours=1), [scan(world)]
    before = Event.all_modes.count(), PaperLine.objects.count(), Case.all_modes.get(pk=case.pk).state
    if wrong == "before printing":
        at -= timedelta(hours=20)
    elif wrong == "future":
        at += timedelta(hours=20)
    elif wrong == "no scan":
        files = []
    elif wrong == "line 5":
        line = 5
    elif wrong == "not his":
        who = "handler"  # of another bureau
    task = Task.all_modes.get(case=case, step=step, state="open").uid
    with pytest.raises((BadInput, NotFound, NotPermitted)):
        services.enter_act(
            world.actor("shift_leader"), form.serial, line, done_by="nobody" if wrong == "nobody" else world.people[who].username,
            occurred_at=at, action="complete", task_uid=task, outcome="done" if step == "handle" else "pass", reason="已更换", files=files,
        )  # fmt: skip
    assert (Event.all_modes.count(), PaperLine.objects.count(), Case.all_modes.get(pk=case.pk).state) == before


def test_hands_are_kept_apart_on_paper_too(world: World) -> None:
    """监管分离: who handled cannot be entered as who checked."""
    case = walk.advance(world, walk.report(world, who="inspector", photo="x", at=(2, 2)), "checking")
    walk.let_pass(case, 8)
    form = printed(world, case)
    with pytest.raises((SameHands, NotPermitted, NotFound)):
        enter(world, form, 1, "handler2", "check", "pass", now() - timedelta(hours=2))


def test_a_report_taken_down_on_paper(world: World) -> None:
    clerk = world.actor("acceptor")
    _content, (form,) = services.print_blanks(clerk, 1, matter=walk.MATTER, site=SITE)
    PaperForm.objects.filter(pk=form.pk).update(printed_at=now() - timedelta(hours=9))
    at = (now() - timedelta(hours=5)).replace(microsecond=0)
    lon, lat = world.point(1, 1)
    draft = ReportDraft(channel="hotline", text="望湖路积水没过脚踝", lon=lon, lat=lat, occurred_at=at, files=(scan(world, "acceptor"),))
    receipt = services.enter_report(clerk, form.serial, draft, taken_by="inspector")
    case = Case.all_modes.get(uid=receipt.case_uid)
    assert case.reported_at == at
    assert Task.all_modes.get(case=case, step="accept").opened_at == at, "its clock runs since then"
    event = Event.all_modes.get(case_id=case.pk, action="report")
    assert event.data["paper"] == {"form": form.serial, "line": 1}
    assert event.occurred_at == at
    with pytest.raises((FormClosed, LineEntered)):
        services.enter_report(clerk, form.serial, draft)
    assert Case.all_modes.count() == 1


def test_void_sheets(world: World) -> None:
    clerk = world.actor("acceptor")
    _content, (form,) = services.print_blanks(clerk, 1, matter=walk.MATTER, site=SITE)
    services.close_form(clerk, form.serial, void=True)
    with pytest.raises(FormClosed):
        services.enter_report(clerk, form.serial, ReportDraft(channel="hotline", text="x", occurred_at=now()))


def test_texts_are_never_markup(world: World) -> None:
    """What a citizen wrote is printed as it is: typst's own signs do nothing."""
    nasty = '#panic("x") $ #import "@preview/x:1.0.0" \\ ] [ *b* `raw` <label> @ref // no comment'
    case = walk.report(world, text=nasty, photo="n", at=(1, 1))
    content, _made = services.print_cases(world.actor("shift_leader"), site=SITE)
    assert content.startswith(b"%PDF")
    assert any("#panic" in value for _label, value in queries.facts_of(case))


def test_qr_of_a_form_leads_to_it() -> None:
    svg = printing.qr_svg(f"{SITE}/paper/{serial(2026, 42)}/")
    source = '#set page(width: 60mm, height: 60mm, margin: 4mm)\n#image(bytes(sys.inputs.svg), format: "svg", width: 50mm)'
    png = typst.compile(source.encode(), format="png", ppi=150, sys_inputs={"svg": svg})
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    text, _points, _straight = cv2.QRCodeDetector().detectAndDecode(image)
    assert text == f"{SITE}/paper/{serial(2026, 42)}/"


@given(st.integers(0, 999999), st.integers(2020, 2099), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(number: int, year: int, place: int, shift: int) -> None:
    body = serial(year, number).replace("-", "")[:-1]
    assert read_serial(body + check_letter(body)) == serial(year, number)
    index = max(1, place)
    wrong = body[:index] + str((int(body[index]) + shift) % 10) + body[index + 1 :]
    assert read_serial(wrong + check_letter(body)) is None
