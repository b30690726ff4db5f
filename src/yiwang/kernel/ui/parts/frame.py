"""What stands around every page: the rail, the reader's tools, the keys, the sentences for script.

Drawn by functions and kept where nothing in them is the reader's own. What is kept of the rail is found by its very
entries, so nobody sees one that was not worked out for him.
"""

from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yiwang.kernel.ui import assets
from yiwang.kernel.ui.markup import joined, markup
from yiwang.kernel.ui.parts.chips import icon
from yiwang.kernel.ui.parts.islands import json_script_safe
from yiwang.kernel.ui.texts import script_texts

register = template.Library()
_OPEN = SafeString(" open")
_PRESENT = SafeString(' aria-current="page"')


@register.simple_tag
def rail(shell: Any) -> SafeString:
    """The menu by nets, only what the reader may enter.  ``{% rail shell %}``"""
    if shell.groups:
        return _rail(tuple(shell.groups), assets.sprite())
    return markup('<p class="quiet small">{}</p>', _("Your posts give you no pages yet. Ask your administrator.")) if shell.is_signed_in else SafeString("")


@lru_cache(maxsize=256)
def _rail(groups: tuple[Any, ...], sprite: str) -> SafeString:
    def line(entry: Any) -> SafeString:
        return markup(
            '<li><a href="{}" title="{}"{}>{}<span>{}</span>{}</a></li>', entry.url, entry.label, _PRESENT if entry.current else "",
            icon(entry.icon), entry.label, markup('<span class="count">{}</span>', entry.count) if entry.count else "",
        )  # fmt: skip

    def section(part: Any) -> SafeString:
        lines = markup('<ul class="plain">{}</ul>', joined(map(line, part.entries)))
        if not part.code:
            return lines
        return markup(
            '<details data-fold="{}"{}><summary title="{}">{}<span>{}</span>{}</summary>{}</details>', part.code, _OPEN if part.is_open else "", part.label,
            icon(part.icon), part.label, icon("chevron-down", css="fold"), lines,
        )  # fmt: skip

    return joined(
        markup('<nav aria-label="{}"><h2>{}<span>{}</span></h2>{}</nav>', group.label, icon(group.icon), group.label, joined(map(section, group.sections)))
        for group in groups
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def reader_tools(context: template.Context, css: str, wordy: bool = False) -> SafeString:
    """Large print, colours, language: three forms.  ``{% reader_tools "desk-tool" %}``, ``{% reader_tools "menu" wordy=True %}``"""
    shell, request = context["shell"], context.get("request")
    token, here = context.get("csrf_token", ""), request.get_full_path() if request else ""
    hidden = markup(
        '{}<input type="hidden" name="next" value="{}">',
        markup('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token) if token and token != "NOTPROVIDED" else "", here,  # noqa: S105
    )  # fmt: skip
    button = "btn" if css == "btn" else f"yw-bar-btn {css}"
    quiet = '<span class="visually-hidden">{}</span>'  # the icon stands alone for eyes
    dark, english = shell.other_theme == "dark", shell.other_language == "en"
    colours = _("Dark colours") if dark else _("Light colours")
    return joined((
        markup(
            '<form method="post" action="{}" class="{}-form">{}<button class="{}" aria-pressed="{}" name="on" value="{}" title="{}">{}{}</button></form>\n',
            reverse("ui_large_print"), css, hidden, button, "true" if shell.large_print else "false", "0" if shell.large_print else "1",
            _("Large print"), icon("text-size"), markup("{}" if css == "btn" or wordy else quiet, _("Large print")),
        ),
        markup(
            '<form method="post" action="{}" class="{}-form">{}<button class="{}" name="theme" value="{}" title="{}">{}{}</button></form>\n',
            reverse("ui_theme"), css, hidden, button, shell.other_theme, colours, icon("moon" if dark else "sun"),
            markup("{}" if css == "btn" else quiet, colours),
        ),
        markup(
            '<form method="post" action="{}" class="{}-form">{}<button class="{}" name="language" value="{}" lang="{}">{}{}</button></form>',
            reverse("ui_language"), css, hidden, button, shell.other_language, "en" if english else "zh-Hans", icon("language"),
            "English" if english else "中文",
        ),
    ))  # fmt: skip


@register.simple_tag
def keyboard_help() -> SafeString:
    """The list of keys, as a dialog.  ``{% keyboard_help %}``"""
    return _help(get_language() or "", assets.sprite())


@lru_cache(maxsize=8)
def _help(language: str, sprite: str) -> SafeString:
    return render_to_string("ui/parts/help.html")


@register.simple_tag
def sentences_for_script() -> SafeString:
    """What scripts say, in the reader's language, as JSON.  ``{% sentences_for_script %}``"""
    return _sentences(get_language() or "")


@lru_cache(maxsize=8)
def _sentences(language: str) -> SafeString:
    return json_script_safe(script_texts())
