"""Persons for the tests of the base databases, from three registers: all numbers are made up (region 371599, the 17th figure says the sex)."""

from __future__ import annotations

from typing import Any

from yiwang.apps.datahub.models import BaseSource, IdMap, Subject
from yiwang.apps.datahub.rules.base.book import parse
from yiwang.apps.datahub.services.base import books, golden, loading, sealed
from yiwang.apps.datahub.services.base.reading import Why
from yiwang.kernel.base.actor import system

ALL = tuple(f.name for f in parse(books.shipped("person")).fields)
ENTITY = tuple(f.name for f in parse(books.shipped("entity")).fields)
WHY = Why(purpose="审核低保申请", basis="社会救助暂行办法第十一条", case_number="MZ-2026-0001")


def number(birth: str, order: int, region: str = "371599") -> str:
    """Return a made-up identity number that passes its check: `birth` as YYYYMMDD, odd `order` for men."""
    body = f"{region}{birth}{order:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def code(serial: int, prefix: str = "91", region: str = "371599") -> str:
    """Return a made-up credit code that passes its check, with a right organisation code inside."""
    body = f"{serial:08d}"
    left = (11 - sum(int(c) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11) % 11
    first = f"{prefix}{region}{body}{'X' if left == 10 else left}"
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    return first + signs[(31 - sum(signs.index(c) * pow(3, n, 31) for n, c in enumerate(first)) % 31) % 31]


def make_source(world: Any, code: str, org: str, *, kind: str = "person", fields: tuple[str, ...] = ALL, ranks: Any = None, **more: Any) -> BaseSource:
    body = world.orgs[org]
    return BaseSource.objects.create(
        code=code, kind=kind, name={"zh-Hans": code}, org=body, org_path=body.path, fields=list(fields), basis="户口登记条例第四条", ranks=ranks or {"*": 50}, **more
    )


def load(source: str, *rows: dict[str, Any], complete: bool = False) -> loading.Loaded:
    return loading.load_rows(system("test"), source, rows, complete=complete)


def subject_of(source: str, key: str) -> Subject:
    """Return whose a source's row is now."""
    found = IdMap.objects.get(source__code=source, key_index=sealed.key_of(source, key), valid_to=None)
    return Subject.objects.get(pk=found.subject_id)


def golden_values(subject: Subject) -> dict[str, str]:
    return {v.field: sealed.open_value(bytes(v.value), v.field) for v in subject.values.all()}


def rebuild(*subjects: Subject) -> None:
    golden.rebuild(subjects)
