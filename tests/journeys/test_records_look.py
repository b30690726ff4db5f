"""The three administrators' pages in a browser: accessible, no sideways scroll, at desk and phone width."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from tests import walk
from tests.support.looks import assert_accessible, no_sideways_scroll, settle, shoot
from yiwang.kernel.audit import sealing, verifying, watching
from yiwang.kernel.audit.models import Event, UnusualActivity
from yiwang.kernel.audit.services import log_access, record
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.contracts import PersonDraft
from yiwang.kernel.identity import services as identity
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]


def some_days_work(world) -> None:
    """A case on its way, an account made and given a post, readings, exports, a busy hour, a verification."""
    case = walk.report(world, person=PersonDraft(name="王大锤", phone="13812345678"))
    case = walk.advance(world, case, "pending_handle") or case
    person, _password = identity.create_account(world.actor("administrator"), username="new.hand", name="新手")
    identity.give_post(world.actor("security_administrator"), account=person, post=world.people["leader"].post)
    for purpose in ("回访报案人", "核对地址", "电话告知结果"):
        log_access(world.actor("acceptor"), party_id=case.parties.get().party_id, fields=["name", "phone"], purpose=purpose, case_id=case.pk, case_uid=case.uid)
    for query in ("", "?state=handling", "?district=371592&overdue=1"):
        world.client("leader").get(f"/city/cases/export.xlsx{query}")
    with transaction.atomic():
        for _ in range(380):
            record(world.actor("shift_leader"), action="city.view.saved")
    watching.look(now() + timedelta(seconds=1))
    sealing.seal_all()
    verifying.verify_and_keep("nightly")


def test_the_administrators_pages(live_site, live_world, as_person, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    some_days_work(live_world)
    given, warning = Event.objects.get(action="identity.post.given"), UnusualActivity.objects.first()
    person = live_world.account("leader")
    shown = (
        ("events", "audit_administrator", "/records/"), ("events-filtered", "audit_administrator", "/records/?who=%E8%A4%9A%E5%AE%89&action=identity."),
        ("event", "audit_administrator", f"/records/{given.position}/"), ("accesses", "audit_administrator", "/records/accesses/"),
        ("exports", "audit_administrator", "/records/exports/"), ("seals", "audit_administrator", "/records/seals/"),
        ("warnings", "audit_administrator", "/records/warnings/"), ("warning", "audit_administrator", f"/records/warnings/{warning.uid}/"),
        ("empty", "audit_administrator", "/records/?who=nobody"), ("people-system", "administrator", f"/accounts/people/{person.uid}/"),
        ("people-security", "security_administrator", f"/accounts/people/{person.uid}/"), ("role", "security_administrator", "/accounts/roles/leader/"),
    )  # fmt: skip
    wrong = []
    for phone in (False, True):
        pages = {}
        for name, who, address in shown:
            page = pages[who] = pages.get(who) or as_person(who, phone=phone, size=None if phone else (1440, 900))
            assert page.goto(live_site + address).status == 200, name
            settle(page)
            shoot(page, f"records/{name}", full=phone)
            if not no_sideways_scroll(page):
                wrong.append(f"{name} ({'phone' if phone else 'desk'}): scrolls sideways")
            try:
                # Forms of the room of people are longer than a thumb likes; they have their own test.
                assert_accessible(page, without=() if address.startswith("/records") else ("target-size",))
            except AssertionError as fault:
                wrong.append(f"{name} ({'phone' if phone else 'desk'}): {fault}")
        for page in pages.values():
            page.context.close()
    assert not wrong, "\n".join(wrong)
