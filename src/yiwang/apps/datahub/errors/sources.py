"""What sources, transformations and reports by form refuse."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


@dataclass(kw_only=True, eq=False)
class SourceUnreachable(ProblemError):
    """A source did not let us in or did not answer. `reason` holds none of our secrets."""

    reason: str
    code: ClassVar[str] = "datahub.source.unreachable"
    title: ClassVar[Any] = _("The source could not be read")
    hint: ClassVar[Any] = _("It said: %(reason)s. Check address, account and secret of the source, then run it again.")
    status: ClassVar[int] = 502


@dataclass(kw_only=True, eq=False)
class SourceChanged(ProblemError):
    """The source is there and is not what it was."""

    reason: str
    code: ClassVar[str] = "datahub.source.changed"
    title: ClassVar[Any] = _("The source is no longer what was agreed")
    hint: ClassVar[Any] = _("What changed: %(reason)s. Nothing of this run was landed; ask the bureau, then change the source or the contract.")


@dataclass(kw_only=True, eq=False)
class SourceCountsDiffer(ProblemError):
    """Reconciliation (对账) failed: the source counted other rows than arrived."""

    there: int
    here: int
    code: ClassVar[str] = "datahub.source.counts-differ"
    title: ClassVar[Any] = _("The number of rows does not agree")
    hint: ClassVar[Any] = _("The source counts %(there)s rows, %(here)s arrived. Nothing of this portion was landed; run it again.")
    status: ClassVar[int] = 502


@dataclass(kw_only=True, eq=False)
class SourceSettingsWrong(ProblemError):
    """Settings that no source can have."""

    field: str
    reason: str
    code: ClassVar[str] = "datahub.source.settings"
    title: ClassVar[Any] = _("These settings of the source cannot be used")
    hint: ClassVar[Any] = _("%(field)s: %(reason)s. Nothing has been saved.")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class SourceDiskFull(ProblemError):
    """There is no room for what the source has."""

    free_mb: int
    code: ClassVar[str] = "datahub.source.disk-full"
    title: ClassVar[Any] = _("There is no room on the disk for these rows")
    hint: ClassVar[Any] = _("%(free_mb)s MB are free. The source was left as it is; make room, then the next run goes on.")
    status: ClassVar[int] = 507


@dataclass(kw_only=True, eq=False)
class SourceBusy(ProblemError):
    """It is being read at this moment."""

    code: ClassVar[str] = "datahub.source.busy"
    title: ClassVar[Any] = _("This source is being read right now")
    hint: ClassVar[Any] = _("Wait until the run has ended; two at once would read the same rows twice.")
    status: ClassVar[int] = 409


@dataclass(kw_only=True, eq=False)
class SourceDriverAbsent(ProblemError):
    """An optional program is not installed."""

    package: str
    code: ClassVar[str] = "datahub.source.driver-absent"
    title: ClassVar[Any] = _("The program for this kind of database is not installed")
    hint: ClassVar[Any] = _("Install the Python package %(package)s into the platform's environment, then try again.")
    status: ClassVar[int] = 501


@dataclass(kw_only=True, eq=False)
class EngineAbsent(ProblemError):
    """The engine that the setting names is not installed here."""

    what: str
    code: ClassVar[str] = "datahub.engine.absent"
    title: ClassVar[Any] = _("Spark is not installed here")
    hint: ClassVar[Any] = _("Missing: %(what)s. Install it (docs/how-to/transform.md), or set YIWANG_LAKE_ENGINE=duckdb; nothing has been changed.")
    status: ClassVar[int] = 501


@dataclass(kw_only=True, eq=False)
class TransformFailed(ProblemError):
    """A model cannot be computed."""

    model: str
    reason: str
    code: ClassVar[str] = "datahub.transform.failed"
    title: ClassVar[Any] = _("A transformation could not be computed")
    hint: ClassVar[Any] = _("%(model)s: %(reason)s. What was there before stays; correct the model, then run it again.")
    status: ClassVar[int] = 422


# --- reporting by form -------------------------------------------------------------------------------------------------


class SheetNotNow(ProblemError):
    """A reporting form that cannot be changed, handed in or judged in its state."""

    code = "datahub.form.not-now"
    title = _("This report cannot be changed now")
    hint = _("It was handed in, accepted or closed. Open it again to see where it stands.")
    status = 409


class SheetChanged(ProblemError):
    """Somebody else saved it since the page was opened."""

    code = "datahub.form.changed"
    title = _("Somebody has saved this report since you opened it")
    hint = _("Open the page again; what is saved there stands. Nothing of this request was written.")
    status = 409


@dataclass(kw_only=True, eq=False)
class SheetRefused(ProblemError):
    """A sheet of figures of which some cells cannot be taken; nothing of it was kept. `cells`: {"cell", "why", "text"}."""

    cells: list[dict[str, str]] = field(default_factory=list)
    code: ClassVar[str] = "datahub.sheet.refused"
    title: ClassVar[Any] = _("Some cells cannot be taken.")
    hint: ClassVar[Any] = _("Nothing of the sheet was kept. Mend the cells listed and bring it in again.")
    status: ClassVar[int] = 422
