"""Which values a code list allows. Landing, quality and whoever else meets a column with `codes` asks `allowed`."""

from __future__ import annotations

from collections.abc import Collection

from yiwang.apps.datahub.models import CodeList, CodeMapping


def allowed(code: str) -> dict[str, str] | None:
    """Return the list as label by code, None when there is none. "sex" is the version in force, "sex@1" that version alone."""
    return several([code]).get(code)


def several(codes: Collection[str]) -> dict[str, dict[str, str]]:
    """Return several lists by the words that named them, those that are known; two queries at most."""
    found: dict[str, dict[str, str]] = {}
    plain = [c for c in codes if "@" not in c]
    for row in CodeList.objects.filter(code__in=plain, is_present=True) if plain else ():
        found[row.code] = labels(row)
    pinned = {c: c.partition("@") for c in codes if "@" in c}
    if pinned:
        for row in CodeList.objects.filter(code__in={p[0] for p in pinned.values()}):
            found |= {c: labels(row) for c, p in pinned.items() if p[0] == row.code and p[2] == str(row.version)}
    return found


def labels(row: CodeList) -> dict[str, str]:
    return {str(e[0]): str(e[1]) for e in row.entries}


def mapping(source: str, target: str) -> dict[str, str]:
    """Return the newest mapping from one list to another as code by code; empty when nobody made one."""
    row = CodeMapping.objects.filter(source=source, target=target).order_by("-version").first()
    return {str(p[0]): str(p[1]) for p in row.pairs} if row is not None else {}
