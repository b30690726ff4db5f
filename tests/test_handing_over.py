"""Open tasks of somebody who goes: to a person who may do them, back to the post, all or nothing, on every case's chain."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.walk import advance, report
from yiwang.kernel.audit.models import Event
from yiwang.kernel.audit.verifying import verify
from yiwang.kernel.base.actor import system
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.queries import work
from yiwang.kernel.exchange import warning
from yiwang.kernel.identity import handover, services
from yiwang.kernel.identity.handover import Passed
from yiwang.kernel.identity.models import Account
from yiwang.kernel.notices.models import Notice

LONG_AGO = timezone.now() - timedelta(days=400)


def assigned(world: Any, key: str) -> Task:
    """Return an open task at the acceptor's desk, named to one person."""
    case = report(world)
    task = Task.objects.get(case=case, state="open")
    Task.objects.filter(pk=task.pk).update(account=world.account(key))
    task.refresh_from_db()
    return task


def leave(world: Any, key: str, to: str | None, how: str = "left") -> Any:
    receiver = world.account(to) if to else None
    return services.part(world.actor("administrator"), world.account(key), how=how, to=receiver, reason="调离")


def test_named_tasks_go_to_the_colleague_and_each_case_says_so(world: Any) -> None:
    tasks = [assigned(world, "acceptor") for _ in range(3)]
    assert handover.open_work(world.account("acceptor").pk) == {"tasks": 3}
    parting = leave(world, "acceptor", "acceptor2")
    assert parting.work == {"tasks": Passed(to_person=3)}
    for task in tasks:
        task.refresh_from_db()
        assert task.account == world.account("acceptor2")
        event = Event.objects.get(action="hand_over", task_uid=task.uid)
        assert event.data["from"] == str(world.account("acceptor").uid)
        assert event.data["to_name"] == world.account("acceptor2").name
        assert event.actor_id == world.account("administrator").pk
        case = Case.objects.get(pk=task.case_id)
        assert (case.event_count, bytes(case.event_head)) == (event.case_seq, bytes(event.hash)), "the case's chain goes on"
        assert work.may_do(world.actor("acceptor2"), task)
    assert not work.open_tasks(world.actor("acceptor")).exists()


def test_back_to_the_post_where_every_colleague_sees_it(world: Any) -> None:
    task = assigned(world, "acceptor")
    assert not work.may_do(world.actor("acceptor2"), task)
    assert leave(world, "acceptor", None).work == {"tasks": Passed(to_post=1)}
    task.refresh_from_db()
    assert task.account is None
    assert work.may_do(world.actor("acceptor2"), task)
    assert "to" not in Event.objects.get(action="hand_over").data


def test_what_the_colleague_may_not_do_goes_back_to_the_post(world: Any) -> None:
    task = assigned(world, "acceptor")
    assert leave(world, "acceptor", "inspector").work == {"tasks": Passed(to_post=1)}
    task.refresh_from_db()
    assert task.account is None


def test_a_handled_case_keeps_its_state_in_step_with_who_has_it(world: Any) -> None:
    """The command manual's 已指派 shows through the state: back at the post the case is not assigned any more."""
    case = advance(world, report(world), "pending_handle")
    task = Task.objects.get(case=case, state="open", kind="process")
    handler = next(p for p in world.people.values() if p.post and p.post.role.code == "handler" and work.may_do(world.actor(p.key), task))
    Task.objects.filter(pk=task.pk).update(account=handler.account)
    leave(world, handler.key, None, "transferred")
    task.refresh_from_db()
    case.refresh_from_db()
    assert task.account is None
    assert case.state == Event.objects.filter(case_uid=case.uid).order_by("position").last().to_state
    assert not world.actor(handler.key).grants or not work.may_do(world.actor(handler.key), task)


def test_a_closed_account_keeps_no_task_to_itself(world: Any) -> None:
    task = assigned(world, "acceptor")
    services.set_active(world.actor("administrator"), world.account("acceptor"), False)
    task.refresh_from_db()
    assert task.account is None
    assert Event.objects.filter(action="hand_over", task_uid=task.uid).exists()


def test_tasks_of_others_and_done_ones_stay(world: Any) -> None:
    mine, other = assigned(world, "acceptor"), assigned(world, "acceptor2")
    done = assigned(world, "acceptor")
    Task.objects.filter(pk=done.pk).update(state="cancelled")
    leave(world, "acceptor", None)
    for task in (mine, other, done):
        task.refresh_from_db()
    assert (mine.account, other.account, done.account) == (None, world.account("acceptor2"), world.account("acceptor"))


@pytest.mark.committed
def test_the_record_is_whole_afterwards(committed: Any, settings: Any, tmp_path: Any) -> None:
    from tests.world import build

    settings.DATA_DIR = tmp_path  # no copy of another database's seals
    made = build()
    assigned(made, "acceptor")
    leave(made, "acceptor", "acceptor2")
    assert verify().faults == []


def test_work_of_a_dormant_account_goes_back_to_its_post(world: Any) -> None:
    """休眠: nobody is asked who should have it; the post's colleagues see it, and a post that is empty now is named."""
    task, sleeper = assigned(world, "acceptor"), world.account("acceptor")
    Account.objects.filter(pk=sleeper.pk).update(date_joined=LONG_AGO, last_login=LONG_AGO)
    assert services.make_dormant(system("identity.daily")) == 1
    task.refresh_from_db()
    assert task.account is None
    assert work.may_do(world.actor("acceptor2"), task)
    event = Event.objects.get(action="hand_over", task_uid=task.uid)
    assert event.data["from"] == str(sleeper.uid)
    assert event.data["reason"]
    told = Event.objects.get(action="identity.account.dormant")
    assert told.data["work"] == {"tasks": 1}
    assert told.data["vacant"] == [world.people["acceptor"].post.code], "everybody of the world has a post of his own"
    warning.warn([told])
    warning.warn([told])
    notice = Notice.objects.get(kind="account.dormant")
    assert notice.account == world.account("administrator")
    assert sleeper.name in notice.title["zh-Hans"]
    assert world.people["acceptor"].post.code in notice.body["zh-Hans"]


def test_one_account_that_cannot_sleep_keeps_no_other_awake(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    task, sleeper = assigned(world, "acceptor"), world.account("acceptor")
    Account.objects.filter(pk__in=[sleeper.pk, world.account("acceptor2").pk]).update(date_joined=LONG_AGO, last_login=LONG_AGO)

    def pass_on(actor: Any, account: Account, to: Account | None, reason: str) -> Passed:
        if account.pk == sleeper.pk:
            raise RuntimeError("its case is broken")
        return Passed()

    monkeypatch.setattr(handover, "_kinds", {"tasks": (lambda _: 1, pass_on)})
    assert services.make_dormant(system("identity.daily")) == 1
    sleeper.refresh_from_db()
    task.refresh_from_db()
    assert (sleeper.is_active, task.account_id) == (True, sleeper.pk), "all of it or nothing"
