"""Doors of one's own reminders: by which channels, quiet hours, digest; a test message; what went out lately."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import attach
from yiwang.kernel.notices import channels as ways
from yiwang.kernel.notices import queries, reminding
from yiwang.kernel.notices.models import Channel

TONES = {"pending": "soon", "sent": "done", "failed": "overdue"}


class ChoiceForm(forms.Form):
    """How somebody wants to be reminded outside the platform."""

    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Besides the platform, remind me by"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(c.value, c.label) for c in reminding.OUTSIDE],
    )  # fmt: skip
    quiet_from = forms.TimeField(label=gettext_lazy("Quiet from"), required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    quiet_to = forms.TimeField(label=gettext_lazy("Quiet until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}), help_text=gettext_lazy("Only what is urgent comes then; the rest waits until the end."))
    digest = forms.BooleanField(label=gettext_lazy("One digest a day in place of single reminders; urgent ones still come at once"), required=False)
    digest_at = forms.TimeField(label=gettext_lazy("The digest comes at"), required=False, widget=forms.TimeInput(attrs={"type": "time"}))


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def _initial(actor: Actor) -> dict[str, Any]:
    choice = reminding.choice_of(actor.account_id) if actor.account_id is not None else None
    begins, ends = reminding.quiet_hours(choice)
    return {
        "channels": list(choice.channels) if choice else [c.value for c in reminding.OUTSIDE], "quiet_from": begins, "quiet_to": ends,
        "digest": bool(choice and choice.digest), "digest_at": choice.digest_at if choice and choice.digest_at else reminding.USUAL_DIGEST,
    }  # fmt: skip


@require_http_methods(["GET", "POST"])
@door(signed_in=True)
def my_channels(request: HttpRequest) -> HttpResponse:
    """GET, POST /notices/channels/: one's own choice, the addresses in force, and the receipts of what went out lately."""
    actor = _actor(request)
    form = ChoiceForm(request.POST if request.method == "POST" else None, initial=_initial(actor))
    if request.method == "POST" and form.is_valid():
        try:
            reminding.save_choice(actor, **form.cleaned_data)
            messages.success(request, _("Your choice is kept."))
            return redirect("notices_channels")
        except BadInput as problem:
            attach(form, problem)
    sent = [
        {"title": pick(n.title), "channel": n.get_channel_display(), "state": n.get_state_display(), "tone": TONES[n.state], "receipt": n.receipt, "at": n.created_at, "tries": n.tries, "next": n.next_try_at}
        for n in queries.sent_outside(actor)
    ]  # fmt: skip
    context: dict[str, object] = {"form": form, "sent": sent, "addresses": _addresses(actor)}
    return render(request, "notices/channels.html", context, status=422 if form.errors else 200)


def _addresses(actor: Actor) -> list[dict[str, Any]]:
    account = queries.account_of(actor)
    if account is None:
        return []
    found = {Channel.MAIL: account.email, Channel.SMS: account.duty_phone, Channel.CHAT: account.username}
    return [{"code": c.value, "label": c.label, "address": ways.masked(found[c]) if found[c] else ""} for c in reminding.OUTSIDE]


@require_POST
@door(signed_in=True)
def send_test(request: HttpRequest) -> HttpResponse:
    """POST /notices/channels/test/ channel=: a message to oneself, to see that it arrives."""
    reminding.send_test(_actor(request), request.POST.get("channel", ""))
    messages.success(request, _("A test message is on its way; its receipt appears below within a minute."))
    return redirect("notices_channels")
