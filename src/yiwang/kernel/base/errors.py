"""Refusals that we can explain: one type, two faces (problem+json below /api/, a page elsewhere; RFC 9457)."""

from dataclasses import dataclass, fields
from typing import Any, ClassVar

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


@dataclass(kw_only=True, eq=False)  # not frozen: Python itself writes __traceback__ on exceptions
class ProblemError(Exception):
    """A refusal. Fields are the facts; code, status, title and hint belong to the class.

    Anything raised that is not a ProblemError is our own bug and becomes a 500 with a number to quote.
    """

    code: ClassVar[str] = "problem"
    title: ClassVar[Any] = _("This is not possible")
    hint: ClassVar[Any] = ""  # what the reader can do next
    status: ClassVar[int] = 409
    bare: ClassVar[bool] = False  # shown without frame, menu and database

    def detail(self) -> str:
        """Return the hint with the facts put in, in the reader's language."""
        facts = {f.name: _said(getattr(self, f.name)) for f in fields(self)}
        try:
            return str(self.hint) % facts
        except (KeyError, TypeError, ValueError):
            return str(self.hint)

    def as_problem(self, request_id: str) -> dict[str, object]:
        facts = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}
        return {
            "type": f"urn:yiwang:problem:{self.code}",
            "code": self.code,
            "title": str(self.title),
            "status": self.status,
            "detail": self.detail(),
            "instance": f"urn:yiwang:request:{request_id}",
            **facts,
        }

    def __str__(self) -> str:
        return f"{self.title} {self.detail()}".strip()


def _said(value: object) -> object:
    """Return a fact as a sentence holds it: several texts one after the other, not as Python writes them."""
    if isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
        return ("；" if (get_language() or "zh").startswith("zh") else "; ").join(value)
    return value


def _plain(value: object) -> object:
    if isinstance(value, str | int | float | bool | type(None)):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return str(value)


@dataclass(kw_only=True, eq=False)
class NotSignedIn(ProblemError):
    code: ClassVar[str] = "base.not-signed-in"
    title: ClassVar[Any] = _("Please sign in first")
    hint: ClassVar[Any] = _("Sign in with your account, then open this page again.")
    status: ClassVar[int] = 401


@dataclass(kw_only=True, eq=False)
class NotPermitted(ProblemError):
    permission: str = ""
    code: ClassVar[str] = "base.not-permitted"
    title: ClassVar[Any] = _("Your post does not allow this")
    hint: ClassVar[Any] = _("Ask your administrator for the permission %(permission)s, or switch to the post that has it.")
    status: ClassVar[int] = 403


@dataclass(kw_only=True, eq=False)
class NotFound(ProblemError):
    """Also said of what exists but does not concern the reader, so that ids cannot be tried out."""

    what: str = ""
    code: ClassVar[str] = "base.not-found"
    title: ClassVar[Any] = _("There is nothing here for you")
    hint: ClassVar[Any] = _("The address may be wrong, or the record belongs to another area or department.")
    status: ClassVar[int] = 404


@dataclass(kw_only=True, eq=False)
class BadInput(ProblemError):
    """What was sent cannot be taken; `errors` is a list of {field, code, message}, messages already translated."""

    errors: tuple[dict[str, str], ...] = ()
    code: ClassVar[str] = "base.bad-input"
    title: ClassVar[Any] = _("Please correct what is marked")
    hint: ClassVar[Any] = _("Nothing has been saved. Correct the points listed and send it again.")
    status: ClassVar[int] = 422

    @classmethod
    def one(cls, field: str, code: str, message: object) -> "BadInput":
        return cls(errors=({"field": field, "code": code, "message": str(message)},))

    def __str__(self) -> str:
        return f"{self.title}: " + "; ".join(f"{e['field']}: {e['message']}" for e in self.errors)


@dataclass(kw_only=True, eq=False)
class KeyReused(ProblemError):
    key: str
    code: ClassVar[str] = "base.key-reused"
    title: ClassVar[Any] = _("This request number was already used for something else")
    hint: ClassVar[Any] = _("The first request stands. Send the new content with a new Idempotency-Key.")
    status: ClassVar[int] = 409


@dataclass(kw_only=True, eq=False)
class TooMany(ProblemError):
    retry_after_s: int = 60
    code: ClassVar[str] = "base.too-many"
    title: ClassVar[Any] = _("Too many requests from here")
    hint: ClassVar[Any] = _("Wait %(retry_after_s)s seconds and try again. What you typed is kept on this page.")
    status: ClassVar[int] = 429


@dataclass(kw_only=True, eq=False)
class TooLargeBody(ProblemError):
    code: ClassVar[str] = "base.too-large-body"
    title: ClassVar[Any] = _("This request is too large")
    hint: ClassVar[Any] = _("Send files one by one, and text in smaller parts.")
    status: ClassVar[int] = 413


@dataclass(kw_only=True, eq=False)
class Unreadable(ProblemError):
    code: ClassVar[str] = "base.unreadable"
    title: ClassVar[Any] = _("This request cannot be read")
    hint: ClassVar[Any] = _("It came here incomplete, or under an address that is not ours. Open the page again and send it once more.")
    status: ClassVar[int] = 400


@dataclass(kw_only=True, eq=False)
class WrongMethod(ProblemError):
    allowed: str = ""
    code: ClassVar[str] = "base.wrong-method"
    title: ClassVar[Any] = _("This address does not do that")
    hint: ClassVar[Any] = _("It answers to: %(allowed)s.")
    status: ClassVar[int] = 405


@dataclass(kw_only=True, eq=False)
class Failed(ProblemError):
    """Our own bug; says nothing about the inside."""

    code: ClassVar[str] = "base.failed"
    title: ClassVar[Any] = _("The platform could not do this")
    hint: ClassVar[Any] = _("It is our fault, not yours. Tell the administrator the number in `instance`.")
    status: ClassVar[int] = 500


@dataclass(kw_only=True, eq=False)
class Unavailable(ProblemError):
    """The database restarts, is full or has no connection left: whoever sends the same request again loses nothing."""

    retry_after_s: int = 5
    code: ClassVar[str] = "base.unavailable"
    title: ClassVar[Any] = _("The platform cannot answer at this moment")
    hint: ClassVar[Any] = _("Nothing was changed halfway. Wait %(retry_after_s)s seconds and send it again: what was done already is not done twice.")
    status: ClassVar[int] = 503
    bare: ClassVar[bool] = True  # its page asks the database for nothing


@dataclass(kw_only=True, eq=False)
class DiskFull(ProblemError):
    code: ClassVar[str] = "base.disk-full"
    title: ClassVar[Any] = _("The platform has no space left")
    hint: ClassVar[Any] = _("Nothing was kept. Tell the administrator that the disk is full; your device still has what you sent.")
    status: ClassVar[int] = 507
    bare: ClassVar[bool] = True
