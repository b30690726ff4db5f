"""Lists and what stands around them: table, filters in words, saved views, tabs, pager, counts, timeline, steps."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from yiwang.kernel.ui.parts.chips import TONE_ICONS, get

register = template.Library()


@register.inclusion_tag("ui/parts/data_table.html", takes_context=True)
def data_table(
    context: template.Context, columns: Sequence[Any], rows: Iterable[Any], caption: str = "", empty: str = "", id: str = ""
) -> dict[str, Any]:
    """A table that one walks with j and k; on a phone each row becomes a card.

    ``{% data_table columns rows caption=_("Cases") empty=_("Nothing is waiting for you.") %}``; columns are ``Column``,
    rows ``Row`` (or dicts with `cells`, `href`, `map_id`).
    """
    made = [
        {
            "href": get(row, "href"), "map_id": get(row, "map_id"), "tone": get(row, "tone"),
            "cells": [{"column": column, "value": get(row, "cells", {}).get(get(column, "key"))} for column in columns],
        }
        for row in rows
    ]  # fmt: skip
    return {"columns": columns, "rows": made, "caption": caption, "empty": empty, "id": id, "request": context.get("request")}


@register.inclusion_tag("ui/parts/filter_words.html")
def filter_words(words: Sequence[Any], clear_url: str = "", form: str = "") -> dict[str, Any]:
    """The filters that are on, as words; each can be taken away. `form` is the id of a folded filter form to open.

    ``{% filter_words words clear_url=request.path form="filters" %}``; words are ``FilterWord``.
    """
    return {"words": words, "clear_url": clear_url, "form": form}


@register.inclusion_tag("ui/parts/saved_views.html", takes_context=True)
def saved_views(context: template.Context, views: Sequence[Any], save_url: str = "", query: str = "") -> dict[str, Any]:
    """The reader's own views of a list, and a way to keep the present one (POST name, query).

    ``{% saved_views views save_url=save_url query=request.GET.urlencode %}``; views are ``Link``.
    """
    return {"views": views, "save_url": save_url, "query": query, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("ui/parts/tabs.html")
def tabs(items: Sequence[Any], label: str = "") -> dict[str, Any]:
    """Tabs that are links: each has its own address.  ``{% tabs tabs label=_("My work") %}``; items are ``Link``."""
    return {"items": items, "label": label}


@register.inclusion_tag("ui/parts/pager.html")
def pager(page: Any) -> dict[str, Any]:
    """Where before and after are; totals stop at 10,000.  ``{% pager links %}`` with ``PageLinks``."""
    return {"page": page}


@register.inclusion_tag("ui/parts/stepper.html")
def stepper(steps: Sequence[Any], label: str = "") -> dict[str, Any]:
    """The process strip with the present step lit.  ``{% stepper steps %}`` with ``Step`` items."""
    return {"steps": steps, "label": label}


@register.inclusion_tag("ui/parts/timeline.html")
def timeline(items: Sequence[Any]) -> dict[str, Any]:
    """What happened, by whom and when.  ``{% timeline items %}`` with ``TimelineItem``."""
    return {"items": items}


@register.inclusion_tag("ui/parts/count_card.html")
def count_card(
    label: str, value: Any, url: str = "", tone: str = "neutral", unit: str = "", change: str = "", target: str = "",
    series: Sequence[float] | None = None, current: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """A number that opens: its change, target and sparkline beside it.

    ``{% count_card _("Overdue") 7 url=url tone="overdue" change=_("2 more than yesterday") series=last_days %}``
    """
    return {
        "label": label, "value": value, "url": url, "tone": tone, "unit": unit, "change": change, "target": target,
        "series": series, "current": current, "icon": TONE_ICONS.get(tone, "circle"),
    }  # fmt: skip


@register.simple_tag
def sparkline(values: Sequence[float] | None, label: str = "") -> SafeString | str:
    """A line of a few numbers, drawn by the server.  ``{% sparkline last_days label=_("Last 14 days") %}``"""
    numbers = [float(v) for v in values or ()]
    if len(numbers) < 2:
        return ""
    low, high = min(numbers), max(numbers)
    span = (high - low) or 1.0
    step = 96 / (len(numbers) - 1)
    points = " ".join(f"{i * step:.1f},{22 - (n - low) / span * 20:.1f}" for i, n in enumerate(numbers))
    return format_html(
        '<svg class="yw-spark" viewBox="0 0 96 24" role="img" aria-label="{}"><polyline points="{}" fill="none" '
        'stroke="currentColor" stroke-width="1.75" stroke-linejoin="round"/><circle cx="96" cy="{}" r="2.5" fill="currentColor"/></svg>',
        label or " ".join(f"{n:g}" for n in numbers), points, points.rsplit(",", 1)[1],
    )  # fmt: skip


@register.inclusion_tag("ui/parts/progress.html")
def progress(value: float, maximum: float = 100, label: str = "", tone: str = "neutral") -> dict[str, Any]:
    """How far something has come, as a bar and as figures.  ``{% progress 340 1200 label=_("Rows read") %}``"""
    share = round(100 * value / maximum) if maximum else 0
    return {"value": value, "maximum": maximum, "share": share, "label": label, "tone": tone}
