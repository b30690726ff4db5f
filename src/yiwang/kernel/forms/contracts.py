"""What the forms room passes to its callers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Texts = Mapping[str, str]


@dataclass(frozen=True)
class FormFinding:
    """One point that keeps a form from being published; ``path`` is like ``sections[0].fields[2].pattern``."""

    path: str
    message: str
    mend: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message} {self.mend}"


@dataclass(frozen=True)
class PersonAnswers:
    """Personal values as they were typed into a form. They go into `party` and nowhere else."""

    name: str = ""
    phone: str = ""
    id_number: str = ""
    address: str = ""
    secret: bool = False
    wants_answer: bool = True


@dataclass(frozen=True)
class FieldView:
    """A field ready for its template; texts are already in the reader's language."""

    id: str
    html_id: str
    name: str
    kind: str
    template: str
    label: str
    help: str
    required: bool
    value: Any
    error: str
    options: tuple[tuple[str, str, bool], ...] = ()  # value, label, chosen
    attributes: Mapping[str, str] = field(default_factory=dict)
    asks_again: bool = False  # other fields depend on it: the page asks the server for the form again on change

    @property
    def described_by(self) -> str:
        parts = [f"{self.html_id}-help"] if self.help else []
        return " ".join([*parts, f"{self.html_id}-error"] if self.error else parts)


@dataclass(frozen=True)
class SectionView:
    id: str
    title: str
    help: str
    fields: tuple[FieldView, ...]


@dataclass(frozen=True)
class FormView:
    title: str
    sections: tuple[SectionView, ...]
    errors: tuple[tuple[str, str, str], ...]  # html id, label, message
