"""What checks, appeals and the like tell the sweeps: rows in two districts and of two bodies, and what each list must hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import html

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Kind, Listing
from tests.world import World
from yiwang.apps.city.models import CityAppeal
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.models import Case, CaseOrg

NOT_LISTS: dict[str, str] = {}


def fill(world: World, found: Mapping[str, Any]) -> None:
    """Contest counts of cases in two districts, each by its own body."""
    for key in ("work", "east_work"):
        case = Case.all_modes.get(pk=found[key].pk)
        part = CaseOrg.objects.filter(case=case).select_related("org").order_by("pk").first()
        if part is not None:
            CityAppeal.objects.create(
                case=case, org=part.org, contests="overdue", area_path=case.area_path, org_path=part.org_path, reason="停电无法施工", asked_at=now()
            )


def kinds(made: Any) -> list[Kind]:
    return []


def lists(made: Any) -> list[Listing]:
    return [Listing("appeals", "city:appeals", lambda a: _cases(a), _appeals, {"state": ("", "open", "accepted", "denied", "x")}, next_page=_next)]


def _cases(answer: Any) -> list[str]:
    return [row["uid"] for row in answer.context["rows"]]


def _next(answer: Any) -> str:
    rel = [a.get("href") for a in html.fromstring(answer.content.decode()).iter("a") if a.get("rel") == "next"]
    return rel[0] if rel else ""


def _appeals(reader: Reader, given: Mapping[str, str]) -> set[str]:
    wanted = {"open": None, "accepted": True, "denied": False}.get(given.get("state", ""), "any")
    asks = ("city.case.appeal", "city.judging.view", "city.task.judge_appeal_dispatch", "city.task.judge_appeal_accept")
    return {
        str(a.case.uid) for a in CityAppeal.objects.select_related("case")
        if (wanted == "any" or a.accepted is wanted) and a.case.mode == "live" and any(reader.may(p, a.area_path, a.org_path) for p in asks)
    }  # fmt: skip
