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


class SamePreparer(ProblemError):
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


@dataclass(kw_only=True, eq=False)
class SamePerson(ProblemError):
    """Who handed something in judges it, or who asks for data grants it."""

    code: ClassVar[str] = "datahub.share.same-person"
    title: ClassVar[Any] = _("A second person has to judge this.")
    hint: ClassVar[Any] = _("Whoever handed it in does not judge it. Ask a colleague who may.")
# --- sources -----------------------------------------------------------------------------------------------------------


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
class FigureDoubtful(ProblemError):
    """A figure that looks like a mistake; said again as meant it is kept."""

    said: str = ""
    code: ClassVar[str] = "datahub.figure.doubtful"
    title: ClassVar[Any] = _("This figure looks like a mistake.")
    hint: ClassVar[Any] = _("%(said)s Tick that you are sure, and it is kept.")
    status: ClassVar[int] = 422


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
class NotNow(ProblemError):
    """The step does not fit the state: somebody was faster, or the page is old."""

    state: str = ""
    code: ClassVar[str] = "datahub.share.not-now"
    title: ClassVar[Any] = _("This does not fit its present state.")
    hint: ClassVar[Any] = _("It is now: %(state)s. Open the page again to see what can be done.")
    status: ClassVar[int] = 409


@dataclass(kw_only=True, eq=False)
class NotShared(ProblemError):
    """The set is not shared at all; its law is named."""

    law: str = ""
    code: ClassVar[str] = "datahub.share.not-shared"
    title: ClassVar[Any] = _("This data set is not shared.")
    hint: ClassVar[Any] = _("The source bureau names as its reason: %(law)s. Ask whether a check (yes or no) is enough for you.")
    status: ClassVar[int] = 409


@dataclass(kw_only=True, eq=False)
class WrongKey(ProblemError):
    """No key, a key that is none, or a signature that does not fit: all look alike."""

    code: ClassVar[str] = "datahub.grant.wrong-key"
    title: ClassVar[Any] = _("This call is not signed as it has to be.")
    hint: ClassVar[Any] = _("Check key, clock and the text that is signed; the reference page on signed calls has an example.")
    status: ClassVar[int] = 401


@dataclass(kw_only=True, eq=False)
class GrantClosed(ProblemError):
    """A good signature of a grant that may not be used (any more)."""

    why: str = ""
    reason: str = ""
    code: ClassVar[str] = "datahub.grant.closed"
    title: ClassVar[Any] = _("This grant cannot be used.")
    hint: ClassVar[Any] = _("It is closed (%(why)s): %(reason)s Ask your bureau's data officer; calls with this key are refused and on record.")
    status: ClassVar[int] = 403


@dataclass(kw_only=True, eq=False)
class RateExceeded(ProblemError):
    retry_after_s: int = 60
    most: int = 0
    per: str = "minute"
    code: ClassVar[str] = "datahub.grant.rate"
    title: ClassVar[Any] = _("More calls than this grant allows.")
    hint: ClassVar[Any] = _(
        "At most %(most)s calls each %(per)s. Wait %(retry_after_s)s seconds, ask for more rows at once, or ask the source bureau for a larger quota."
    )
    status: ClassVar[int] = 429


@dataclass(kw_only=True, eq=False)
class NotGranted(ProblemError):
    """A column, filter or way beyond the grant."""

    what: str = ""
    code: ClassVar[str] = "datahub.grant.beyond"
    title: ClassVar[Any] = _("This goes beyond what was granted.")
    hint: ClassVar[Any] = _("Not granted: %(what)s. Ask for what the grant names, or make another request.")
    status: ClassVar[int] = 403


class NoPurpose(ProblemError):
    """Somebody wants to know of a person and does not say what for."""

    code = "datahub.base.no-purpose"
    title = _("Say what you need it for.")
    hint = _("A reading names its purpose, the law that allows it and the number of the case. Nothing was read.")
    status = 422


class AlreadySettled(ProblemError):
    """The question was answered by somebody else meanwhile."""

    code = "datahub.base.settled"
    title = _("This question is settled already.")
    hint = _("Take the next one; what was decided can be seen and taken back on the page of the golden record.")
    status = 409


class SecondPersonNeeded(ProblemError):
    """Whoever said it first cannot confirm it."""

    code = "datahub.base.second-person"
    title = _("A second person has to confirm this.")
    hint = _("Two people with one number, or one with two, become one record only when two data stewards say so.")
    status = 409


class NotMergeable(ProblemError):
    """The two records cannot become one, or the merge cannot be taken back."""

    code = "datahub.base.not-mergeable"
    title = _("This cannot be done with these records.")
    hint = _("One of them has changed meanwhile. Open its page again and look at what it is now.")
    status = 409


@dataclass(kw_only=True, eq=False)
class SourceDriverAbsent(ProblemError):
    """An optional program is not installed."""

    package: str
    code: ClassVar[str] = "datahub.source.driver-absent"
    title: ClassVar[Any] = _("The program for this kind of database is not installed")
    hint: ClassVar[Any] = _("Install the Python package %(package)s into the platform's environment, then try again.")
    status: ClassVar[int] = 501


class NotConfirmed(ProblemError):
    """Name and identity number were not found together."""

    code = "datahub.rights.not-confirmed"
    title = _("Name and identity number could not be confirmed")
    hint = _("Check both as they stand on your identity card. If they are right, bring the card to the service counter: nobody has entered you yet.")
    status = 422


class AlreadySomebody(ProblemError):
    code = "datahub.rights.already-somebody"
    title = _("This identity is confirmed for an account already")
    hint = _("If it is your other account, sign in there. If it is not yours, tell the service counter at once.")
    status = 409


class AskedAlready(ProblemError):
    code = "datahub.rights.asked-already"
    title = _("You have asked this already")
    hint = _("The answer is on its way; it stands under your requests.")
    status = 409


class TooManyOpen(ProblemError):
    code = "datahub.rights.too-many-open"
    title = _("You have many requests open")
    hint = _("Wait for an answer to some of them, or take one back.")
    status = 409


class NotOpen(ProblemError):
    code = "datahub.rights.not-open"
    title = _("This request is no longer open")
    hint = _("Open the page again to see what became of it.")
    status = 409


class ConsentMissing(ProblemError):
    """Reading on the ground of consent, and there is none."""

    code = "datahub.rights.consent-missing"
    title = _("The person does not agree to this use")
    hint = _("Ask for the person's consent, or name another legal basis.")
    status = 403


@dataclass(kw_only=True, eq=False)
class CodeListRefused(ProblemError):
    """A table that is no code list or no mapping: which line, and why in the reader's words."""

    line: int
    words: str = ""
    code: ClassVar[str] = "datahub.code-list-refused"
    title: ClassVar[Any] = _("This table cannot be taken as a code list")
    hint: ClassVar[Any] = _("Correct the line that is named and send the table again.")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class GradeDecided(ProblemError):
    """A suggestion that somebody has decided."""

    code: ClassVar[str] = "datahub.grade-decided"
    title: ClassVar[Any] = _("This suggestion was decided")
    hint: ClassVar[Any] = _("Reload the page to see who decided it and how.")
    status: ClassVar[int] = 409


# --- transformations ---------------------------------------------------------------------------------------------------


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
class FigureNotNow(ProblemError):
    state: str = ""
    code: ClassVar[str] = "datahub.figure.not-now"
    title: ClassVar[Any] = _("This figure does not wait for release.")
    hint: ClassVar[Any] = _("It stands at: %(state)s.")


@dataclass(kw_only=True, eq=False)
class SheetRefused(ProblemError):
    """A sheet of figures of which some cells cannot be taken; nothing of it was kept. `cells`: {"cell", "why", "text"}."""

    cells: list[dict[str, str]] = field(default_factory=list)
    code: ClassVar[str] = "datahub.sheet.refused"
    title: ClassVar[Any] = _("Some cells cannot be taken.")
    hint: ClassVar[Any] = _("Nothing of the sheet was kept. Mend the cells listed and bring it in again.")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class GroundTooLarge(ProblemError):
    """So much lies there that it is not measured at once."""

    code: ClassVar[str] = "datahub.ground.too-large"
    title: ClassVar[Any] = _("Too much lies there to be measured at once.")
    hint: ClassVar[Any] = _("Draw a smaller area.")
    status: ClassVar[int] = 422
