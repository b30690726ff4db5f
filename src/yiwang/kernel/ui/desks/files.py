"""Files of a case as pages show them: by stage, before beside after, with what is worth a second look."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from yiwang.kernel.files import queries
from yiwang.kernel.ui.contracts import FileView

STAGES = ("before", "verify", "after", "check", "other")


@dataclass(frozen=True)
class StageFiles:
    code: str
    label: str
    files: tuple[FileView, ...]


def stage_name(stage: str) -> str:
    return {
        "before": _("Before"), "verify": _("Verification"), "after": _("After the work"), "check": _("Check on site"), "other": _("Other"),
    }.get(stage, stage)  # fmt: skip


def file_view(row: Any, flag: str = "", *, plain: bool = False) -> FileView:
    """Return a stored file as a thumbnail, without words where its heading says them (`plain`).

    Files are served only to those who may see their subject.
    """
    return FileView(
        url=reverse("file", args=[row.uid]), thumb_url=reverse("file_thumb", args=[row.uid]) if row.thumb_sha256 else "",
        name="" if plain else row.original_name, kind=row.kind, caption="" if plain else stage_name(row.stage), taken_at=row.taken_at, flag=flag, uid=str(row.uid),
    )


def by_stage(rows: Iterable[Any], flags: Mapping[UUID, str] | None = None) -> list[StageFiles]:
    """Return the stages that have files, in the order of a case's life."""
    grouped: dict[str, list[FileView]] = {}
    for row in rows:
        grouped.setdefault(row.stage, []).append(file_view(row, (flags or {}).get(row.uid, ""), plain=row.kind == "photo"))
    return [StageFiles(s, stage_name(s), tuple(grouped[s])) for s in STAGES if s in grouped]


def pair(stages: Iterable[StageFiles]) -> tuple[FileView, FileView] | None:
    """Return the first photo before and the last one after (a check's photo counts when there is no other)."""
    photos = {s.code: [f for f in s.files if f.kind == "photo"] for s in stages}
    before = photos.get("before") or photos.get("verify")
    after = photos.get("after") or photos.get("check")
    return (before[0], after[-1]) if before and after else None


def of_case(case_uid: UUID) -> list[Any]:
    """Return the files of a case in the order of their making. The caller has checked that the case may be seen."""
    return list(queries.of_subject("case", case_uid))
