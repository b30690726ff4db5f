"""What deliveries and their contracts refuse."""

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
class LakeFull(ProblemError):
    code: ClassVar[str] = "datahub.lake.full"
    title: ClassVar[Any] = _("The lake has no space left.")
    hint: ClassVar[Any] = _("Nothing of the delivery counts. Tell the administrator that the disk is full; it can be continued afterwards.")
    status: ClassVar[int] = 507


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
