"""The common two-sheet Excel form of the command manual (部件, 事件), as lists of lists.

Row 1 is a title, row 2 the header, data from row 3. Empty A-D mean "as above" (merged cells); the bodies in E-F are
those of the first row of the minor class; a minor code may have lost its leading zero. Each row is one condition.
"""

from collections.abc import Callable, Mapping, Sequence

from yiwang.apps.city.rules.dictionary import STANDARD_2013, Dictionary, Kind
from yiwang.apps.city.rules.manual import ManualRow, Problem, Reading, parse_limit
from yiwang.apps.city.rules.texts import both

HEADER = ("大类代码", "大类名称", "小类代码", "小类名称", "主管部门", "处置单位", "立案条件", "处置时限", "结案条件")
SHEETS: Mapping[str, Kind] = {"部件": Kind.COMPONENT, "事件": Kind.MATTER}


def read_sheets(sheets: Mapping[str, Sequence[Sequence[object]]], *, book: Dictionary, organization: Callable[[str], str],
                standard: str = STANDARD_2013, source: str = "", document_number: str = "") -> Reading:
    """Read both sheets; `organization` turns a body's name into its code ("" = unknown, which is a problem).

    Class codes of 4 digits are read in `standard` and converted; 5-digit ones are today's. English texts are the
    Chinese ones until somebody translates them.
    """
    rows: list[ManualRow] = []
    problems: list[Problem] = []
    for sheet, kind in SHEETS.items():
        if sheet in sheets:
            _read(sheet, kind, sheets[sheet], rows, problems, book, organization, standard, source, document_number)
    return Reading(tuple(rows), tuple(problems))


def _read(sheet: str, kind: Kind, grid: Sequence[Sequence[object]], rows: list[ManualRow], problems: list[Problem],
          book: Dictionary, organization: Callable[[str], str], standard: str, source: str, document_number: str) -> None:
    header = [_text(v) for v in grid[1]] if len(grid) > 1 else []
    for at, expected in enumerate(HEADER):
        found = header[at] if at < len(header) else ""
        if found != expected:
            facts = {"sheet": sheet, "expected": expected, "found": found}
            problems.append(Problem(line=2, rule="sheet-header", facts=facts))
            return
    above = [""] * 4
    bodies = ("", "")
    counts: dict[str, int] = {}
    for line, values in enumerate(grid[2:], start=3):
        cells = [_text(values[i]) if i < len(values) else "" for i in range(len(HEADER))]
        if not any(cells):
            continue
        if cells[2]:
            bodies = (cells[4], cells[5])
        above = [new or old for new, old in zip(cells[:4], above, strict=True)]
        if not above[2]:
            problems.append(Problem(line=line, rule="no-class", facts={"sheet": sheet}))
            continue
        code, found_kind = _class(above[0], above[2], kind, book, standard)
        department = organization(bodies[1])
        limit = parse_limit(cells[7])
        bad = []
        if found_kind is None:
            bad.append(Problem(line=line, rule="class", facts={"value": f"{sheet} {above[2]}"}))
        if not department:
            bad.append(Problem(line=line, rule="department", facts={"value": bodies[1]}))
        if limit is None:
            bad.append(Problem(line=line, rule="limit", facts={"value": cells[7]}))
        bad += [
            Problem(line=line, rule="empty", facts={"column": HEADER[at]}) for at in (6, 8) if not cells[at]
        ]
        if bad or limit is None or found_kind is None:
            problems += bad
            continue
        prefix = f"{found_kind[0].upper()}{code}"
        counts[prefix] = counts.get(prefix, 0) + 1
        rows.append(
            ManualRow(
                condition_id=f"{prefix}-{counts[prefix]:02d}",
                class_kind=found_kind,
                class_code=code,
                condition=both(cells[6], cells[6]),
                closing=both(cells[8], cells[8]),
                limit=limit,
                supervisor=organization(bodies[0]),
                department=department,
                source=source,
                document_number=document_number,
            )
        )


def _class(major: str, minor: str, kind: Kind, book: Dictionary, standard: str) -> tuple[str, Kind | None]:
    """Return today's code and kind; a minor of up to 2 digits gets its major, a lost leading zero comes back."""
    old = minor if len(minor) > 2 else major.zfill(2) + minor.zfill(2)
    old = old.zfill(4) if len(old) < 4 or old.startswith("0") else old.zfill(5)  # old majors all begin with 0
    if len(old) == 5:
        return old, kind if book.get(kind, old) else None
    found = book.resolve(standard, kind, old)
    return (found.code, found.kind) if found else (old, None)


def _text(value: object) -> str:
    """A spreadsheet gives numbers for codes: 103.0 is 103."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()
