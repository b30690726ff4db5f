"""Refusals of the cases room."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


@dataclass(kw_only=True, eq=False)
class TaskGone(ProblemError):
    """Somebody else was faster, or the step went away; says who did what."""

    done_by: str
    done_at: str
    what: str
    code: ClassVar[str] = "cases.task-gone"
    title: ClassVar[Any] = _("This task is no longer open")
    hint: ClassVar[Any] = _("%(done_by)s did it at %(done_at)s (%(what)s). Reload the case to see where it stands.")


@dataclass(kw_only=True, eq=False)
class CaseChanged(ProblemError):
    shown: int
    present: int
    last: str = ""
    code: ClassVar[str] = "cases.changed"
    title: ClassVar[Any] = _("The case has moved on since you opened the page")
    hint: ClassVar[Any] = _("Last step: %(last)s. Reload the case; what you typed is kept.")


@dataclass(kw_only=True, eq=False)
class ActionNotAllowed(ProblemError):
    action: str
    state: str
    why: str = ""
    code: ClassVar[str] = "cases.action-not-allowed"
    title: ClassVar[Any] = _("This cannot be done at the present step")
    hint: ClassVar[Any] = _("The case is in the state %(state)s. %(why)s")


@dataclass(kw_only=True, eq=False)
class SameHands(ProblemError):
    """监管分离: who disposed of a case never checks or closes it; the acceptor never files."""

    acted_in: str
    step: str
    code: ClassVar[str] = "cases.same-hands"
    title: ClassVar[Any] = _("Handling and supervision must be in different hands")
    hint: ClassVar[Any] = _("You acted on this case in the step %(acted_in)s, so a colleague has to do the step %(step)s.")
    status: ClassVar[int] = 403


@dataclass(kw_only=True, eq=False)
class LimitReached(ProblemError):
    what: str
    most: int
    code: ClassVar[str] = "cases.limit-reached"
    title: ClassVar[Any] = _("This has been used up for the case")
    hint: ClassVar[Any] = _("%(what)s: at most %(most)s.")


@dataclass(kw_only=True, eq=False)
class MatterInvalid(ProblemError):
    """A matter folder that does not hold; each finding names file, line and mend."""

    findings: tuple[str, ...]
    code: ClassVar[str] = "cases.matter-invalid"
    title: ClassVar[Any] = _("The matter folder has faults")
    hint: ClassVar[Any] = _("Correct what is listed and load it again. The version in use has not changed.")
    status: ClassVar[int] = 422

    def __str__(self) -> str:
        return f"{self.title}\n" + "\n".join(self.findings)
