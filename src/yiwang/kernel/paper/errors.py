"""Refusals of paper and plates."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.files.errors import NoFont

__all__ = ["FormClosed", "LineEntered", "NoFont", "NothingToPrint"]


@dataclass(kw_only=True, eq=False)
class LineEntered(ProblemError):
    form: str
    line: int
    by: str
    at: str
    code: ClassVar[str] = "paper.line-entered"
    title: ClassVar[Any] = _("This line of the form has been entered already")
    hint: ClassVar[Any] = _("Line %(line)s of form %(form)s was entered by %(by)s on %(at)s. What was entered stands; a superior corrects it.")


@dataclass(kw_only=True, eq=False)
class FormClosed(ProblemError):
    form: str
    code: ClassVar[str] = "paper.form-closed"
    title: ClassVar[Any] = _("This form is finished")
    hint: ClassVar[Any] = _("Form %(form)s was entered as a whole, or is void. Nothing more can be entered from it.")


@dataclass(kw_only=True, eq=False)
class NothingToPrint(ProblemError):
    code: ClassVar[str] = "paper.nothing"
    title: ClassVar[Any] = _("There is nothing to print")
    hint: ClassVar[Any] = _("No open case or place fits what was chosen.")
