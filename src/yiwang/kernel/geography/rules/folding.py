"""Folding of place names, so that full-width figures, spaces and signs do not matter; as `yw_geo_fold` in SQL."""

import unicodedata

MAX_TEXT = 200


def fold(text: str) -> str:
    """Return letters and figures only, NFKC, lower case.

    >>> fold("东昌西路 ４２号（北门）")
    '东昌西路42号北门'
    """
    normal = unicodedata.normalize("NFKC", text[:MAX_TEXT]).lower()
    return "".join(c for c in normal if c.isalnum())
