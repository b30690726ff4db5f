"""Paging by key: an opaque signed cursor over (sort value, id), and totals that stop counting early."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import BadInput

COUNT_CAP = 10_000
_SALT = "yiwang.cursor"


@dataclass(frozen=True)
class Page:
    """One page of rows. `next` and `previous` are cursors, empty at the ends."""

    rows: list[Any]
    next: str = ""
    previous: str = ""


def _encode(direction: str, row: Model | dict[str, Any], sort: str) -> str:
    value, pk = (row[sort], row["pk"]) if isinstance(row, dict) else (getattr(row, sort), row.pk)
    raw = value.isoformat() if isinstance(value, datetime) else value
    return signing.dumps([direction, sort, raw, pk], salt=_SALT, compress=False)


@dataclass(frozen=True)
class Place:
    """Where a page begins: behind the row with this value and key, or before it."""

    backwards: bool
    value: Any
    pk: Any


def place_of(cursor: str, *, sort: str) -> Place | None:
    """Read a cursor; None for the first page. BadInput when it is not one of ours, or of a list in another order."""
    if not cursor:
        return None
    try:
        direction, ordered_by, value, pk = signing.loads(cursor, salt=_SALT)
        if ordered_by != sort:
            raise ValueError("a cursor of another list")
    except (signing.BadSignature, ValueError, json.JSONDecodeError) as error:
        raise BadInput.one("cursor", "cursor", _("This page link is no longer valid. Start from the first page.")) from error
    return Place(direction == "p", value, pk)


def page_by_key(
    queryset: QuerySet[Any], *, sort: str = "id", descending: bool = True, cursor: str = "", size: int = 50,
    shown: QuerySet[Any] | None = None,
) -> Page:  # fmt: skip
    """Return one page, sorted by `sort` (never null) then primary key, in one query whatever the depth.

    The queryset may give dicts, `values("pk", sort, ...)`: hot lists skip the model objects. With `shown`, the same table
    with all that a page shows, the page's keys are chosen by `queryset` alone and only their rows are joined: a database
    joins every row that fits before it sorts them.

    Raises
    ------
    BadInput
        The cursor is not one of ours, or of a list in another order.
    """
    size = max(1, min(size, 200))
    here = place_of(cursor, sort=sort)
    backwards = here is not None and here.backwards
    if here is not None:
        less = descending != backwards
        op = "lt" if less else "gt"
        # The first condition alone lets an index begin where the page begins: the last page costs what the first does.
        behind = Q(**{f"{sort}__{op}": here.value}) | Q(**{f"pk__{op}": here.pk})
        queryset = queryset.filter(**{f"{sort}__{op}e": here.value}).filter(behind)
    order_desc = descending != backwards
    prefix = "-" if order_desc else ""
    fields = [f"{prefix}{sort}"] if sort in ("id", "pk") else [f"{prefix}{sort}", f"{prefix}pk"]
    chosen = queryset.order_by(*fields)[: size + 1]
    rows = list(chosen if shown is None else shown.filter(pk__in=chosen.values("pk")).order_by(*fields))
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    has_next = (more or backwards) and bool(rows) if backwards else more
    has_previous = (more if backwards else bool(cursor)) and bool(rows)
    return Page(
        rows=rows,
        next=_encode("n", rows[-1], sort) if rows and has_next else "",
        previous=_encode("p", rows[0], sort) if rows and has_previous else "",
    )


def capped_count(queryset: QuerySet[Any], cap: int = COUNT_CAP) -> tuple[int, bool]:
    """Return (count, capped): counting stops at `cap`, because nobody reads "1,283,112 rows"."""
    count = queryset.order_by()[: cap + 1].count()
    return min(count, cap), count > cap
