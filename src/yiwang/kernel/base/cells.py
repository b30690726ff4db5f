"""What a cell of a sheet may hold: never a formula that somebody typed into a form."""

from typing import Any

from django.utils.translation import gettext as _
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

# What a sheet takes for a formula; in full width too, which input methods and some programs turn into the plain sign.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_UNSEEN = " \u200b\u200c\u200d\u2060\ufeff\u00a0\u3000"  # may stand before it and is dropped by some programs


def safe(value: Any) -> Any:
    """A text that a sheet would take for a formula is kept a text; characters that no sheet can hold are left out."""
    if isinstance(value, str):
        kept = ILLEGAL_CHARACTERS_RE.sub("", value)
        return "'" + kept if kept.lstrip(_UNSEEN).startswith(FORMULA_STARTS) else kept
    if isinstance(value, bool):
        return _("yes") if value else ""
    return value
