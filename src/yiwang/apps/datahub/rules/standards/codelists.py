"""Code lists (代码集): read from a table, compared between versions, mapped onto one another."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MOST_ENTRIES = 20_000
_HEADS = {"code": "code", "代码": "code", "编码": "code", "label": "label", "名称": "label", "含义": "label", "parent": "parent", "上级": "parent", "上级代码": "parent"}
_PAIR = {"from": "from", "源代码": "from", "to": "to", "目标代码": "to", "note": "note", "说明": "note"}


class ListError(ValueError):
    """A table that is no code list. `line` counts from 1 (the header); `why` is one of the words below."""

    def __init__(self, line: int, why: str, what: str = "") -> None:
        super().__init__(f"line {line}: {why} {what}".rstrip())
        self.line, self.why, self.what = line, why, what  # header, empty, twice, parent, long, many, code, pair


@dataclass(frozen=True)
class Entry:
    """One code with its meaning, and the code above it, if any."""

    code: str
    label: str
    parent: str = ""


def _rows(text: str, heads: Mapping[str, str], wanted: Iterable[str]) -> list[dict[str, str]]:
    lines = text.replace("\ufeff", "").replace("\r\n", "\n").strip("\n")
    delimiter = "\t" if "\t" in lines.partition("\n")[0] else "，" if "，" in lines.partition("\n")[0] and "," not in lines.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(lines), delimiter=delimiter)
    header = [heads.get(h.strip().lower(), "") for h in next(reader, [])]
    if not set(wanted) <= set(header):
        raise ListError(1, "header")
    return [{name: cell.strip() for name, cell in zip(header, row, strict=False) if name} | {"_line": str(n)} for n, row in enumerate(reader, 2) if any(c.strip() for c in row)]


def parse(text: str) -> tuple[Entry, ...]:
    """Read a list from a table with the header code,label[,parent] (or 代码,名称[,上级]), separated by commas or tabs.

    >>> parse("代码,名称\\n1,男\\n2,女")
    (Entry(code='1', label='男', parent=''), Entry(code='2', label='女', parent=''))

    Raises
    ------
    ListError
        No such header, a code twice, an empty or over-long cell, a parent that is not in the list or goes round, too many.
    """
    made: dict[str, Entry] = {}
    rows = _rows(text, _HEADS, ("code", "label"))
    if len(rows) > MOST_ENTRIES:
        raise ListError(MOST_ENTRIES + 1, "many")
    for row in rows:
        line, code, label = int(row["_line"]), row.get("code", ""), row.get("label", "")
        if not code or not label:
            raise ListError(line, "empty")
        if len(code) > 40 or len(label) > 200:
            raise ListError(line, "long", code[:40])
        if any(ord(c) < 32 for c in code + label):
            raise ListError(line, "code", code)
        if code in made:
            raise ListError(line, "twice", code)
        made[code] = Entry(code, label, row.get("parent", ""))
    if not made:
        raise ListError(1, "empty")
    _no_rings(made)
    return tuple(made.values())


def _no_rings(entries: Mapping[str, Entry]) -> None:
    for line, one in enumerate(entries.values(), 2):
        seen, above = {one.code}, one.parent
        while above:
            if above not in entries or above in seen:
                raise ListError(line, "parent", one.code)
            seen.add(above)
            above = entries[above].parent


def as_text(entries: Sequence[Entry]) -> str:
    """Return a list as the table that `parse` reads."""
    out = io.StringIO()
    with_parents = any(e.parent for e in entries)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["code", "label", *(["parent"] if with_parents else [])])
    writer.writerows([e.code, e.label, *([e.parent] if with_parents else [])] for e in entries)
    return out.getvalue()


@dataclass(frozen=True)
class Change:
    """What a new version does: codes that come, go, and mean something else (code, before, now)."""

    added: tuple[Entry, ...] = ()
    removed: tuple[Entry, ...] = ()
    changed: tuple[tuple[str, str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def difference(before: Sequence[Entry], now: Sequence[Entry]) -> Change:
    """Return how two versions differ.

    >>> difference([Entry("1", "男")], [Entry("1", "男性"), Entry("2", "女")]).changed
    (('1', '男', '男性'),)
    """
    old, new = {e.code: e for e in before}, {e.code: e for e in now}
    return Change(
        added=tuple(e for c, e in new.items() if c not in old), removed=tuple(e for c, e in old.items() if c not in new),
        changed=tuple((c, old[c].label, e.label) for c, e in new.items() if c in old and (old[c].label, old[c].parent) != (e.label, e.parent)),
    )  # fmt: skip


def parse_pairs(text: str, source: Iterable[str], target: Iterable[str]) -> tuple[tuple[str, str, str], ...]:
    """Read a mapping from a table with the header from,to[,note]; each source code once, each code known.

    Raises
    ------
    ListError
    """
    ours, theirs = set(source), set(target)
    made: dict[str, tuple[str, str, str]] = {}
    for row in _rows(text, _PAIR, ("from", "to")):
        line, a, b = int(row["_line"]), row.get("from", ""), row.get("to", "")
        if a not in ours or b not in theirs:
            raise ListError(line, "pair", a if a not in ours else b)
        if a in made:
            raise ListError(line, "twice", a)
        made[a] = (a, b, row.get("note", "")[:200])
    if not made:
        raise ListError(1, "empty")
    return tuple(made.values())


def guess_pairs(source: Sequence[Entry], target: Sequence[Entry]) -> tuple[tuple[str, str, str], ...]:
    """Return a first mapping: the same meaning in words, else the same code where the meaning holds the other's; to be looked at."""
    by_label = {e.label.strip().lower(): e.code for e in target}
    made = []
    for one in source:
        same = by_label.get(one.label.strip().lower())
        near = next((e.code for e in target if len(e.label) > 1 and len(one.label) > 1 and (e.label in one.label or one.label in e.label)), None) if same is None else None
        if same or near:
            made.append((one.code, same or near or "", "" if same else "?"))
    return tuple(made)


@dataclass(frozen=True)
class LeftOut:
    """Which codes a mapping leaves out, on either side."""

    unmapped: tuple[str, ...]
    unreached: tuple[str, ...]


def left_out(pairs: Iterable[Sequence[str]], source: Iterable[str], target: Iterable[str]) -> LeftOut:
    """Return what a mapping leaves out."""
    known = list(pairs)
    ours, theirs = {p[0] for p in known}, {p[1] for p in known}
    return LeftOut(tuple(c for c in source if c not in ours), tuple(c for c in target if c not in theirs))


def translate(value: str, pairs: Mapping[str, str], allowed: Iterable[str]) -> str | None:
    """Return a value in the target list: by the mapping, or as it is when the target has it; None when nobody knows."""
    if value in pairs:
        return pairs[value]
    return value if value in set(allowed) else None
