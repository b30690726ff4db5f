"""Refusals of the process room."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


@dataclass(kw_only=True, eq=False)
class DefinitionRefused(ProblemError):
    """The diagram or table cannot be published; ``findings`` are texts "file:line: element: message mend"."""

    findings: tuple[str, ...]
    code: ClassVar[str] = "process.definition-refused"
    title: ClassVar[Any] = _("The process cannot be published as it is")
    hint: ClassVar[Any] = _("Correct the points listed and publish again. Nothing has been changed.")
    status: ClassVar[int] = 422

    def __str__(self) -> str:
        return f"{self.title}\n" + "\n".join(self.findings)


@dataclass(kw_only=True, eq=False)
class StepGone(ProblemError):
    """The step is no longer waiting: somebody was faster, or a timer or a return closed it."""

    engine_id: str
    code: ClassVar[str] = "process.step-gone"
    title: ClassVar[Any] = _("This step is no longer waiting")
    hint: ClassVar[Any] = _("Open the case again to see who did what in the meantime.")


@dataclass(kw_only=True, eq=False)
class NoWayOn(ProblemError):
    """No condition behind the step is met, so the process would not know where to go."""

    element: str
    outcome: str = ""
    code: ClassVar[str] = "process.no-way-on"
    title: ClassVar[Any] = _("The process has no way on from here")
    hint: ClassVar[Any] = _(
        "At %(element)s no condition fits the result “%(outcome)s”. Choose another result, or have the process corrected."
    )
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class UnknownStep(ProblemError):
    spec: str
    code: ClassVar[str] = "process.unknown-step"
    title: ClassVar[Any] = _("The process has no such step")
    hint: ClassVar[Any] = _("There is no step %(spec)s in this version of the process.")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class HandlerFailed(ProblemError):
    """A named service step failed; the reason is in the log under the request's number."""

    handler: str
    element: str
    code: ClassVar[str] = "process.handler-failed"
    title: ClassVar[Any] = _("An automatic step of the process failed")
    hint: ClassVar[Any] = _(
        "Nothing has been changed. Try again; if it fails again, tell your administrator: %(handler)s at %(element)s."
    )
    status: ClassVar[int] = 500


@dataclass(kw_only=True, eq=False)
class TooManySteps(ProblemError):
    """The diagram runs in a circle without waiting for anybody."""

    element: str
    code: ClassVar[str] = "process.too-many-steps"
    title: ClassVar[Any] = _("The process runs in a circle")
    hint: ClassVar[Any] = _(
        "It went round at %(element)s without coming to a step for a person. Have the process corrected."
    )
    status: ClassVar[int] = 500


@dataclass(kw_only=True, eq=False)
class DecisionUndecided(ProblemError):
    """A UNIQUE table has several rows that fit."""

    decision: str
    rows: tuple[int, ...]
    code: ClassVar[str] = "process.decision-undecided"
    title: ClassVar[Any] = _("The decision table gives more than one answer")
    hint: ClassVar[Any] = _("In %(decision)s the rows %(rows)s all fit, but only one may. Have the table corrected.")
    status: ClassVar[int] = 500


@dataclass(kw_only=True, eq=False)
class ExpressionFailed(ProblemError):
    """A condition, timer or cell that could not be evaluated (too costly, or not a time where a time is needed)."""

    element: str
    reason: str
    code: ClassVar[str] = "process.expression-failed"
    title: ClassVar[Any] = _("A condition of the process could not be evaluated")
    hint: ClassVar[Any] = _("At %(element)s: %(reason)s")
    status: ClassVar[int] = 500


@dataclass(kw_only=True, eq=False)
class StateDamaged(ProblemError):
    code: ClassVar[str] = "process.state-damaged"
    title: ClassVar[Any] = _("The stored state of the process cannot be read")
    hint: ClassVar[Any] = _("Tell your administrator. The case and its history are not affected.")
    status: ClassVar[int] = 500
