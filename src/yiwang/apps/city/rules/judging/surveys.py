"""Reading a sheet of counts from outside (民意调查): every line checked, and the whole refused when one is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

MOST_LINES = 5000
# What a column may be called; the first name is that of the shipped template.
NAMES: Mapping[str, Sequence[str]] = {
    "area": ("区域编码", "区划编码", "area"), "org": ("单位编码", "org"), "numerator": ("满意数", "satisfied", "numerator"),
    "denominator": ("调查数", "有效样本数", "asked", "denominator"), "score": ("得分", "score"),
}  # fmt: skip


@dataclass(frozen=True)
class Count:
    """One line: codes of area and body, counts, and the score that the source gave (None: none)."""

    line: int
    area: str
    org: str
    numerator: int
    denominator: int
    score: Decimal | None


@dataclass(frozen=True)
class Fault:
    """What is wrong with a line. `what` is a word: heading, empty, area, org, number, part, score, twice, many."""

    line: int
    what: str
    value: str = ""


def read(rows: Iterable[Sequence[object]], *, areas: set[str], orgs: set[str]) -> tuple[list[Count], list[Fault]]:
    """Return the counts of a sheet whose first row is the heading, and every fault; with a fault nothing is to be used.

    >>> read([["区域编码", "满意数", "调查数"], ["371592", 80, 100]], areas={"371592"}, orgs=set())[0][0].denominator
    100
    """
    lines = iter(rows)
    heading = [str(c or "").strip().lower() for c in next(lines, [])]
    at = {key: next((heading.index(n.lower()) for n in names if n.lower() in heading), None) for key, names in NAMES.items()}
    missing = [names[0] for key, names in NAMES.items() if key in ("area", "numerator", "denominator") and at[key] is None]
    if missing:
        return [], [Fault(1, "heading", "、".join(missing))]
    found: list[Count] = []
    faults: list[Fault] = []
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(lines, 2):
        if number > MOST_LINES + 1:
            return [], [Fault(number, "many", str(MOST_LINES))]
        value = {key: _text(row, place) for key, place in at.items()}
        if not any(value.values()):
            continue
        one = _line(number, value, areas, orgs, faults)
        if one is None:
            continue
        if (one.area, one.org) in seen:
            faults.append(Fault(number, "twice", f"{one.area} {one.org}".strip()))
        seen.add((one.area, one.org))
        found.append(one)
    if not found and not faults:
        faults.append(Fault(1, "empty"))
    return ([], faults) if faults else (found, [])


def _text(row: Sequence[object], place: int | None) -> str:
    value = row[place] if place is not None and place < len(row) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() if value is not None else ""


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _line(number: int, value: Mapping[str, str], areas: set[str], orgs: set[str], faults: list[Fault]) -> Count | None:
    before = len(faults)
    part, whole = _whole(value["numerator"]), _whole(value["denominator"])
    if value["area"] not in areas:
        faults.append(Fault(number, "area", value["area"][:40]))
    if value["org"] and value["org"] not in orgs:
        faults.append(Fault(number, "org", value["org"][:40]))
    if part is None or whole is None:
        faults.append(Fault(number, "number", (value["numerator"] if part is None else value["denominator"])[:40]))
    elif part > whole:
        faults.append(Fault(number, "part", f"{part} > {whole}"))
    score = None
    if value["score"]:
        try:
            score = Decimal(value["score"])
        except InvalidOperation:
            score = None
        if score is None or not score.is_finite() or not 0 <= score <= 100:
            faults.append(Fault(number, "score", value["score"][:40]))
            score = None
    if len(faults) > before or part is None or whole is None:
        return None
    return Count(number, value["area"], value["org"], part, whole, score)
