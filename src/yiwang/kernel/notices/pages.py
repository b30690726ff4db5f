"""Doors of messages: the list, opening one, marking all read."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity.doors import door
from yiwang.kernel.notices import queries, services


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


@require_GET
@door(signed_in=True)
def inbox(request: HttpRequest) -> HttpResponse:
    """GET /notices/?unread=1: the reader's messages, newest first."""
    actor, unread = _actor(request), request.GET.get("unread") == "1"
    page = queries.inbox(actor, unread=unread, cursor=request.GET.get("cursor", ""), size=30)
    kept = "&unread=1" if unread else ""
    rows = [
        {"uid": n.uid, "title": pick(n.title), "body": pick(n.body), "at": n.created_at, "unread": n.read_at is None, "link": n.link}
        for n in page.rows
    ]
    context: dict[str, object] = {
        "rows": rows, "unread_only": unread, "unread_count": queries.unread_count(actor),
        "next_url": f"?cursor={page.next}{kept}" if page.next else "",
        "previous_url": f"?cursor={page.previous}{kept}" if page.previous else "",
    }  # fmt: skip
    return render(request, "notices/inbox.html", context, part="list")


@require_GET
@door(signed_in=True)
def open_one(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /notices/<uid>/: mark it read and go to what it is about."""
    found = services.mark_read(actor=_actor(request), uid=uid)
    return redirect(found.link or "notices")


@require_POST
@door(signed_in=True)
def read_all(request: HttpRequest) -> HttpResponse:
    """POST /notices/read/: everything was seen."""
    services.mark_all_read(actor=_actor(request))
    return redirect("notices")
