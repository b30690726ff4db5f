"""The record and its warnings for the sweeps: the audit administrator's alone, whatever his place."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from tests.sweeps.specimens import Kind, Specimen, Write
from yiwang.kernel.audit.models import Event, UnusualActivity
from yiwang.kernel.base.uid import uuid7

VIEW, JUDGE = "audit.view", "audit.judge"
NOT_LISTS = {f"records/{part}": "the record: whoever may open it sees all of it" for part in ("", "accesses/", "exports/", "seals/", "warnings/", "secrets/", "pack.zip")}

NUMBERS = dict.fromkeys(NOT_LISTS, "of business the audit administrator sees the number alone, never a row")


def fill(world: Any) -> dict[str, Any]:
    UnusualActivity.objects.create(
        unit="hour", starts_at=timezone.now(), actor_kind="person", actor_id=world.account("leader").pk, actor_name="沈领", post_name="领导",
        family="read", subject="city.party", amount=99, own_median=1, own_periods=30, own_bound=5, peer_median=1, peer_people=3, peer_bound=5,
    )  # fmt: skip
    return {}


def kinds(made: Any) -> list[Kind]:
    event = Event.all_modes.order_by("position").first()
    lines = [Specimen("a line of the record", {"position": event.position}, lambda r: r.holds(VIEW), (), event)]
    warnings = [Specimen("a warning", {"uid": w.uid}, lambda r: r.holds(VIEW), (str(w.uid),), w) for w in UnusualActivity.objects.all()]
    return [
        Kind("event", ("records/<int:position>/",), lines, {"position": 999999999}),
        Kind("warning", ("records/warnings/<uuid:uid>/",), warnings, {"uid": uuid7()}, {
            "records:judge": Write(lambda s: {"verdict": "explained", "reason": "月底盘点"}, "audit_administrator", "a warning", lambda r, _s: r.holds(JUDGE)),
        }),
    ]  # fmt: skip
