"""What a leader may say with one thumb: reasons, limits, sizes of pages; data of the subject `leader`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from yiwang.apps.city.queries.judging.settings import values
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor

DESK = "city.leader.desk"


@dataclass(frozen=True)
class Chips:
    """Reasons as (code, words), limits as (unit, value), and how long pages are."""

    press: list[tuple[str, str]]
    agree: list[tuple[str, str]]
    deny: list[tuple[str, str]]
    limits: list[tuple[str, int]]
    decisions: int
    oldest: int
    ranking_minutes: int


def chips() -> Chips:
    """Return what holds now; one query."""
    found = values("leader")

    def named(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
        return [(str(row["code"]), texts.pick(row["name"])) for row in rows]

    return Chips(
        press=named(found["press_reasons"]), agree=named(found["agree_reasons"]), deny=named(found["deny_reasons"]),
        limits=[(str(row["unit"]), int(row["value"])) for row in found["limits"]], decisions=int(found["decisions"]), oldest=int(found["oldest"]),
        ranking_minutes=int(found["ranking_minutes"]),
    )  # fmt: skip


def area_of(actor: Actor) -> str:
    """Return the path of the area that the leader's desk covers (its first); empty for everything."""
    scopes = actor.scopes(DESK)
    return scopes[0].area_path if scopes else "-"
