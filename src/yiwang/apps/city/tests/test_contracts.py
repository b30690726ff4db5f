"""A contractor's month (合同月度结算): quantity times price less deductions, each line its cases, frozen with its hash."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import walk
from yiwang.apps.city.errors import AlreadyDone
from yiwang.apps.city.models import CityAppeal, Contract, Settlement
from yiwang.apps.city.queries.judging import contracting as contracts
from yiwang.apps.city.rules.judging import contracting as rules
from yiwang.apps.city.services.judging import contracting as services
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.errors import BadInput, NotPermitted
from yiwang.kernel.cases.models import Case, Clock, Task

cents = st.integers(0, 10_000).map(lambda n: str(Decimal(n) / 100))


@settings(max_examples=100, deadline=None)
@given(
    prices=st.dictionaries(st.sampled_from("abc"), cents, max_size=3), deductions=st.dictionaries(st.sampled_from("xyz"), st.tuples(cents, st.integers(0, 5)), max_size=3),
    many=st.dictionaries(st.sampled_from("abcxyz"), st.integers(0, 40)), cap=st.sampled_from([0, 0.3, 1]),
)  # fmt: skip
def test_the_lines_are_the_whole(prices, deductions, many, cap):
    taken = [{"code": c, "amount": a, "free": f} for c, (a, f) in deductions.items()]
    sheet = rules.settle(prices, taken, {c: range(n) for c, n in many.items()}, cap_share=cap)
    assert sheet.gross == sum((x.price * len(x.cases) for x in sheet.lines if not x.is_deduction), Decimal(0))
    assert sheet.gross + sum((x.amount for x in sheet.lines if x.is_deduction), Decimal(0)) + sheet.capped == sheet.total
    assert 0 <= sheet.total <= sheet.gross
    assert sheet.deducted <= rules.money(sheet.gross * Decimal(str(cap)))
    for line in sheet.lines:
        assert len(line.cases) == line.counted == many.get(line.code, 0)
        assert line.quantity == max(0, line.counted - line.free)


@pytest.mark.parametrize("text", ["", "x", "-1", "NaN", "Infinity", "1000000.01", None])
def test_what_is_no_price(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the rule says no more
        rules.price_of(text)


def enter(world, who="leader", **more):
    given = {
        "code": "HT-1", "name": "井盖养护合同", "kind": "upkeep", "org": world.orgs["company-water"], "area": world.areas["371592"], "prices": {"handled": "80"},
        "deductions": [{"code": "overdue", "amount": "20", "free": 0}, {"code": "rework", "amount": "10", "free": 0}], "valid_from": date(2020, 1, 1), "valid_to": date(2099, 12, 31),
    } | more  # fmt: skip
    return services.enter(world.actor(who), **given)


def into_last_month(case):
    """Move what was done on a case into the month before this one."""
    first = timezone.localtime().replace(day=1, hour=12, minute=0, second=0, microsecond=0)
    moment = first - timedelta(days=5)
    Task.all_modes.filter(case=case, state="done").update(done_at=moment)
    Clock.objects.filter(case=case).update(stopped_at=moment)
    return moment.date()


@pytest.fixture
def month(world):
    """Two cases handled last month, one of them late and reworked; one this month; one in another district."""
    fine = walk.advance(world, walk.report(world, at=(0, 1), photo="m1"), "handled")
    late = walk.advance(world, walk.report(world, at=(0, 3), photo="m2"), "checking")
    late = walk.do(world, late, "inspector2", "complete", "check", "fail", reason="有响声", files=(walk.upload(world.actor("inspector2"), "m", stage="check"),))
    late = walk.do(world, late, "dispatcher", "complete", "rework", "handle", reason="返工")
    walk.let_pass(late, 200)
    late = walk.advance(world, Case.objects.get(pk=late.pk), "handled")
    walk.advance(world, walk.report(world, at=(4, 4), photo="m3"), "handled")
    Clock.objects.filter(case=fine).update(due_at=timezone.now() + timedelta(days=9))
    day = into_last_month(fine)
    into_last_month(late)
    Clock.objects.filter(case=late, name="department").update(due_at=timezone.now() - timedelta(days=90))
    return day, fine, late


def lines(sheet):
    return {x["code"]: (x["quantity"], x["amount"]) for x in sheet["lines"]}


@pytest.mark.django_db
def test_a_month_counts_what_was_done_in_it(world, month):
    day, fine, late = month
    sheet, kept = contracts.shown(enter(world), day.replace(day=1))
    assert kept is None
    assert lines(sheet) == {"handled": (2, "160.00"), "overdue": (1, "-20.00"), "rework": (1, "-10.00")}
    assert (sheet["gross"], sheet["deducted"], sheet["capped"], sheet["total"]) == ("160.00", "30.00", "0.00", "130.00")
    assert {u for x in sheet["lines"] if x["code"] == "handled" for u in x["cases"]} == {str(fine.uid), str(late.uid)}
    assert [u for x in sheet["lines"] if x["code"] == "overdue" for u in x["cases"]] == [str(late.uid)]
    other = enter(world, code="HT-2", area=world.areas["371591"])
    assert lines(contracts.shown(other, day.replace(day=1))[0])["handled"] == (0, "0.00"), "another district"
    CityAppeal.objects.create(
        case=late, org=world.orgs["company-water"], contests="overdue", area_path=late.area_path, org_path=world.orgs["company-water"].path, asked_at=timezone.now(),
        accepted=True, decided_at=timezone.now(),
    )  # fmt: skip
    assert lines(contracts.shown(Contract.objects.get(code="HT-1"), day.replace(day=1))[0])["overdue"] == (0, "0.00"), "an appeal lifted it"


@pytest.mark.django_db
def test_a_settled_month_never_changes_and_its_hash_is_on_record(world, month):
    day, fine, _late = month
    contract, leader = enter(world), world.actor("leader")
    first = day.replace(day=1)
    sheet, _kept = contracts.shown(contract, first)
    digest = rules.fingerprint(sheet)
    with pytest.raises(NotPermitted):
        services.settle(world.actor("shift_leader"), contract, first, expected=digest)
    with pytest.raises(BadInput):
        services.settle(leader, contract, first, expected="of another sheet")
    with pytest.raises(BadInput):
        services.settle(leader, contract, timezone.localdate(), expected=digest)
    row = services.settle(leader, contract, first, expected=digest)
    assert (row.total, row.sha256) == (Decimal("130.00"), digest)
    assert Event.objects.get(action="city.contract.settled").data["sha256"] == digest
    with pytest.raises(AlreadyDone):
        services.settle(leader, contract, first, expected=digest)
    Task.all_modes.filter(case=fine).update(outcome="return")
    again, kept = contracts.shown(contract, first)
    assert (lines(again)["handled"], kept.pk) == ((2, "160.00"), row.pk), "what happens later does not change it"
    assert rules.fingerprint(Settlement.objects.get().sheet) == digest, "as the database keeps it"
    outside = enter(world, code="HT-3", valid_from=date(2020, 1, 1), valid_to=date(2020, 12, 31))
    empty, _none = contracts.shown(outside, first)
    with pytest.raises(BadInput):
        services.settle(leader, outside, first, expected=rules.fingerprint(empty))


@pytest.mark.django_db
@pytest.mark.parametrize("more", [
    {"kind": "nonsense"}, {"prices": {}}, {"prices": {"call": "1"}}, {"prices": {"handled": "-1"}}, {"prices": {"handled": "x"}},
    {"deductions": [{"code": "nonsense", "amount": "1"}]}, {"deductions": [{"code": "missed", "amount": "1", "free": -1}]}, {"valid_to": date(2019, 1, 1)},
])  # fmt: skip
def test_a_contract_that_cannot_be(world, more):
    with pytest.raises(BadInput):
        enter(world, **more)
    assert Contract.objects.count() == 0


@pytest.mark.django_db
def test_collecting_counts_reports_verifications_and_checks(world, month):
    day = timezone.localdate()
    contract = enter(
        world, code="CJ-1", kind="collect", org=world.orgs["centre-supervision"], prices={"report": "3", "check": "2"}, deductions=[{"code": "wrong", "amount": "5", "free": 0}]
    )
    sheet, _kept = contracts.shown(contract, day.replace(day=1))
    assert lines(sheet)["report"] == (3, "9.00"), "three cases were filed this month"
    with pytest.raises(BadInput):
        enter(world, code="CJ-1")


@pytest.mark.django_db
def test_the_pages(world, month):
    day, _fine, _late = month
    client, url = world.client("leader"), reverse("city:contracts")
    given = {"code": "HT-9", "name": "养护", "kind": "upkeep", "org": "company-water", "area": "371592", "valid_from": "2020-01-01", "valid_to": "2099-12-31"}
    assert client.post(url, given).status_code == 422, "no price"
    assert client.post(url, {**given, "price_upkeep_handled": "80", "less_overdue": "20", "free_overdue": "1"}).status_code == 302
    contract = Contract.objects.get()
    assert (contract.prices, contract.deductions) == ({"handled": "80.00"}, [{"code": "overdue", "amount": "20.00", "free": 1}])
    one = reverse("city:contract", args=[contract.uid])
    page = client.get(f"{one}?month={day:%Y-%m}&line=handled")
    assert len(page.context["cases"]) == 2
    assert all(c["url"] for c in page.context["cases"])
    assert client.post(one, {"month": f"{day:%Y-%m}", "expected": "x"}).status_code == 422
    assert client.post(one, {"month": f"{day:%Y-%m}", "expected": page.context["expected"]}).status_code == 302
    assert "160.00" in client.get(f"{one}?month={day:%Y-%m}").content.decode()
    kept = Settlement.objects.get()
    Settlement.objects.update(sheet={**kept.sheet, "total": "999.00"})
    assert "哈希值已变" in client.get(f"{one}?month={day:%Y-%m}").content.decode(), "somebody changed it in the database"
    pdf = client.get(reverse("city:contract_sheet", args=[contract.uid, "pdf"]) + f"?month={day:%Y-%m}")
    assert pdf.content[:5] == b"%PDF-"
    xlsx = client.get(reverse("city:contract_sheet", args=[contract.uid, "xlsx"]) + f"?month={day:%Y-%m}")
    assert xlsx.content[:2] == b"PK"
    assert client.get(f"{one}?month=nonsense").status_code == 200
    assert world.client("dispatcher").get(one).status_code == 403
