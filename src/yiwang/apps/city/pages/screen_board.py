"""The command screen's numbers for the live stream: whoever may put an area on a wall gets them, one reading for all."""

import json
from collections.abc import Hashable, Mapping
from typing import cast

from django.conf import settings
from django.utils import translation

from yiwang.apps.city.pages.screen import answer
from yiwang.apps.city.queries import screen as queries
from yiwang.apps.city.queries.screen import people
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import ProblemError


class ScreenBoard:
    """Keys are (area code, whether people on shift are in it, language)."""

    def key(self, actor: Actor, query: Mapping[str, str]) -> Hashable | None:
        try:
            place = queries.place_for(actor, query.get("area", "")[:32].replace("\0", ""))
        except ProblemError:
            return None
        language = query.get("lang", "")
        return place.code, people.may_see(actor, place), language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE

    def read(self, actor: Actor, key: Hashable, since: int) -> tuple[int, str]:
        code, _sees_people, language = cast("tuple[str, bool, str]", key)
        with translation.override(language):
            found = answer(actor, queries.place_for(actor, code), heard=since + 1, since=since)
        return found["position"], json.dumps(found, ensure_ascii=False, separators=(",", ":"))


BOARD = ScreenBoard()
