"""When a field is shown: conditions over the answers given so far, in the kernel's FEEL subset."""

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _

from yiwang.kernel.process import feel
from yiwang.kernel.process.feel import tree

# What every form may ask besides its own fields; the caller gives them as `facts`.
FACTS = ("channel", "signed_in")


def problem(text: object, known: Collection[str]) -> str:
    """Say what is wrong with a condition; "" = nothing. ``known`` are the ids of the fields above."""
    if not isinstance(text, str):
        return _("The condition is not a text.")
    try:
        node = feel.compile_expression(text)
    except feel.FeelError as error:
        return _("“%(text)s” cannot be read: %(why)s.") % {"text": text, "why": error.localized()}
    bound = {n.name for n in node.walk() if isinstance(n, tree.Quantified)} | {"item"}
    unknown = sorted({n.name for n in node.walk() if isinstance(n, tree.Name)} - set(known) - set(FACTS) - bound)
    if unknown:
        return _("“%(names)s” is no field above this one.") % {"names": ", ".join(unknown)}
    return ""


def names_in(text: str) -> set[str]:
    """Return the ids of the fields that a condition asks for."""
    try:
        return {n.name for n in feel.compile_expression(text).walk() if isinstance(n, tree.Name)}
    except feel.FeelError:
        return set()


def holds(text: str | None, answers: Mapping[str, Any]) -> bool:
    """Is the condition met? No condition is always met; one that costs too much is not."""
    if not text:
        return True
    try:
        return feel.is_true(text, answers)
    except feel.FeelError:
        return False
