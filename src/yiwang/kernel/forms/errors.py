"""Refusals of the forms room."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import BadInput, ProblemError


@dataclass(kw_only=True, eq=False)
class FormErrors(BadInput):
    """Answers that cannot be taken: `errors` is a list of {field, code, message}, messages in the reader's language."""

    code: ClassVar[str] = "forms.errors"


@dataclass(kw_only=True, eq=False)
class FormRefused(ProblemError):
    """The definition itself is wrong; `findings` are texts "path: message mend"."""

    findings: tuple[str, ...]
    code: ClassVar[str] = "forms.refused"
    title: ClassVar[Any] = _("The form cannot be published as it is")
    hint: ClassVar[Any] = _("Correct the points listed and publish again. Nothing has been changed.")
    status: ClassVar[int] = 422

    def __str__(self) -> str:
        return f"{self.title}\n" + "\n".join(self.findings)
