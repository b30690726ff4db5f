"""What every report and action must keep to, whichever app it is for: characters that can be stored, lengths, numbers."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.texts import is_showable
from yiwang.kernel.cases.contracts import ActionRequest, ReportDraft

MOST = {"address": 256, "source_key": 120, "channel": 24, "name": 60, "phone": 30, "id_number": 30}
MOST_HOME_ADDRESS = 256
MOST_ACTION = {"reason": 2000, "outcome": 40, "action": 24}
MOST_DEEP = 6  # answers are a form's, not a tree


def check_draft(draft: ReportDraft) -> None:
    """Refuse what no app could take, before anything is asked of the database.

    Raises
    ------
    BadInput
        Names every field at fault.
    """
    errors = _unshowable(_words(draft))
    for field, text in _words(draft):
        most = MOST_HOME_ADDRESS if field == "person.address" else MOST.get(field.removeprefix("person."))
        if most is not None and len(text) > most:
            errors.append(_error(field, "too-long", _("At most %(most)s characters.") % {"most": most}))
    if draft.accuracy_m is not None and not (math.isfinite(draft.accuracy_m) and draft.accuracy_m >= 0):
        errors.append(_error("accuracy_m", "range", _("The accuracy is a number of metres.")))
    if errors:
        raise BadInput(errors=tuple(errors))


def check_request(request: ActionRequest) -> None:
    """Refuse an action that no step could take.

    Raises
    ------
    BadInput
        Names every field at fault.
    """
    typed = [(name, str(getattr(request, name))) for name in MOST_ACTION]
    errors = _unshowable([*typed, *((str(name), text) for name, value in request.data.items() for text in _texts({name: value}))])
    errors += [
        _error(name, "too-long", _("At most %(most)s characters.") % {"most": MOST_ACTION[name]})
        for name, text in typed if len(text) > MOST_ACTION[name]
    ]  # fmt: skip
    if errors:
        raise BadInput(errors=tuple(errors))


def _unshowable(words: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    message = _("The text has characters that cannot be shown. Type it again.")
    return [_error(field, "control", message) for field in dict.fromkeys(name for name, text in words if not is_showable(text))]


def _error(field: str, code: str, message: str) -> dict[str, str]:
    return {"field": field, "code": code, "message": message}


def _words(draft: ReportDraft) -> Iterator[tuple[str, str]]:
    """Yield (field, text) of everything that was typed."""
    for name in ("text", "address", "channel", "source_key"):
        yield name, str(getattr(draft, name))
    if draft.person is not None:
        for name in ("name", "phone", "id_number", "address"):
            yield f"person.{name}", str(getattr(draft.person, name))
    for name, value in draft.answers.items():
        for text in _texts(value):
            yield str(name), text


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < MOST_DEEP and isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner, depth + 1)
    elif depth < MOST_DEEP and isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _texts(inner, depth + 1)
