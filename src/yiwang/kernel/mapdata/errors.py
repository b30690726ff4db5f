"""Refusals of map files."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


@dataclass(kw_only=True, eq=False)
class FileRefused(ProblemError):
    """The file cannot be taken; `reason` is the reader's word, `words` the sentence with its mend."""

    reason: str
    words: str
    code: ClassVar[str] = "mapdata.file-refused"
    title: ClassVar[Any] = _("This file cannot be brought in")
    hint: ClassVar[Any] = _("%(words)s Nothing has been changed.")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class NotNow(ProblemError):
    state: str
    code: ClassVar[str] = "mapdata.not-now"
    title: ClassVar[Any] = _("This import is not at that step")
    hint: ClassVar[Any] = _("It is: %(state)s. Open its page again to see what can be done now.")


@dataclass(kw_only=True, eq=False)
class RowsAreBad(ProblemError):
    bad: int
    good: int
    code: ClassVar[str] = "mapdata.rows-are-bad"
    title: ClassVar[Any] = _("Some rows cannot be brought in")
    hint: ClassVar[Any] = _("%(bad)s rows are bad, so nothing was brought in. Mend the file and send it again, or bring in the %(good)s good rows alone.")


@dataclass(kw_only=True, eq=False)
class Shifted(ProblemError):
    system: str
    metres: float
    code: ClassVar[str] = "mapdata.shifted"
    title: ClassVar[Any] = _("The coordinates are those of a web map")
    hint: ClassVar[Any] = _(
        "They are in %(system)s and lie about %(metres)s m beside the true places. Ask for the survey's coordinates, or check again with the conversion."
    )


@dataclass(kw_only=True, eq=False)
class RowsInUse(ProblemError):
    rows: tuple[str, ...]
    count: int
    code: ClassVar[str] = "mapdata.rows-in-use"
    title: ClassVar[Any] = _("This import can no longer be undone")
    hint: ClassVar[Any] = _("%(count)s of its rows were changed or used since: %(rows)s. Nothing has been undone.")
