"""What open data refuses."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


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
