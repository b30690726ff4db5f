"""What the data centre refuses."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


class LakeBusy(ProblemError):
    """The lake's programs had not the memory or the time that the work wanted."""

    code = "datahub.lake.busy"
    title = _("The data could not be read in the time or memory allowed.")
    hint = _("Ask for fewer rows or columns, or try again when less runs.")
    status = 503


@dataclass(kw_only=True, eq=False)
class FileRefused(ProblemError):
    """A file, or a run as a whole, that cannot be taken; nothing of it counts. `reason` is a code, `words` its sentence."""

    reason: str
    words: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    code: ClassVar[str] = "datahub.landing.refused"
    title: ClassVar[Any] = _("This delivery cannot be taken.")
    hint: ClassVar[Any] = _("%(words)s Nothing of it was kept. Correct it and hand it in again.")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class ContractRefused(ProblemError):
    """The text of a contract that cannot be kept."""

    where: str
    what: str
    code: ClassVar[str] = "datahub.contract.refused"
    title: ClassVar[Any] = _("This contract cannot be kept.")
    hint: ClassVar[Any] = _("%(where)s: %(what)s")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class NoContract(ProblemError):
    code: ClassVar[str] = "datahub.contract.none"
    title: ClassVar[Any] = _("This data set has no contract yet.")
    hint: ClassVar[Any] = _("Describe its columns first, or let them be guessed from a file.")


@dataclass(kw_only=True, eq=False)
class RunNotNow(ProblemError):
    state: str = ""
    code: ClassVar[str] = "datahub.run.not-now"
    title: ClassVar[Any] = _("This delivery cannot be changed now.")
    hint: ClassVar[Any] = _("It stands at: %(state)s.")


@dataclass(kw_only=True, eq=False)
class LakeFull(ProblemError):
    code: ClassVar[str] = "datahub.lake.full"
    title: ClassVar[Any] = _("The lake has no space left.")
    hint: ClassVar[Any] = _("Nothing of the delivery counts. Tell the administrator that the disk is full; it can be continued afterwards.")
    status: ClassVar[int] = 507


class NameTaken(ProblemError):
    """Another open set, challenge or page of the portal has this name."""

    code = "datahub.open.name-taken"
    title = _("This name is in use already.")
    hint = _("Choose another name of small letters, digits and hyphens.")


class NotToOpen(ProblemError):
    """The catalogue does not say that the set may be opened to everybody without condition."""

    code = "datahub.open.not-to-open"
    title = _("This data set is not to be opened.")
    hint = _("Its entry in the catalogue says so. Change the entry first, with the law or decision it rests on.")


class NoRows(ProblemError):
    """There is nothing to publish."""

    code = "datahub.open.no-rows"
    title = _("There are no rows to open.")
    hint = _("Load the data set first, and choose at least one column.")


@dataclass(kw_only=True, eq=False)
class NotSafe(ProblemError):
    """The privacy check found what forbids opening; `reasons` says what."""

    reasons: list[str]
    code = "datahub.open.not-safe"
    title = _("These rows cannot be opened as they are.")
    hint = _("%(reasons)s. Leave columns out or make them coarser, and prepare the rows again.")


class SamePerson(ProblemError):
    """Who prepared may not release."""

    code = "datahub.open.same-person"
    title = _("A second person must release this.")
    hint = _("Who prepared the rows may not release them. Ask a colleague.")


class AlreadyDecided(ProblemError):
    """Somebody was first."""

    code = "datahub.open.already-decided"
    title = _("This has been decided already.")
    hint = _("Load the page again to see what was decided.")


class NotYet(ProblemError):
    """A challenge is not as far as that, or is past it."""

    code = "datahub.open.not-yet"
    title = _("This cannot be done now.")
    hint = _("Look at the state and the last day of the challenge.")


@dataclass(kw_only=True, eq=False)
class TooFewJudges(ProblemError):
    """An award wants every entry judged by enough people."""

    wanted: int
    code = "datahub.open.too-few-judges"
    title = _("Not every entry has been judged by enough people.")
    hint = _("Each entry that was handed in wants the points of at least %(wanted)s judges.")


class Retracted(ProblemError):
    """A set that was open and is no more."""

    code = "datahub.open.retracted"
    title = _("This data set was taken back.")
    hint = _("Its page says when and why.")
    status = 410
