"""What one expression may cost, and how it is refused."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of one expression; the defaults are far above what any real cell needs."""

    source: int = 2_000  # characters
    depth: int = 40  # nested brackets, calls and operators
    items: int = 2_000  # members of a list
    text: int = 20_000  # characters of a text
    steps: int = 20_000  # nodes evaluated


LIMITS = Limits()


def N_(text: str) -> str:
    """Mark a message for translation; it is translated when it is shown."""
    return text


class FeelError(ValueError):
    """An expression that cannot be read or evaluated.

    ``message`` is an English template, ``facts`` its values; ``localized()`` is for the publishing page.
    """

    def __init__(self, message: str, column: int = 0, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.column = column  # 1-based; 0 = not known
        self.facts = facts

    def __str__(self) -> str:
        text = self.message % self.facts if self.facts else self.message
        return f"{text} (column {self.column})" if self.column else text

    def localized(self) -> str:
        """The message in the reader's language."""
        from django.utils.translation import gettext as _  # the rest of the package needs no Django

        text = _(self.message) % self.facts if self.facts else _(self.message)
        return _("%(text)s (column %(column)s)") % {"text": text, "column": self.column} if self.column else text


class FeelSyntaxError(FeelError):
    """Refused when read."""


class FeelCostError(FeelError):
    """Refused because it costs too much."""
