"""A contractor's month (合同月度结算): quantity times price less deductions, in yuan to the fen."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

FEN = Decimal("0.01")
MOST_PRICE = Decimal(1_000_000)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line; `amount` is negative for a deduction. `cases` are the keys of what was counted, each as often as it counts."""

    code: str
    is_deduction: bool
    counted: int
    free: int
    quantity: int
    price: Decimal
    amount: Decimal
    cases: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The lines of a month; `capped` is what deductions would have taken beyond the cap."""

    lines: tuple[Line, ...]
    gross: Decimal
    deducted: Decimal
    capped: Decimal
    total: Decimal


def money(value: Decimal) -> Decimal:
    return value.quantize(FEN, rounding=ROUND_HALF_UP)


def price_of(text: object) -> Decimal:
    """Return a price as it was typed; ValueError for no number, a negative one, or one beyond a million.

    >>> price_of("1.5")
    Decimal('1.50')
    """
    try:
        found = Decimal(str(text).strip())
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not found.is_finite() or not 0 <= found <= MOST_PRICE:
        raise ValueError(text)
    return money(found)


def settle(prices: Mapping[str, str], deductions: Sequence[Mapping[str, Any]], counted: Mapping[str, Iterable[int]], *, cap_share: float) -> Sheet:
    """Return the sheet of a month. A deduction leaves the first `free` uncounted; together they take at most `cap_share` of the gross.

    >>> settle({"report": "1.50"}, [{"code": "missed", "amount": "2", "free": 1}], {"report": [1, 2, 3, 4], "missed": [5, 6]}, cap_share=1).total
    Decimal('4.00')
    """
    lines = []
    for code, text in prices.items():
        cases, price = tuple(counted.get(code, ())), price_of(text)
        lines.append(Line(code=code, is_deduction=False, counted=len(cases), free=0, quantity=len(cases), price=price, amount=money(price * len(cases)), cases=cases))
    for rule in deductions:
        cases, free, price = tuple(counted.get(rule["code"], ())), int(rule.get("free", 0)), price_of(rule["amount"])
        quantity = max(0, len(cases) - free)
        lines.append(
            Line(code=rule["code"], is_deduction=True, counted=len(cases), free=free, quantity=quantity, price=price, amount=-money(price * quantity), cases=cases)
        )
    gross = sum((line.amount for line in lines if not line.is_deduction), Decimal(0))
    wanted = -sum((line.amount for line in lines if line.is_deduction), Decimal(0))
    deducted = min(wanted, money(gross * Decimal(str(cap_share))))
    return Sheet(lines=tuple(lines), gross=money(gross), deducted=money(deducted), capped=money(wanted - deducted), total=money(gross - deducted))


def month_of(day: date) -> tuple[date, date]:
    """Return the first day of a day's month, and of the next one.

    >>> month_of(date(2026, 12, 9))
    (datetime.date(2026, 12, 1), datetime.date(2027, 1, 1))
    """
    first = day.replace(day=1)
    return first, (first.replace(year=first.year + 1, month=1) if first.month == 12 else first.replace(month=first.month + 1))


def fingerprint(plain: Mapping[str, Any]) -> str:
    """Return SHA-256 of a sheet as plain values, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
