"""The desks where work is judged, in a browser: every page at both sizes in Chinese, full, empty and refused, with nothing that axe-core finds wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import walk
from tests.support.looks import assert_accessible, page_faults, settle, shoot
from tests.world import World
from yiwang.apps.city.models import (
    AcceptanceSample,
    CheckDraw,
    Contract,
    MissedReport,
    Precedent,
    RuleProposal,
    SecondCheck,
)
from yiwang.apps.city.services.judging import acceptance, checks
from yiwang.apps.city.services.judging import settings as figures
from yiwang.apps.city.tests import test_checks, test_contracts, test_missed, test_precedents
from yiwang.kernel.base.actor import system
from yiwang.kernel.geography.models import ResponsibilityGrid
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]
PHONE = ("checks", "check", "second", "draw", "missed", "own-missed", "precedents", "outside", "contract", "acceptance", "appeals")


def fill(world: World) -> dict[str, str]:
    """Judge something of every kind; returns the addresses by name, each with who looks at it."""
    _own, other = test_checks.second_grid(world)
    test_checks.crew(world, other, "inspector2", "walker", "stroller")
    figures.change(system("test"), "blind", {"second_share": 1.0})
    case = walk.advance(world, walk.report(world), "checking")
    case = test_checks.check_as(world, case, test_checks.checker_of(case))
    case = walk.do(world, case, "shift_leader2", "complete", "close", "close", closing=case.filing_row.key)
    row = SecondCheck.objects.get()
    key = next(k for k, p in world.people.items() if p.account.pk == row.account_id)
    test_checks.found(world, row, key, "fail", reason="井盖仍有响声")
    test_missed.patrol(world, "inspector", timezone.now() - timedelta(hours=3))
    test_missed.verified(world, at=(1, 3), photo="j1")
    question = MissedReport.objects.get()
    test_precedents.quarrel(world, (0, 1), "q1")
    test_precedents.quarrel(world, (1, 2), "q2")
    contract = test_contracts.enter(world)
    sample = acceptance.draw_sample(world.actor("leader"), world.district, size=3)
    assert isinstance(sample, AcceptanceSample)
    assert isinstance(contract, Contract)
    draw = CheckDraw.objects.order_by("-pk").first()
    assert draw is not None
    assert checks.seed_of_today().pk
    return {
        "checks": reverse("city:checks"), "check": reverse("city:check", args=[row.uid]), "draws": reverse("city:draws"), "draw": reverse("city:draw", args=[draw.uid]),
        "missed": reverse("city:missed"), "missed-one": reverse("city:missed_one", args=[question.uid]), "precedents": reverse("city:precedents"),
        "outside": reverse("city:outside"), "media": reverse("city:media"), "contracts": reverse("city:contracts"),
        "contract": reverse("city:contract", args=[contract.uid]) + f"?month={timezone.localdate():%Y-%m}&line=handled", "acceptance": reverse("city:acceptance") + "?area=371592&mode=live",
        "sample": reverse("city:sample", args=[sample.uid]), "appeals": reverse("city:appeals"),
        "precedent": reverse("city:precedent", args=[Precedent.objects.earliest("pk").uid]), "rule": reverse("city:rule_proposal", args=[RuleProposal.objects.get().uid]),
    }  # fmt: skip


def test_every_page_can_be_read(live_site, live_world, as_person):
    """At both widths in one world: making it twice would show nothing more."""
    assert ResponsibilityGrid.objects.exists()
    pages = fill(live_world)
    faults: list[str] = []
    for phone in (False, True):
        page = as_person("leader", size=(390, 844) if phone else (1440, 900))
        for name, url in pages.items():
            if phone and name not in PHONE:
                continue
            page.goto(live_site + url)
            settle(page)
            shoot(page, f"judging-{name}", full=True)
            at = f"{name} at {'phone' if phone else 'desk'} width"
            faults += page_faults(page, at, latin=("PDF", "SHA", "HMAC", "component", "xlsx"), axe=not phone or name == "check")
        page.context.close()
    assert not faults, "\n".join(faults)


def test_an_inspector_answers_a_second_check_and_objects_on_his_phone(live_site, live_world, as_person):
    pages = fill(live_world)
    row = SecondCheck.objects.get()
    SecondCheck.objects.update(done_at=None, agrees=None, outcome="", reason="")
    key = next(k for k, p in live_world.people.items() if p.account.pk == row.account_id)
    page = as_person(key, size=(390, 844))
    page.goto(live_site + reverse("city:second", args=[row.uid]))
    settle(page)
    shoot(page, "judging-second", full=True)
    assert_accessible(page)
    page.locator("main form button.btn-primary").last.click()
    settle(page)
    assert SecondCheck.objects.get().done_at is None, "nothing was chosen"
    shoot(page, "judging-second-refused", full=True)
    assert pages
