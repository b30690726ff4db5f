"""What a client needs to know first: who it is, and the dictionary of classes."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router

from yiwang.apps.city import queries
from yiwang.apps.city.api import schemas
from yiwang.apps.city.api.common import actor_of, answers
from yiwang.kernel.base import rates
from yiwang.kernel.base.api import Text, answer
from yiwang.kernel.base.clock import now
from yiwang.kernel.identity.doors import api_door

router = Router(tags=["reference"], by_alias=True)  # described by the names that go over the wire


@router.get("/classes", auth=api_door(public=True, limit=rates.OPEN_DATA), summary="The dictionary of classes", response=answers(ok200=schemas.ClassList))
def list_classes(
    request: HttpRequest,
    kind: Annotated[Text, Query("", max_length=12, description="component or matter")] = "",
    text: Annotated[Text, Query("", max_length=100, description="part of the name, or the beginning of the code")] = "",
    derived: Annotated[bool, Query(False, description="with the matters derived from components (部件异常)")] = False,
) -> Any:
    """Return the classes in force today (部件和事项分类)."""
    return answer({"items": [
        {"class": f"{c['kind']}:{c['code']}", "kind": c["kind"], "code": c["code"], "name": c["name"], "major": c["major"],
         "major_name": c["major_name"], "standard": c["standard_ref"]}
        for c in queries.class_rows(now().date(), kind=kind, text=text, derived=derived)
    ]})  # fmt: skip


@router.get("/me", auth=api_door(signed_in=True), summary="Who I am here", response=answers(ok200=schemas.MeOut))
def show_me(request: HttpRequest) -> Any:
    """Return the reader as an actor: post, roles, permissions with the places where they hold."""
    actor = actor_of(request)
    held: dict[str, list[str]] = {}
    for grant in actor.grants:
        held.setdefault(grant.permission, []).append(grant.scope.area_path)
    return answer({
        "kind": actor.kind.value, "name": actor.name, "post": actor.post_name, "roles": sorted(actor.roles),
        "permissions": [{"permission": p, "areas": sorted(set(a))} for p, a in sorted(held.items())],
        "language": actor.language,
    })  # fmt: skip
