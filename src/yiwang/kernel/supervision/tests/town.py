"""Things to do in tests of supervision: let limits run over, hand events on, read messages."""

from __future__ import annotations

from typing import Any

from django.db import transaction

_heard = [0]  # positions grow from test to test, though each test's rows are rolled back


def hand_on() -> None:
    """Let the room hear everything that was written and not yet heard, as the relay hands it on."""
    from yiwang.kernel.audit import queries as record
    from yiwang.kernel.supervision.services import hear

    last = record.last_position()
    if last < _heard[0]:
        _heard[0] = 0  # another database
    with transaction.atomic():
        hear(record.events_after(_heard[0], limit=5000, upto=last))
    _heard[0] = last


def run_out(case: Any, hours: float) -> None:
    """Let so many hours pass for a case: its timers fire, and what they say is heard."""
    from tests.walk import let_pass
    from yiwang.kernel.cases.services import fire_due

    let_pass(case, hours)
    fire_due()
    hand_on()


def told(account: Any, kind: str = "") -> list[str]:
    """Return the titles of somebody's messages in the platform, oldest first."""
    from yiwang.kernel.notices.models import Notice

    rows = Notice.objects.filter(account=account, channel="in_app").order_by("pk")
    return [n.title["zh-Hans"] for n in (rows.filter(kind__startswith=kind) if kind else rows)]
