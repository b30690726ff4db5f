"""Texts that live inside data: ``{"zh-Hans": "立案", "en": "File"}``."""

import re
from collections.abc import Mapping

from django.utils.translation import get_language

Texts = Mapping[str, str]
# Control characters but tab and line ends, lone surrogates, and what Unicode calls no characters: neither a database,
# nor XML, nor a screen can hold them all. Emoji, right-to-left text and combining marks are words like others.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def is_showable(text: str) -> bool:
    """Say whether a text from outside can be stored and shown.

    >>> is_showable("🚧 路面\\n第二行"), is_showable("a\\x00b")
    (True, False)
    """
    return _UNSHOWABLE.search(text) is None


def whole(text: object) -> int | None:
    """Return the whole number that a form or address gives; None for none. Only what a database column can hold.

    >>> whole("17"), whole("²"), whole("-1"), whole("9" * 30)
    (17, None, None, None)
    """
    given = str(text)
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 18 else None


def pick(texts: Texts | str | None, language: str | None = None) -> str:
    """Return the text in the reader's language, else Chinese, else whatever there is; empty for none.

    >>> pick({"zh-Hans": "立案", "en": "File"}, "en")
    'File'
    """
    if not texts:
        return ""
    if isinstance(texts, str):
        return texts
    wanted = "en" if (language or get_language() or "zh-hans").lower().startswith("en") else "zh-Hans"
    return texts.get(wanted) or texts.get("zh-Hans") or next(iter(texts.values()), "")
