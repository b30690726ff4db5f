"""Names of files as people see them: no path, no control characters, no letters that turn the text around."""

import unicodedata

MAX_NAME = 120
_TURNING = {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\u200e", "\u200f"}


def safe_name(name: object) -> str:
    """Return a harmless name; the ending is kept when the name is cut.

    >>> safe_name("..\\\\..\\\\井盖?.jpg")
    '井盖_.jpg'
    """
    text = unicodedata.normalize("NFC", str(name or "")).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join("_" if c in '<>:"|?*;' else c for c in text if unicodedata.category(c)[0] != "C" and c not in _TURNING)
    kept = " ".join(kept.split()).strip(". ")
    if len(kept) > MAX_NAME:
        stem, dot, ending = kept.rpartition(".")
        ending = dot + ending if dot and len(ending) <= 8 else ""
        kept = (stem if ending else kept)[: MAX_NAME - len(ending)] + ending
    return kept
