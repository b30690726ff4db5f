"""The lists of judging ask the same number of questions whatever their length."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests import walk
from yiwang.apps.city.models import (
    CheckDraw,
    CityAppeal,
    Contract,
    LotterySeed,
    MediaReport,
    MissedReport,
    OutsideFigure,
    Precedent,
    SecondCheck,
)
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.tests.specimens import clone_cases
from yiwang.kernel.geography.models import ResponsibilityGrid

PAGES = ("appeals", "checks", "draws", "precedents", "missed", "outside", "media", "contracts")


def fill(world, cases, at):
    """A row of every list for each case."""
    org, grid, moment = world.orgs["company-water"], ResponsibilityGrid.objects.get(code="371592Z0001"), timezone.now()
    seed = LotterySeed.objects.get_or_create(day=date(2026, 1, 1), defaults={"seed": "ab" * 32, "made_at": moment})[0]
    for n, case in enumerate(cases, at):
        CityAppeal.objects.create(case=case, org=org, contests="overdue", area_path=case.area_path, org_path=org.path, reason="x", asked_at=moment)
        CheckDraw.objects.create(case=case, kind="second", round=1, seed=seed, eligible=[], drawn=world.account("inspector2"), drawn_at=moment)
        SecondCheck.objects.create(
            case=case, area_path=case.area_path, account=world.account("inspector2"), first_account_id=world.account("inspector3").pk, first_task_uid=uuid7(), first_outcome="pass",
            opened_at=moment, due_at=moment, outcome="fail", done_at=moment, agrees=False,
        )  # fmt: skip
        Precedent.objects.create(
            kind="return", case=case, class_kind="matter", class_code="02001", area_id=case.area_id, area_path=case.area_path, outcome="given", org=org, owner=org, denied_by=org,
            district=world.district, reason="x", decided_at=moment,
        )  # fmt: skip
        MissedReport.objects.create(
            case=case, grid=grid, area_path=case.area_path, account=world.account("inspector"), shift_uid=uuid7(), shift_began_at=moment, reported_at=moment, raised_at=moment
        )
        MediaReport.objects.create(source="报", title=f"{n}", published_on=date(2026, 1, 1), case=case, area=world.district, area_path=world.district.path, org=org, entered_at=moment)
        day = date(2026, 1, 1) + timedelta(days=n)
        OutsideFigure.objects.create(
            kind="survey", period_from=day, period_to=day, area=world.district, area_path=world.district.path, org=org, numerator=1, denominator=2, version=1, source="局",
            entered_at=moment,
        )  # fmt: skip
        Contract.objects.create(
            code=f"HT-{n}", name="养护", kind="upkeep", org=org, area=world.district, area_path=world.district.path, prices={"handled": "1.00"}, valid_from=day, valid_to=day,
            entered_at=moment,
        )  # fmt: skip


@pytest.mark.django_db
def test_lists_cost_the_same_at_any_length(world):
    first = walk.report(world)
    fill(world, [first], 0)
    client, before = world.client("leader"), {}

    def cost(page):
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(reverse(f"city:{page}"))
        assert answer.status_code == 200, page
        return len(asked), len(answer.context["rows"])

    client.get(reverse("city:appeals"))
    for page in PAGES:
        before[page] = cost(page)
    clone_cases(first, 6, typed=lambda _case, _copy: None)
    fill(world, list(Case.all_modes.exclude(pk=first.pk)), 1)
    for page in PAGES:
        asked, rows = cost(page)
        assert (asked, rows, before[page][1]) == (before[page][0], 7, 1), page
