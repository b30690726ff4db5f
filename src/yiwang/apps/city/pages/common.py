"""What every page of the city needs: the actor, numbers from addresses, uploads of a form."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.files.pages import token_of

APP = "city"
MATTER = "city.problem"


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def upload_token(request: HttpRequest) -> str:
    """Return what tells one stranger's uploads from another's; makes a session where there is none."""
    if actor_of(request).kind is ActorKind.PUBLIC and not request.session.session_key:
        request.session.create()
    return token_of(request)


def number(value: object) -> float | None:
    """Return a number of an address or form, None for none or nonsense."""
    try:
        found = float(str(value).strip())
    except ValueError:
        return None
    return found if found == found and abs(found) < 1e6 else None


def uuid_of(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def field_errors(problem: ProblemError, known: set[str], rename: dict[str, str] | None = None) -> tuple[dict[str, str], list[str]]:
    """Split a refusal into messages at fields of the form and messages for its top."""
    if not isinstance(problem, BadInput):
        return ({"photos": str(problem)}, []) if problem.code.startswith("files.") and "photos" in known else ({}, [str(problem)])
    at: dict[str, str] = {}
    top: list[str] = []
    for error in problem.errors:
        name = (rename or {}).get(error["field"], error["field"])
        if name in known:
            at[name] = f"{at[name]} {error['message']}" if name in at else error["message"]
        else:
            top.append(error["message"])
    return at, top


def clean_text(request: HttpRequest, name: str, most: int = 2000) -> str:
    return request.POST.get(name, "").replace("\r\n", "\n")[: most + 1]


def context_of(**more: Any) -> dict[str, object]:
    return dict(more)
