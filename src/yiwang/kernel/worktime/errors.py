"""Refusals of the room worktime."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


@dataclass(kw_only=True, eq=False)
class UnknownCalendar(ProblemError):
    calendar_code: str
    code: ClassVar[str] = "worktime.unknown-calendar"
    title: ClassVar[Any] = _("There is no such working calendar")
    hint: ClassVar[Any] = _("Choose one of the calendars in the list, or add %(calendar_code)s first.")
    status: ClassVar[int] = 404


@dataclass(kw_only=True, eq=False)
class BadCalendar(ProblemError):
    reason: str
    code: ClassVar[str] = "worktime.bad-calendar"
    title: ClassVar[Any] = _("This working calendar cannot be used")
    hint: ClassVar[Any] = _("Nothing has been changed. Correct this and save again: %(reason)s")
    status: ClassVar[int] = 422
