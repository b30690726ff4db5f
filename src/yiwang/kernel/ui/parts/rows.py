"""Rows of desks and lists, fifty a page: drawn by functions, because a template asks for each value by four names.

They say what the templates around them said before; every value goes through `markup`, which escapes it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from yiwang.kernel.ui.markup import joined, markup
from yiwang.kernel.ui.parts.chips import clock_chip, icon, moment, place_chip, since, status_chip

register = template.Library()
_NONE = SafeString("")


def _number(number: str, unnumbered: str) -> SafeString:
    return markup('<span class="mono">{}</span>', number) if number else markup('<span class="quiet">{}</span>', unnumbered)


@register.simple_tag
def desk_rows(rows: Iterable[Any], tab: str) -> SafeString:
    """The tasks of a desk's group: what, where, which step, until when.  ``{% desk_rows group.rows tab %}``: ``DeskRow``."""
    todo, done, unnumbered = tab == "todo", tab == "done", _("not filed yet")
    urgent = status_chip(_("Urgent"), tone="overdue", icon_name="urgent")
    supervised = status_chip(_("Supervised"), tone="soon", icon_name="flag")
    urged = status_chip(_("Urged"), tone="soon", icon_name="bell-ringing")
    new = status_chip(_("New"), tone="accent", icon_name="point")
    hand = icon("user-check")

    def step(row: Any) -> SafeString:
        if done:
            return markup('<span class="sub small">{}</span>', row.outcome) if row.outcome and row.outcome != row.step else _NONE
        if row.person:
            return markup('<span class="sub small">{} {}</span>', hand, row.person)
        return markup('<span class="sub small">{}</span>', row.organization) if row.organization else _NONE

    def when(row: Any) -> SafeString:
        if done:
            return markup('<span class="small">{}</span>{}', moment(row.done_at), status_chip(row.state["label"], tone=row.state["tone"]))
        return markup('{}<span class="quiet small">{}</span>', clock_chip(row.clock), since(row.opened_at))

    def draw(row: Any) -> SafeString:
        is_new = row.is_new and todo
        flags = (urgent if row.is_urgent else "", supervised if row.supervised else "", urged if row.urged else "", new if is_new else "")
        return markup(
            '<li data-row data-href="{}" data-map-id="" class="yw-desk-row{}"><div class="what"><a class="title" href="{}">{}</a> '
            '<span class="row-line small">{}{}{}{}{}</span></div> <div class="where small">{}{}</div> <div class="step"><b>{}</b>{}</div> '
            '<div class="when">{}</div></li>',
            row.url, " is-new" if is_new else "", row.url, row.title, _number(row.number, unnumbered), *flags,
            place_chip(row.place, short=True) if row.place else "", markup('<span class="clip-2 quiet">{}</span>', row.reason) if row.reason else "",
            row.step, step(row), when(row),
        )  # fmt: skip

    return joined(draw(row) for row in rows)


@register.simple_tag
def case_rows(rows: Iterable[Any], columns: Sequence[Any]) -> SafeString:
    """The cases of a list with its own columns: what and where, state and department, limit, reported.

    ``{% case_rows rows columns %}``: ``Row`` with those cells, ``extra`` with urgent and supervised; four ``Column``.
    """
    unnumbered = _("not filed yet")
    urgent = status_chip(_("Urgent"), tone="overdue", icon_name="urgent")
    supervised = status_chip(_("Supervised"), tone="soon", icon_name="flag")
    _what, state, clock, reported = (column.label for column in columns)

    def draw(row: Any) -> SafeString:
        cells = row.cells
        return markup(
            '<tr data-row data-href="{}" data-map-id="{}"><td class="main-cell"><a class="clip-2" href="{}">{}</a><span class="sub">'
            '<span class="row-line">{}{}{}</span></span>{}</td> <td data-label="{}"><div>{}{}</div></td><td data-label="{}">{}</td>'
            '<td data-label="{}">{}</td></tr>',
            row.href, row.map_id, row.href, cells["title"], _number(cells["number"], unnumbered), urgent if row.extra["urgent"] else "",
            supervised if row.extra["supervised"] else "", place_chip(cells["place"], short=True), state,
            status_chip(cells["state"]["label"], tone=cells["state"]["tone"]),
            markup('<span class="sub">{}</span>', cells["department"]) if cells["department"] else "",
            clock, clock_chip(cells["clock"]), reported, moment(cells["reported_at"]),
        )  # fmt: skip

    return joined(draw(row) for row in rows)


@register.simple_tag
def found_rows(rows: Iterable[Mapping[str, Any]]) -> SafeString:
    """What a search found: title, number, place, state, when reported.  ``{% found_rows rows %}``: dicts with these keys."""
    unnumbered = _("not filed yet")
    return joined(
        markup(
            '<li data-row data-href="{}" class="yw-desk-row"><div class="what"><a class="title" href="{}">{}</a><span class="sub small">{}</span></div>'
            '<div class="where small">{}</div><div class="step">{}</div><div class="when small">{}</div></li>',
            row["url"], row["url"], row["title"], _number(row["number"], unnumbered), place_chip(row["place"], short=True) if row["place"] else "",
            status_chip(row["chip"]["label"], tone=row["chip"]["tone"]), moment(row["reported_at"]),
        )
        for row in rows
    )  # fmt: skip


@register.simple_tag
def options(choices: Iterable[tuple[Any, Any]], chosen: Any = "") -> SafeString:
    """The options of a select, one of them chosen.  ``{% options choices.states wanted.state %}``: (value, words)."""
    return joined(
        markup('<option value="{}"{}>{}</option>', value, SafeString(" selected") if value == chosen else "", words) for value, words in choices
    )
