"""What the citizen's right to know and the standards refuse."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


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
