"""The reader's language, with each language's words in one catalogue.

Every room and app brings words of its own. Django lays catalogues into one when their plural rules agree, but compares
a rule's code with a function, so that they never do: each word was looked for in two dozen dictionaries, a thousand
times a page.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.utils.translation import trans_real


def join_catalogues(language: str) -> int:
    """Lay neighbouring catalogues of one plural rule into one, what went before still before; return how many are left."""
    translation: Any = trans_real.translation(language)
    catalogue = translation._catalog
    words: list[dict[Any, Any]] = []
    rules: list[Callable[[int], int]] = []
    for found, rule in zip(catalogue._catalogs, catalogue._plurals, strict=True):
        if rules and rules[-1].__code__ == rule.__code__:
            words[-1] = {**found, **words[-1]}
        else:
            words.append(found)
            rules.append(rule)
    catalogue._catalogs, catalogue._plurals = words, rules
    return len(words)


class LanguageMiddleware(LocaleMiddleware):
    """Django's choice of the language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        super().__init__(get_response)
        for code, _name in settings.LANGUAGES:
            join_catalogues(code)
