"""Refusals of city management."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


@dataclass(kw_only=True, eq=False)
class NotFileable(ProblemError):
    """立案 was refused; `reasons` are already in the reader's language."""

    reasons: tuple[str, ...]
    code: ClassVar[str] = "city.not-fileable"
    title: ClassVar[Any] = _("This report cannot be filed yet")
    hint: ClassVar[Any] = _("Correct the points listed, or refuse the report with a reply to the reporter: %(reasons)s")


@dataclass(kw_only=True, eq=False)
class NotClosable(ProblemError):
    reasons: tuple[str, ...]
    code: ClassVar[str] = "city.not-closable"
    title: ClassVar[Any] = _("This case cannot be closed yet")
    hint: ClassVar[Any] = _("What is missing: %(reasons)s")


@dataclass(kw_only=True, eq=False)
class BadImportFile(ProblemError):
    """A file or profile that cannot be imported as a whole; `why` says what and how to mend it."""

    why: str
    code: ClassVar[str] = "city.bad-import-file"
    title: ClassVar[Any] = _("This file cannot be imported")
    hint: ClassVar[Any] = _("%(why)s. Nothing has been imported.")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class ImportRunning(ProblemError):
    profile: str
    code: ClassVar[str] = "city.import-running"
    title: ClassVar[Any] = _("This city's requests are being imported at this moment")
    hint: ClassVar[Any] = _("Wait until the other import of %(profile)s has ended, then start again.")


@dataclass(kw_only=True, eq=False)
class AnsweredMeanwhile(ProblemError):
    """Two people had the same component of a census in hand; the second is told what the first said."""

    by: str
    at: str
    said: str
    code: ClassVar[str] = "city.census-answered"
    title: ClassVar[Any] = _("Somebody else has answered for this component")
    hint: ClassVar[Any] = _("%(by)s said at %(at)s: %(said)s. Your answer was not taken. Look at the component again if you still have to say something else.")


@dataclass(kw_only=True, eq=False)
class TooLate(ProblemError):
    """What was done on the street cannot be taken any more; the phone keeps it readable. `told` is a whole sentence."""

    told: str
    code: ClassVar[str] = "field.too-late"
    title: ClassVar[Any] = _("It came too late and was not taken")
    hint: ClassVar[Any] = _("%(told)s What you did is kept on your phone under “not taken”.")


@dataclass(kw_only=True, eq=False)
class OtherPerson(ProblemError):
    """The phone sends what somebody else did with it."""

    code: ClassVar[str] = "field.other-person"
    title: ClassVar[Any] = _("Somebody else did this on this phone")
    hint: ClassVar[Any] = _("Whoever did it signs in, then it is sent. Nothing is lost until then.")
    status: ClassVar[int] = 401


@dataclass(kw_only=True, eq=False)
class AlreadyDone(ProblemError):
    """Somebody, perhaps oneself, has done it before."""

    code: ClassVar[str] = "city.already-done"
    title: ClassVar[Any] = _("This has been decided already")
    hint: ClassVar[Any] = _("Open the page again to see by whom and when.")
    status: ClassVar[int] = 409


@dataclass(kw_only=True, eq=False)
class AlreadyEmergency(ProblemError):
    number: str
    code: ClassVar[str] = "city.already-emergency"
    title: ClassVar[Any] = _("This case is an emergency already")
    hint: ClassVar[Any] = _("Open the emergency that is under way; a case has one at a time.")


@dataclass(kw_only=True, eq=False)
class EmergencyOver(ProblemError):
    by: str
    code: ClassVar[str] = "city.emergency-over"
    title: ClassVar[Any] = _("This emergency has ended")
    hint: ClassVar[Any] = _("%(by)s has ended it; its report stays. Raise the case again if it goes on.")


@dataclass(kw_only=True, eq=False)
class NoPreplan(ProblemError):
    code: ClassVar[str] = "city.no-preplan"
    title: ClassVar[Any] = _("There is no plan for emergencies")
    hint: ClassVar[Any] = _("Load the plans with the setup command, or choose another one.")
