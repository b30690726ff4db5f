"""Texts that rules hand out: both languages at once, because a rule knows no reader."""

from collections.abc import Mapping

Texts = Mapping[str, str]


def both(zh: str, en: str) -> dict[str, str]:
    """Return a data text."""
    return {"zh-Hans": zh, "en": en}


def fill(texts: Texts, facts: Mapping[str, object], language: str = "zh-Hans") -> str:
    """Put facts into a text; an unknown language gets English.

    >>> fill(both("距离{m}米", "{m} m away"), {"m": 3}, "en")
    '3 m away'
    """
    return (texts.get(language) or texts["en"]).format(**facts)
