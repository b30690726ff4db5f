"""Refusals of the indicator engine."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


@dataclass(kw_only=True, eq=False)
class DefinitionRefused(ProblemError):
    """A definition that cannot be read or does not hang together; every fault is named."""

    faults: list[str] = field(default_factory=list)
    code: ClassVar[str] = "indicators.definition-refused"
    title: ClassVar[Any] = _("This definition cannot be taken")
    hint: ClassVar[Any] = _("%(faults)s. Nothing has been changed.")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class DefinitionInUse(ProblemError):
    what: str
    users: list[str] = field(default_factory=list)
    code: ClassVar[str] = "indicators.definition-in-use"
    title: ClassVar[Any] = _("This is still in use")
    hint: ClassVar[Any] = _("%(what)s is part of: %(users)s. Change these first.")


@dataclass(kw_only=True, eq=False)
class PeriodStillRuns(ProblemError):
    period: str
    code: ClassVar[str] = "indicators.period-still-runs"
    title: ClassVar[Any] = _("This period has not ended yet")
    hint: ClassVar[Any] = _("%(period)s can be closed once its last day is over.")


@dataclass(kw_only=True, eq=False)
class PeriodClosed(ProblemError):
    period: str
    code: ClassVar[str] = "indicators.period-closed"
    title: ClassVar[Any] = _("This period has been closed already")
    hint: ClassVar[Any] = _("%(period)s has a closed result. Correct it with a reason: that makes a new version and keeps the old one.")
