"""Reads of contracts and their months: what counts for each unit and deduction, and the sheets that were settled."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils.timezone import get_default_timezone

from yiwang.apps.city.models import CityAppeal, Contract, Settlement
from yiwang.apps.city.queries.judging import missed
from yiwang.apps.city.queries.judging.settings import values
from yiwang.apps.city.rules.judging import contracting as rules
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.scopes import held
from yiwang.kernel.cases.models import Case, Clock, Report, Task
from yiwang.kernel.identity.models import Holding

VIEW, EDIT = "city.judging.view", "city.contract.edit"


def visible_to(actor: Actor) -> QuerySet[Contract]:
    return Contract.objects.filter(held(actor, VIEW, EDIT)).select_related("org", "area")


def contract_for(actor: Actor, uid: UUID) -> Contract:
    found = visible_to(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="contract")
    return found


def settled(contract: Contract, month: date) -> Settlement | None:
    return Settlement.objects.filter(contract=contract, month=month).first()


def unit_words(kind: str) -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = values("contract")["units"].get(kind, {})
    return found


def deduction_words() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = values("contract")["deductions"]
    return found


class _Month:
    """What is counted of a contract between two moments: of its body's people, in its area, live cases alone."""

    def __init__(self, contract: Contract, begin: datetime, end: datetime) -> None:
        self.contract, self.begin, self.end = contract, begin, end
        held = Holding.objects.filter(post__organization__path__startswith=contract.org.path)
        held = held.filter(Q(valid_from__isnull=True) | Q(valid_from__lt=end)).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=begin))
        self.people = list(held.values_list("account_id", flat=True).distinct())

    def _cases(self, rows: Any) -> list[int]:
        here = rows.filter(case__area_path__startswith=self.contract.area_path, case__mode="live", case__app="city")
        return list(here.order_by("pk").values_list("case_id", flat=True))

    def _done(self, *steps: str) -> list[int]:
        rows = Task.objects.filter(kind="process", step__in=steps, state="done", done_by_id__in=self.people)
        return self._cases(rows.filter(done_at__gte=self.begin, done_at__lt=self.end))

    def report(self) -> list[int]:
        """The contractor's own reports whose cases were filed in the month."""
        rows = Report.objects.filter(channel="inspector", opened_case=True, reporter_account_id__in=self.people)
        return self._cases(rows.filter(case__filed_at__gte=self.begin, case__filed_at__lt=self.end))

    def call(self) -> list[int]:
        return self._cases(Report.objects.filter(channel="hotline", reporter_account_id__in=self.people, received_at__gte=self.begin, received_at__lt=self.end))

    def verify(self) -> list[int]:
        return self._done("verify", "verify_parallel")

    def check(self) -> list[int]:
        return self._done("check")

    def accept(self) -> list[int]:
        return self._done("accept")

    def _handled(self) -> QuerySet[Task]:
        rows = Task.objects.filter(kind="process", step="handle", state="done", outcome="done", org_path__startswith=self.contract.org.path)
        return rows.filter(done_at__gte=self.begin, done_at__lt=self.end)

    def handled(self) -> list[int]:
        """Cases handled: each once, however often it came back."""
        return list(dict.fromkeys(self._cases(self._handled())))

    def missed(self) -> list[int]:
        return self._cases(missed.counted(self.people, self.begin, self.end))

    def wrong(self) -> list[int]:
        return self._cases(missed.wrong_reports(self.begin, self.end).filter(reported_by_inspector_id__in=self.people))

    def _lifted(self, contests: str) -> set[int]:
        return set(CityAppeal.objects.filter(accepted=True, contests=contests, org_path__startswith=self.contract.org.path).values_list("case_id", flat=True))

    def overdue(self) -> list[int]:
        """Cases handled in the month beyond the body's limit, without those that an appeal lifted."""
        late = Clock.objects.filter(name="department", task__in=self._handled()).filter(Q(consumed_minutes__gt=F("total_minutes")) | Q(stopped_at__gt=F("due_at")))
        lifted = self._lifted("overdue")
        return [pk for pk in dict.fromkeys(self._cases(late)) if pk not in lifted]

    def rework(self) -> list[int]:
        """Each handling in the month after the first of its case, without what an appeal lifted."""
        done = list(self._handled().filter(case__area_path__startswith=self.contract.area_path, case__rework_count__gt=0).order_by("done_at", "pk").values_list("pk", "case_id"))
        all_of = Task.objects.filter(case_id__in=[c for _pk, c in done], step="handle", state="done", outcome="done", org_path__startswith=self.contract.org.path)
        first: dict[int, int] = {}
        for pk, case_id in all_of.order_by("done_at", "pk").values_list("pk", "case_id"):
            first.setdefault(case_id, pk)
        lifted = self._lifted("rework")
        return [case_id for pk, case_id in done if pk != first.get(case_id) and case_id not in lifted]


def sheet_of(contract: Contract, month: date) -> rules.Sheet:
    """Return the sheet of a month as the facts are now."""
    first, following = rules.month_of(month)
    zone = get_default_timezone()
    facts = _Month(contract, datetime.combine(first, time.min, tzinfo=zone), datetime.combine(following, time.min, tzinfo=zone))
    wanted = [*contract.prices, *(d["code"] for d in contract.deductions)]
    counted = {code: count() for code in wanted if (count := _counter(facts, code)) is not None}
    return rules.settle(contract.prices, contract.deductions, counted, cap_share=float(values("contract")["cap_share"]))


def _counter(facts: _Month, code: str) -> Callable[[], list[int]] | None:
    known = {*(u for kind in values("contract")["units"].values() for u in kind), *values("contract")["deductions"]}
    return getattr(facts, code, None) if code in known else None


def plain(contract: Contract, month: date, sheet: rules.Sheet) -> dict[str, Any]:
    """Return a sheet as it is kept: words, numbers as text, and the uids of the cases behind each line."""
    ids = {pk for line in sheet.lines for pk in line.cases}
    uids = {pk: str(uid) for pk, uid in Case.all_modes.filter(pk__in=ids).values_list("pk", "uid")}
    words = {**unit_words(contract.kind), **deduction_words()}
    return {
        "contract": contract.code, "body": contract.org.code, "kind": contract.kind, "month": month.isoformat(),
        "lines": [
            {
                "code": line.code, "name": dict(words.get(line.code, {"zh-Hans": line.code})), "deduction": line.is_deduction, "counted": line.counted, "free": line.free,
                "quantity": line.quantity, "price": str(line.price), "amount": str(line.amount), "cases": [uids[pk] for pk in line.cases if pk in uids],
            }
            for line in sheet.lines
        ],
        "gross": str(sheet.gross), "deducted": str(sheet.deducted), "capped": str(sheet.capped), "total": str(sheet.total),
    }  # fmt: skip


def shown(contract: Contract, month: date) -> tuple[dict[str, Any], Settlement | None]:
    """Return the sheet of a month: as it was settled, else as the facts are now."""
    kept = settled(contract, month)
    return (kept.sheet, kept) if kept is not None else (plain(contract, month, sheet_of(contract, month)), None)


def cases_of(line: Mapping[str, Any]) -> list[tuple[Case, int]]:
    """Return the cases behind a line with how often each counts, in the order in which they count."""
    times: dict[str, int] = {}
    for uid in line["cases"]:
        times[uid] = times.get(uid, 0) + 1
    rows = {str(c.uid): c for c in Case.all_modes.filter(uid__in=list(times)).select_related("matter")}
    return [(rows[uid], many) for uid, many in times.items() if uid in rows]


def line_name(line: Mapping[str, Any]) -> str:
    return texts.pick(line["name"])
