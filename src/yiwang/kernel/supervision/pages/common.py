"""What every page of supervision needs: the actor, addresses, uploads, doing a form once."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.base.idempotency import kept_answer
from yiwang.kernel.files import queries as files
from yiwang.kernel.files.services import store_upload
from yiwang.kernel.identity.forms import attach

MOST_FILES = 10


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def key_of(request: HttpRequest) -> str:
    """Return the number of the form that was sent: sent twice, it is done once."""
    return request.POST.get("idempotency_key", "")[:80]


def done_before(request: HttpRequest) -> dict[str, Any] | None:
    """Return what this very form was answered before, so that its files are not stored again."""
    key = key_of(request)
    return kept_answer(actor_of(request), key) if key else None


def uploads(request: HttpRequest, name: str = "files") -> tuple[UUID, ...]:
    """Store what was sent with a form and return the numbers."""
    given = request.FILES.getlist(name)[:MOST_FILES]
    return tuple(store_upload(actor=actor_of(request), file=file, stage="other").uid for file in given)


def try_form(request: HttpRequest, form: forms.Form, do: Callable[[], Any], said: str) -> Any:
    """Do what a valid form asks and say so; a refusal goes to its fields and None is returned."""
    try:
        found = do()
    except BadInput as problem:
        attach(form, problem)
        return None
    except ProblemError as problem:
        form.add_error(None, str(problem))
        return None
    messages.success(request, said)
    return found


def links(name: str, page: Any, **query: str) -> dict[str, str]:
    """Return the addresses of the pages before and after."""
    base, kept = reverse(name), {k: v for k, v in query.items() if v}
    return {
        "previous_url": f"{base}?{urlencode({**kept, 'cursor': page.previous})}" if page.previous else "",
        "next_url": f"{base}?{urlencode({**kept, 'cursor': page.next})}" if page.next else "",
    }  # fmt: skip


def tabs(base: str, name: str, chosen: str, choices: list[tuple[str, Any]], **kept: str) -> list[dict[str, Any]]:
    """Return tabs that are links, the chosen one marked."""
    made = []
    for value, label in choices:
        query = urlencode({k: v for k, v in {**kept, name: value}.items() if v})
        made.append({"label": label, "url": f"{base}?{query}" if query else base, "current": value == chosen, "count": None, "icon": "", "remove_url": ""})
    return made


def file_views(uids: list[str], actor: Actor) -> list[dict[str, Any]]:
    """Return files as thumbnails, those that the reader may see."""
    rows = files.visible(actor, [UUID(u) for u in uids]) if uids else []
    return [
        {
            "url": reverse("file", args=[row.uid]), "thumb_url": reverse("file_thumb", args=[row.uid]) if row.thumb_sha256 else "", "name": row.original_name,
            "kind": row.kind, "caption": "", "taken_at": None, "flag": "",
        }
        for row in rows
    ]  # fmt: skip
