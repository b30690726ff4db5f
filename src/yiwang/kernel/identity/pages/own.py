"""My own account: where I am signed in, and ending it (会话)."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from yiwang.kernel.base.errors import NotPermitted
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity import agents, queries, services
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.models import Session
from yiwang.kernel.identity.pages.common import actor_of


def session_rows(account_id: int, present: str = "") -> list[dict[str, object]]:
    """Return an account's sessions for a page; `present` is the reader's own key."""
    return [_row(s, s.session_key == present) for s in queries.sessions_of(account_id)]


def _row(session: Session, is_present: bool) -> dict[str, object]:
    return {
        "uid": session.uid, "device": agents.describe(session.agent) or _("Unknown device"), "began_at": session.began_at,
        "icon": "device-mobile" if agents.is_phone(session.agent) else "device-desktop", "address": session.address or "",
        "seen_at": session.seen_at, "is_present": is_present,
    }  # fmt: skip


@never_cache
@require_GET
@door(signed_in=True)
def sessions(request: HttpRequest) -> HttpResponse:
    """GET sessions/: where I am signed in."""
    account_id = actor_of(request).account_id
    if account_id is None:  # another system by key
        raise NotPermitted(permission="")
    rows = session_rows(account_id, request.session.session_key or "")
    return render(request, "identity/sessions.html", {"rows": rows, "others": sum(not r["is_present"] for r in rows)})


@require_POST
@door(signed_in=True)
def end_session(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST sessions/<uid>/end/: sign that browser out."""
    services.end_session(actor_of(request), uid)
    messages.success(request, _("That browser is signed out."))
    return redirect("identity:sessions")


@require_POST
@door(signed_in=True)
def end_others(request: HttpRequest) -> HttpResponse:
    """POST sessions/end/: sign every other browser out."""
    count = services.end_other_sessions(actor_of(request), present=request.session.session_key or "")
    text = ngettext("%(count)s other browser is signed out.", "%(count)s other browsers are signed out.", count)
    messages.success(request, text % {"count": count})
    return redirect("identity:sessions")


def leaving(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let the browser forget what it keeps of our pages when its owner signs out (Clear-Site-Data).

    The cache alone: cookies hold language and the known device, and storage holds reports that the phone has not sent yet,
    which are nobody's to throw away. Drafts of forms go by script (islands/core/forms.ts).
    """

    @wraps(view)
    def left(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if request.method == "POST":
            response["Clear-Site-Data"] = '"cache"'
        return response

    return left
