"""Texts that live inside data: ``{"zh-Hans": "立案", "en": "File"}``."""

from collections.abc import Mapping

from django.utils.translation import get_language

Texts = Mapping[str, str]


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
