"""Two at the same instant: one card, one step up, one number for one key; numbers without a gap."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.world import build
from yiwang.kernel.base.clock import now
from yiwang.kernel.notices.models import Notice
from yiwang.kernel.supervision import services
from yiwang.kernel.supervision.contracts import OrderDraft
from yiwang.kernel.supervision.models import Card, Due, Order, OrderReply, OrderTarget
from yiwang.kernel.supervision.queries import rulebook

pytestmark = pytest.mark.committed


def test_two_at_once(committed):
    world = build(matter=False)
    rulebook.forget()
    services.install_shipped()
    leader, org = world.actor("leader"), world.orgs["company-water"]
    draft = OrderDraft(title="专题", text="报送", orgs=(org.uid,), limit=1, unit="work_hour")

    same = committed.in_threads(*[lambda: services.order(leader, draft, key="once-only")] * 3)
    assert len({r.number for r in same}) == 1
    assert Order.objects.count() == 1
    others = committed.in_threads(*[lambda: services.order(leader, draft)] * 3)
    assert sorted(r.number.split("〕")[1] for r in others) == ["2号", "3号", "4号"], "each its own, none missing"

    part = OrderTarget.objects.get(order__uid=same[0].uid)
    OrderTarget.objects.exclude(pk=part.pk).update(state="accepted")
    Due.objects.exclude(target=part).delete()
    later = part.due_at + timedelta(minutes=1)
    committed.in_threads(*[lambda: services.wake(later)] * 3)
    card = Card.objects.get(target=part)
    assert card.colour == "yellow"
    assert Notice.objects.filter(account=world.account("handler2"), kind="supervision.card.yellow", channel="in_app").count() == 1
    much_later = now() + timedelta(days=3)
    Due.objects.filter(target=part).delete()
    committed.in_threads(*[lambda: services.wake(much_later)] * 3)
    card.refresh_from_db()
    assert card.escalated == 1

    handler = world.actor("handler2")
    committed.in_threads(*[lambda: services.reply(handler, part.uid, "已办", key="reply-1")] * 2)
    assert OrderReply.objects.filter(target=part).count() == 1
    verdicts = committed.in_threads(lambda: services.judge(leader, part.uid, accept=True), lambda: services.judge(leader, part.uid, accept=False, reason="再议"))
    assert sum(isinstance(v, Exception) for v in verdicts) == 1, "one of them came first"
    rulebook.forget()
