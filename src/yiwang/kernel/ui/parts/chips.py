"""Chips and other small words: clock, status, person, place, code, icon, durations."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from yiwang.kernel.base import texts
from yiwang.kernel.ui import assets, words
from yiwang.kernel.ui.contracts import PersonView
from yiwang.kernel.ui.markup import markup

register = template.Library()
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

TONE_ICONS = {
    "in_time": "clock", "soon": "clock-exclamation", "overdue": "alert-octagon", "paused": "clock-pause",
    "done": "circle-check", "neutral": "circle", "accent": "circle-dot",
}  # fmt: skip


def get(thing: Any, name: str, default: Any = "") -> Any:
    """Read a field of an object or a dict."""
    if thing is None:
        return default
    if isinstance(thing, dict):
        return thing.get(name, default)
    return getattr(thing, name, default)


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """Draw an icon of the sprite; without a label it is decoration and silent.

    ``{% icon "map-pin" %}``, ``{% icon "bell" label=_("Messages") %}``
    """
    return _drawn(f"{assets.sprite()}#{name}", str(label), css)


@lru_cache(maxsize=1024, typed=True)  # names and labels come from templates; a page draws two hundred
def _drawn(href: str, label: str, css: str) -> SafeString:
    if label:
        return markup('<svg class="icon {}" role="img" aria-label="{}"><use href="{}"/></svg>', css, label, href)
    return markup('<svg class="icon {}" aria-hidden="true"><use href="{}"/></svg>', css, href)


_DASH = mark_safe('<span class="quiet">–</span>')


@register.simple_tag
def clock_chip(clock: Any, size: str = "", with_label: bool = False) -> SafeString:
    """A limit: what is left, or by how much it is over, in words that count on.

    ``{% clock_chip row.clock %}``, ``{% clock_chip case.clock size="large" with_label=True %}``; `clock` is a
    ``ClockView`` or has its fields. None prints a dash.
    """
    if clock is None:
        return _DASH
    state, seconds, working = get(clock, "state", "neutral"), get(clock, "remaining_s", None), bool(get(clock, "working", False))
    late = float(get(clock, "late_s", 0) or 0)
    if state == "paused":
        sentence = _("Paused, %(left)s") % {"left": words.remaining(seconds, working=working)} if seconds is not None else pgettext("limit", "Paused")
    elif state == "done":
        sentence = _("Done, late by %(duration)s") % {"duration": words.duration(late, working=working)} if late else _("Done in time")
    else:
        sentence = words.remaining(seconds, working=working)
    due, until = get(clock, "due_at", None), get(clock, "until", None)
    hints = [
        get(clock, "label"),
        _("due %(moment)s") % {"moment": words.moment(due, weekday=True)} if due else "",
        _("paused until %(moment)s") % {"moment": words.moment(until)} if until else "",
        get(clock, "rule"),
    ]
    counting = ""
    if get(clock, "ticking", False) and seconds is not None and state in ("in_time", "soon", "overdue"):
        counting = markup(
            ' data-ticking="1" data-remaining="{}" data-soon="{}" data-working="{}"',
            round(seconds), round(get(clock, "soon_s", 7200)), "1" if working else "0",
        )  # fmt: skip
    label = get(clock, "label") if with_label else ""
    said = (
        markup('<time datetime="{}" data-words>{}</time>', due.isoformat(), sentence) if due
        else markup("<span data-words>{}</span>", sentence)
    )  # fmt: skip
    return markup(
        '<span class="yw-chip yw-clock tone-{}{}" title="{}" data-clock{}>{}{}{}</span>', state, " is-large" if size == "large" else "",
        " · ".join(str(h) for h in hints if h), counting, icon(TONE_ICONS.get(state, "clock")),
        markup("<span>{}</span>", label) if label else "", said,
    )  # fmt: skip


@register.simple_tag
def status_chip(label: Any, tone: str = "neutral", icon_name: str = "") -> SafeString:
    """A state in a word; the icon says the tone again, so that colour never speaks alone.

    ``{% status_chip case.state_label tone=case.tone %}``
    """
    said = texts.pick(label) if isinstance(label, dict) else str(label)
    return _status(said, tone, f"{assets.sprite()}#{icon_name or TONE_ICONS.get(tone, 'circle')}")


@lru_cache(maxsize=2048, typed=True)  # states, groups, flags: a few words, said fifty times a page; typed: markup is not text
def _status(label: str, tone: str, href: str) -> SafeString:
    return markup('<span class="yw-chip yw-status tone-{}">{}{}</span>', tone, _drawn(href, "", ""), label)


@register.inclusion_tag("ui/parts/person_chip.html")
def person_chip(person: Any, short: bool = False) -> dict[str, Any]:
    """A person: name and post, the rest on a press (works by keyboard and finger, not only on hover).

    ``{% person_chip event.who %}``; a ``PersonView``, anything with its fields, or a plain name.
    """
    if not person:
        return {"none": True}
    if isinstance(person, str):
        person = PersonView(name=person)
    name, post = get(person, "name"), get(person, "post")
    more = any(get(person, f) for f in ("organization", "phone", "on_behalf_of")) or (short and bool(post))
    return {
        "name": name, "post": post, "organization": get(person, "organization"), "phone": get(person, "phone"),
        "on_behalf_of": get(person, "on_behalf_of"), "face": str(name)[:1], "more": more, "short": short,
    }  # fmt: skip


@register.simple_tag
def place_chip(place: Any, short: bool = False) -> SafeString:
    """A place in words; pressing it opens the map there.

    ``{% place_chip case.place %}``; a ``PlaceView``, anything with its fields, or a plain address.
    """
    if not place:
        return _DASH
    named = isinstance(place, str)
    lon, lat = (None, None) if named else (get(place, "lon", None), get(place, "lat", None))
    label = place if named else texts.pick(get(place, "label"))
    pin = icon("map-pin")
    if lon is None or lat is None:
        return markup('<span class="yw-chip tone-neutral">{}<span class="clip">{}</span></span>', pin, label)
    config = _JSON.encode({"label": label, "lon": lon, "lat": lat})
    detail = "" if short else get(place, "detail")
    return markup(
        '<button type="button" class="yw-chip tone-neutral" data-place="{}" title="{}">{}<span class="clip">{}</span></button>{}',
        config, _("Show on the map"), pin, label, markup(' <span class="quiet small">{}</span>', detail) if detail else "",
    )  # fmt: skip


@register.inclusion_tag("ui/parts/code.html")
def code(value: Any, url: str = "", copy: bool = True) -> dict[str, Any]:
    """A number or code in monospace, to open and to copy.

    ``{% code case.number url=case.url %}``, ``{% code asset.code copy=False %}``
    """
    return {"value": value, "url": url, "copy": copy}


@register.simple_tag
def since(moment: datetime | None) -> SafeString:
    """How long ago, growing older by itself; the exact moment on hover.  ``{% since event.at %}``"""
    if moment is None:
        return mark_safe("–")
    return markup('<time datetime="{}" title="{}" data-ago>{}</time>', moment.isoformat(), words.moment(moment, weekday=True), words.ago(moment))


@register.simple_tag
def moment(value: datetime | None, weekday: bool = False) -> SafeString:
    """A moment: 2026-11-23 14:05.  ``{% moment case.due_at weekday=True %}``"""
    if value is None:
        return mark_safe("–")
    return markup('<time datetime="{}" class="nowrap">{}</time>', value.isoformat(), words.moment(value, weekday=weekday))


@register.filter
def duration(seconds: float | None) -> str:
    """``{{ seconds|duration }}``: 2 hours 10 minutes."""
    return "–" if seconds is None else words.duration(seconds)


@register.filter
def work_duration(seconds: float | None) -> str:
    """``{{ seconds|work_duration }}``: the same with days of eight hours."""
    return "–" if seconds is None else words.duration(seconds, working=True)


@register.filter
def size(value: int | None) -> str:
    """``{{ file.size|size }}``: 2.1 MB."""
    return "–" if value is None else words.file_size(value)


@register.filter
def pick(value: Any) -> str:
    """``{{ matter.name|pick }}``: a data text in the reader's language."""
    return texts.pick(value)


@register.filter
def tone_of_level(level: str) -> str:
    """The tone of a Django message's level."""
    return {"success": "in_time", "warning": "soon", "error": "overdue"}.get(level, "accent")


@register.filter
def icon_of_level(level: str) -> str:
    """The icon of a Django message's level."""
    return {"success": "circle-check", "warning": "alert-triangle", "error": "alert-octagon"}.get(level, "info-circle")
