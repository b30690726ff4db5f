"""Entering contracts and settling their months."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from yiwang.apps.city.errors import AlreadyDone
from yiwang.apps.city.models import Contract, Settlement
from yiwang.apps.city.queries.judging import contracting as queries
from yiwang.apps.city.rules.judging import contracting as rules
from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.files.exports import Column, Exported, Table, take
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.paper import printing

EDIT = queries.EDIT


def enter(
    actor: Actor, *, code: str, name: str, kind: str, org: Organization, area: Area, prices: Mapping[str, str], deductions: Sequence[Mapping[str, Any]],
    valid_from: date, valid_to: date,
) -> Contract:  # fmt: skip
    """Enter a contract. It is not changed afterwards: another price is another contract with its own time.

    Raises
    ------
    NotPermitted
        Not in the actor's area.
    BadInput
        A unit, deduction or price that cannot be, nothing to pay, a code that is taken, or times that are turned round.
    """
    actor.require(EDIT, area_path=area.path)
    units, known = queries.unit_words(kind), queries.deduction_words()
    if not units:
        raise BadInput.one("kind", "unknown", _("Choose one from the list."))
    if strange := sorted(set(prices) - set(units)):
        raise BadInput.one("prices", "unknown", _("This kind of contract does not pay for: %(names)s") % {"names": "、".join(strange)[:200]})
    if not prices:
        raise BadInput.one("prices", "required", _("Give at least one price."))
    if valid_from > valid_to:
        raise BadInput.one("valid_to", "order", _("The period ends before it begins."))
    kept: list[dict[str, Any]] = []
    try:
        fixed = {unit: str(rules.price_of(price)) for unit, price in prices.items()}
        for rule in deductions:
            if rule["code"] not in known or int(rule.get("free", 0)) < 0:
                raise ValueError(rule["code"])
            kept.append({"code": rule["code"], "amount": str(rules.price_of(rule["amount"])), "free": int(rule.get("free", 0))})
    except (ValueError, KeyError) as error:
        raise BadInput.one("prices", "number", _("A price is a number of yuan from 0 to 1,000,000.")) from error
    try:
        with transaction.atomic():
            row = Contract.objects.create(
                code=code.strip()[:40], name=name.strip()[:200], kind=kind, org=org, area=area, area_path=area.path, prices=fixed, deductions=kept, valid_from=valid_from,
                valid_to=valid_to, entered_at=now(), entered_by_name=actor.recorded_name[:80],
            )  # fmt: skip
            audit.record(actor, action="city.contract.entered", area_path=area.path, data={"contract": row.code, "body": org.code, "prices": fixed, "deductions": kept})
    except IntegrityError as error:
        raise BadInput.one("code", "twice", _("There is a contract with this number already.")) from error
    return row


@transaction.atomic
def settle(actor: Actor, contract: Contract, month: date, *, expected: str) -> Settlement:
    """Freeze the sheet of a month that has ended; its hash goes into the record. `expected` is the hash of the sheet that was looked at.

    Raises
    ------
    NotPermitted, AlreadyDone
        Not in the actor's area, or settled before.
    BadInput
        The month has not ended, lies outside the contract, or the facts have changed since the page was opened.
    """
    actor.require(EDIT, area_path=contract.area_path)
    first, following = rules.month_of(month)
    locked = Contract.objects.select_for_update(of=("self",)).select_related("org").get(pk=contract.pk)
    if queries.settled(locked, first) is not None:
        raise AlreadyDone
    if following > timezone.localdate(now()):
        raise BadInput.one("month", "open", _("This month has not ended yet."))
    if following <= locked.valid_from or first > locked.valid_to:
        raise BadInput.one("month", "outside", _("The contract does not hold in this month."))
    sheet = queries.plain(locked, first, queries.sheet_of(locked, first))
    digest = rules.fingerprint(sheet)
    if digest != expected:
        raise BadInput.one("month", "changed", _("What is counted has changed since you opened the page. Look at it again."))
    row = Settlement.objects.create(
        contract=locked, month=first, sheet=sheet, total=Decimal(sheet["total"]), sha256=digest, settled_at=now(), settled_by_name=actor.recorded_name[:80]
    )
    audit.record(
        actor, action="city.contract.settled", area_path=locked.area_path,
        data={"contract": locked.code, "month": first.isoformat(), "total": sheet["total"], "sha256": digest},
    )  # fmt: skip
    return row


def sums() -> dict[str, str]:
    return {"gross": _("To be paid before deductions"), "deducted": _("Deducted"), "capped": _("Not deducted because of the cap"), "total": _("To be paid")}


def export_sheet(actor: Actor, contract: Contract, month: date) -> Exported:
    """Return the sheet of a month as .xlsx with the cases behind each line, marked like every export."""
    sheet, _kept = queries.shown(contract, rules.month_of(month)[0])
    lines: list[dict[str, Any]] = [
        {"what": queries.line_name(x), "counted": x["counted"], "free": x["free"], "quantity": x["quantity"], "price": float(x["price"]), "amount": float(x["amount"])}
        for x in sheet["lines"]
    ]
    lines += [{"what": word, "counted": None, "free": None, "quantity": None, "price": None, "amount": float(sheet[key])} for key, word in sums().items()]
    behind = [
        {"what": queries.line_name(line), "number": case.number or str(case.uid), "title": case.title, "times": many}
        for line in sheet["lines"] for case, many in queries.cases_of(line)
    ]  # fmt: skip
    said = (("counted", _("Counted")), ("free", _("Free")), ("quantity", _("Quantity")), ("price", _("Price (yuan)")), ("amount", _("Amount (yuan)")))
    money = [Column(key="what", label=_("What"), width=28, carrier=True), *(Column(key=k, label=v, width=12) for k, v in said)]
    cases = [
        Column(key="what", label=_("What"), width=20), Column(key="number", label=_("Number"), width=24),
        Column(key="title", label=_("Title"), width=60, carrier=True), Column(key="times", label=_("Times"), width=8),
    ]  # fmt: skip
    tables = [Table(title=_("Settlement"), columns=money, rows=lines), Table(title=_("Cases"), columns=cases, rows=behind)]
    return take(actor, what="city.contract", tables=tables, filters={"contract": contract.code, "month": sheet["month"]}, words=contract.name, name="settlement")


def print_sheet(contract: Contract, month: date) -> bytes:
    """Return the sheet of a month as a typeset PDF; a sheet that is not settled says so."""
    sheet, kept = queries.shown(contract, rules.month_of(month)[0])
    rows = [[queries.line_name(x), str(x["counted"]), str(x["free"]), str(x["quantity"]), x["price"], x["amount"]] for x in sheet["lines"]]
    data = {
        "title": _("Settlement of %(month)s") % {"month": sheet["month"][:7]}, "subtitle": contract.name,
        "facts": [
            [_("Contract"), contract.code], [pgettext("organization", "Body"), texts.pick(contract.org.name)], [_("Area"), texts.pick(contract.area.name)],
            [_("State"), _("settled") if kept else _("draft, not settled")],
        ],
        "tables": [{
            "title": _("Settlement"), "head": [_("What"), _("Counted"), _("Free"), _("Quantity"), _("Price (yuan)"), _("Amount (yuan)")],
            "rows": rows + [[word, "", "", "", "", sheet[key]] for key, word in sums().items()],
        }],
        "notes": [f"SHA-256 {kept.sha256}" if kept else ""], "signs": [_("For the county"), _("For the contractor"), _("Date")],
    }  # fmt: skip
    return printing.pdf("report", data)
