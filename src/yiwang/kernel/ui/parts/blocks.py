"""Parts that hold other parts: panel, facts, dialog, drawer; and states: empty, problem, notice; and actions."""

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.ui.parts.chips import icon

register = template.Library()


@register.simple_block_tag
def panel(content: str, title: str = "", icon_name: str = "", id: str = "", flush: bool = False, fold: bool = False) -> SafeString:
    """A box with a heading. `fold` makes it closed until it is opened; `flush` gives tables the whole width.

    ``{% panel _("Facts") icon_name="list-details" %}...{% endpanel %}``
    """
    context = {"content": content, "title": title, "icon_name": icon_name, "id": id, "flush": flush, "fold": fold}
    return render_to_string("ui/parts/panel.html", context)


@register.simple_block_tag
def fact(content: str, label: str, wide: bool = False) -> SafeString:
    """One fact inside ``<dl class="yw-facts">``; nothing is drawn for an empty one.

    ``{% fact _("Reported") %}{% moment case.reported_at %}{% endfact %}``
    """
    if not content.strip():
        return SafeString("")
    return format_html('<div class="{}"><dt>{}</dt><dd>{}</dd></div>', "wide" if wide else "", label, content)


@register.simple_block_tag
def dialog(content: str, id: str, title: str, wide: bool = False, drawer: bool = False) -> SafeString:
    """A dialog that ``<button data-dialog="id">`` opens; `drawer` slides it to the right edge.

    ``{% dialog "return" _("Return the case") %}<form ...>{% enddialog %}``
    """
    css = ("is-wide " if wide else "") + ("yw-drawer" if drawer else "")
    return render_to_string("ui/parts/dialog.html", {"content": content, "id": id, "title": title, "css": css})


@register.inclusion_tag("ui/parts/empty_state.html")
def empty_state(title: str, text: str = "", action_url: str = "", action_label: str = "", icon_name: str = "inbox") -> dict[str, Any]:
    """Nothing here, and what to do next.

    ``{% empty_state _("Nothing is waiting for you") text=_("New tasks appear here by themselves.") %}``
    """
    return {"title": title, "text": text, "action_url": action_url, "action_label": action_label, "icon_name": icon_name}


@register.inclusion_tag("ui/parts/problem_box.html")
def error_box(title: str, detail: str = "", number: str = "", errors: Any = (), next_url: str = "", next_label: str = "") -> dict[str, Any]:
    """What went wrong, why, what to do now, and the number to quote.

    ``{% error_box problem.title detail=detail number=request_id errors=problem.errors %}``
    """
    return {"title": title, "detail": detail, "number": number, "errors": errors, "next_url": next_url, "next_label": next_label}


@register.simple_block_tag
def notice(content: str, tone: str = "accent", title: str = "") -> SafeString:
    """Something to know before going on.  ``{% notice tone="soon" %}...{% endnotice %}``"""
    icons = {"in_time": "circle-check", "soon": "alert-triangle", "overdue": "alert-octagon", "paused": "clock-pause"}
    head = format_html('<div class="title">{}</div>', title) if title else ""
    return format_html('<div class="yw-notice tone-{}">{}{}<div>{}</div></div>', tone, icon(icons.get(tone, "info-circle")), head, content)


@register.inclusion_tag("ui/parts/action_button.html", takes_context=True)
def action_button(
    context: template.Context, label: str, url: str, question: str = "", style: str = "", icon_name: str = "", target: str = "", **fields: Any
) -> dict[str, Any]:
    """A button that does something (POST), asks first when `question` is given, and cannot be pressed twice.

    ``{% action_button _("Void") url question=_("Void this case? It stays on record.") style="danger" reason="x" %}``
    """
    return {
        "label": label, "url": url, "question": question, "style": style, "icon_name": icon_name, "target": target,
        "fields": fields, "csrf_token": context.get("csrf_token"), "key": str(uuid7()),
    }  # fmt: skip


@register.simple_tag
def once() -> SafeString:
    """The form's own request number: sent twice, it is done once.  ``<form method="post">{% csrf_token %}{% once %}``"""
    return format_html('<input type="hidden" name="idempotency_key" value="{}">', uuid7())
