"""What pages of the data centre need."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.files.exports import Exported


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def file_answer(made: Exported) -> HttpResponse:
    response = HttpResponse(made.content, content_type=made.content_type)
    response["Content-Disposition"] = f'attachment; filename="{made.name}"'
    response["Cache-Control"] = "no-store"
    return response


def upload_mb() -> int:
    return int(settings.LAKE_FILE_MAX_BYTES) >> 20
