"""Lists with filters in words, saved views, a map beside and paging by key: what every app's case list shares."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from yiwang.kernel.base.paging import Page
from yiwang.kernel.cases.models import SavedView
from yiwang.kernel.ui.contracts import FilterWord, Link, PageLinks

CURSOR, NOT_FILTERS = "after", frozenset({"after", "case", "as"})


def address(base: str, query: Mapping[str, Any]) -> str:
    """Return a list's address with the filters that are set; lists of values are repeated."""
    kept = [(k, v) for k, values in query.items() for v in (values if isinstance(values, list | tuple) else [values]) if v not in ("", None)]
    return f"{base}?{urlencode(kept)}" if kept else base


def without(base: str, query: Mapping[str, Any], name: str, value: str = "") -> str:
    """Return the address without one filter, or without one of its values."""
    rest: dict[str, Any] = {k: v for k, v in query.items() if k != name}
    if value and isinstance(query.get(name), list | tuple):
        rest[name] = [v for v in query[name] if v != value]
    return address(base, rest)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What a list page shows around its rows."""

    base: str
    query: Mapping[str, Any] = field(default_factory=dict)
    words: Sequence[tuple[str, str, str]] = ()  # (name of the parameter, label, value in words)

    def filter_words(self) -> list[FilterWord]:
        return [FilterWord(label=label, value=value, remove_url=without(self.base, self.query, name)) for name, label, value in self.words]

    def links(self, page: Page, total: tuple[int, bool] | None = None) -> PageLinks:
        """Return where before and after are; the total stops at 10,000."""
        count, capped = total if total is not None else (None, False)
        return PageLinks(
            previous_url=address(self.base, {**self.query, CURSOR: page.previous}) if page.previous else "",
            next_url=address(self.base, {**self.query, CURSOR: page.next}) if page.next else "",
            shown=len(page.rows), total=count, capped=capped,
        )

    def views(self, own: Iterable[SavedView], presets: Sequence[tuple[str, Mapping[str, Any]]] = ()) -> list[Link]:
        """Return the page's ready views, then the reader's own (`saved_views`)."""
        now = urlencode(sorted((k, str(v)) for k, v in self.query.items()))
        found = [
            Link(label=label, url=address(self.base, query), current=urlencode(sorted((k, str(v)) for k, v in query.items())) == now)
            for label, query in presets
        ]
        for row in own:
            found.append(Link(label=row.name, url=f"{self.base}?{row.query}", current=bool(row.query) and _same(row.query, self.query)))
        return found


def _same(query: str, shown: Mapping[str, Any]) -> bool:
    given = {k: v for k, v in QueryDict(query).dict().items() if k not in NOT_FILTERS and v}
    return given == {k: str(v) for k, v in shown.items() if v}


def total_words(total: tuple[int, bool]) -> str:
    """Return "1,283" or "more than 10,000"."""
    count, capped = total
    return _("more than %(n)s") % {"n": f"{count:,}"} if capped else f"{count:,}"
