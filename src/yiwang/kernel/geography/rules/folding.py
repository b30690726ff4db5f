"""Folding of place names, so that full-width figures, spaces and signs do not matter; as `yw_geo_fold` in SQL."""

import unicodedata

MAX_TEXT = 200
MIN_KEY, MAX_KEY = 2, 40


def fold(text: str) -> str:
    """Return letters and figures only, NFKC, lower case.

    >>> fold("东昌西路 ４２号（北门）")
    '东昌西路42号北门'
    """
    normal = unicodedata.normalize("NFKC", text[:MAX_TEXT]).lower()
    return "".join(c for c in normal if c.isalnum())


def contained_keys(folded: str) -> list[str]:
    """Return every stretch of the text that may be a whole name in it, longest first, without repeats."""
    stretches = {
        folded[start : start + length]
        for length in range(MIN_KEY, min(MAX_KEY, len(folded)) + 1)
        for start in range(len(folded) - length + 1)
    }
    return sorted(stretches, key=lambda s: (-len(s), s))
