"""A request's course: what is missing is told, the platform or the owner grants, a dispute is settled; doubts about a row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import localdate, now

from yiwang.apps.datahub.errors import NotNow, NotShared
from yiwang.apps.datahub.models.share import RowObjection, SharingGrant, SharingRequest
from yiwang.apps.datahub.queries.share import requests as queries
from yiwang.apps.datahub.services.share import catalogue, objections, requests, settings, ticking
from yiwang.apps.datahub.tests.share_town import asked, granted, make_set, wish
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.notices.models import Notice

pytestmark = pytest.mark.django_db


def test_a_request_without_legal_basis_is_refused_with_what_is_missing(world: Any) -> None:
    dataset = make_set(world)
    bad = {"basis": "工作需要", "duty": "", "columns": ["name", "wages"], "valid_until": localdate() + timedelta(days=9999), "promise": False, "per_minute": 0}
    with pytest.raises(BadInput) as caught:
        asked(world, dataset, **bad)
    assert {(e["field"], e["code"]) for e in caught.value.errors} == {
        ("basis", "no-law"), ("basis", "no-place"), ("duty", "no-duty"), ("columns", "unknown"), ("valid_until", "too-long"), ("promise", "required"), ("per_minute", "range"),
    }  # fmt: skip
    assert not SharingRequest.objects.exists()
    with pytest.raises(BadInput) as caught:
        asked(world, dataset, valid_until=None)
    assert [e["field"] for e in caught.value.errors] == ["valid_until"]


def test_unconditional_is_granted_by_the_platform_at_once(world: Any) -> None:
    grant = granted(world, make_set(world, sharing="unconditional"))
    assert [s.action for s in grant.request.steps.all()] == ["asked", "platform"]
    assert grant.masks == {"id_number": "mask", "name": "mask", "street": "plain", "amount": "plain"}  # the policy of `grant`
    assert Notice.objects.filter(account=world.account("data_owner2"), kind="datahub.request").exists()


def test_what_is_not_shared_names_its_law(world: Any) -> None:
    with pytest.raises(NotShared) as caught:
        asked(world, make_set(world, sharing="none", sharing_reason="《统计法》第九条"))
    assert "统计法" in caught.value.detail()


def test_the_owner_decides_in_his_time_and_a_refusal_needs_a_law(world: Any) -> None:
    request = asked(world, make_set(world))
    assert request.due_at is not None
    assert timedelta(days=10) < request.due_at - request.made_at < timedelta(days=30)  # ten working days
    owner = world.actor("data_owner")
    for who in ("data_owner2", "data_clerk"):
        with pytest.raises(NotPermitted):
            requests.decide(world.actor(who), request, approve=True)
    with pytest.raises(BadInput) as caught:
        requests.decide(owner, request, approve=False, reason="", law="不方便")
    assert [e["field"] for e in caught.value.errors] == ["reason", "law"]
    with pytest.raises(BadInput) as caught:  # masks that give the number back
        requests.decide(owner, SharingRequest.objects.get(pk=asked(world, make_set(world, "two"), columns=["id_number", "born"]).pk), approve=True, masks={"born": "plain"})
    assert caught.value.errors[0]["code"] == "recoverable"
    requests.decide(owner, request, approve=False, reason="超出职责范围", law="《个人信息保护法》第三十四条")
    with pytest.raises(NotNow):
        requests.decide(owner, request, approve=True)
    assert not SharingGrant.objects.filter(request=request).exists()


def test_a_dispute_goes_to_the_authority_once(world: Any) -> None:
    request = asked(world, make_set(world))
    requests.decide(world.actor("data_owner"), request, approve=False, reason="超出职责范围", law="《个人信息保护法》第三十四条")
    requests.dispute(world.actor("data_owner2"), request, "医疗救助职责见三定方案")
    with pytest.raises(NotPermitted):
        requests.settle(world.actor("data_owner"), request, approve=False, reason="不行")
    requests.settle(world.actor("data_steward"), request, approve=False, reason="依据不足")
    with pytest.raises(NotNow):
        requests.dispute(world.actor("data_owner2"), request, "再争")
    second = asked(world, make_set(world, "other"))
    requests.decide(world.actor("data_owner"), second, approve=False, reason="超出职责范围", law="《个人信息保护法》第三十四条")
    requests.dispute(world.actor("data_owner2"), second, "医疗救助职责见三定方案")
    requests.settle(world.actor("data_steward"), second, approve=True, reason="职责明确")
    assert SharingGrant.objects.filter(request=second).count() == 1
    assert [s.action for s in second.steps.all()] == ["asked", "refused", "disputed", "settled", "granted"]
    assert Event.objects.filter(action="datahub.request.disputed").count() == 2


def test_both_sides_see_it_and_nobody_else(world: Any) -> None:
    request = asked(world, make_set(world))
    for who in ("data_owner", "data_owner2", "data_steward"):
        assert queries.request_for(world.actor(who), request.uid) == request
    for who in ("data_clerk", "inspector", "leader", "administrator"):
        with pytest.raises(NotFound):
            queries.request_for(world.actor(who), request.uid)
    with pytest.raises(BadInput):
        requests.ask(world.actor("data_owner"), request.dataset, world.orgs["bureau-civil"], wish())  # one's own data
    with pytest.raises(NotPermitted):
        requests.ask(world.actor("data_owner2"), request.dataset, world.orgs["bureau-greening"], wish())


def test_overdue_is_urged_once(world: Any) -> None:
    request = asked(world, make_set(world))
    SharingRequest.objects.update(due_at=now() - timedelta(hours=1))
    assert ticking.tick()["urged"] == 1
    assert ticking.tick()["urged"] == 0
    told = Notice.objects.filter(kind="datahub.request.late")
    assert {n.account_id for n in told} == {world.account(who).pk for who in ("data_owner", "data_steward", "data_steward2")}
    assert request.number in told[0].title["zh-Hans"]


def test_a_doubtful_row_comes_back_to_all_subscribers(world: Any) -> None:
    dataset = make_set(world)
    granted(world, dataset)
    me = world.actor("data_owner2")
    with pytest.raises(BadInput):
        objections.object_to(me, dataset, world.orgs["bureau-health"], key="1", column="", text="金额不符", evidence="")
    made = objections.object_to(me, dataset, world.orgs["bureau-health"], key="371599195001010001", column="amount", text="金额不符", evidence="医保系统截图 2026-11-20")
    stored = RowObjection.objects.get(pk=made.pk)
    assert stored.shown_key == "371599********0001"
    assert "371599195001010001" not in str(vars(stored))
    assert objections.reveal_key(world.actor("data_owner"), stored) == "371599195001010001"
    with pytest.raises(NotPermitted):
        objections.reveal_key(me, stored)
    RowObjection.objects.update(due_at=now() - timedelta(hours=1))
    assert ticking.tick()["urged"] == 1
    objections.answer(world.actor("data_owner"), stored, corrected=True, text="已按发放清册更正")
    told = Notice.objects.filter(kind="datahub.objection", account=world.account("data_owner2"))
    assert "已更正" in told.latest("pk").title["zh-Hans"]
    with pytest.raises(NotNow):
        objections.answer(world.actor("data_owner"), stored, corrected=False, text="x")


def test_withdrawing_a_set_tells_its_users(world: Any) -> None:
    dataset = make_set(world)
    granted(world, dataset)
    catalogue.withdraw(world.actor("data_steward"), dataset, "并入新目录")
    assert Notice.objects.filter(kind="datahub.withdrawn", account=world.account("data_owner2")).count() == 1


def test_limits_are_data_with_versions(world: Any) -> None:
    settings.install()
    with pytest.raises(NotPermitted):
        settings.change_days(world.actor("data_owner"), {"owner": 5}, "快一点")
    with pytest.raises(BadInput):
        settings.change_days(world.actor("data_steward"), {"owner": 0}, "快一点")
    made = settings.change_days(world.actor("data_steward"), {"owner": 1}, "本县规定")
    request = asked(world, make_set(world))
    assert (made.version, request.due_at - request.made_at < timedelta(days=8)) == (2, True)  # type: ignore[operator]
