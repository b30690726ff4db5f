"""Confirming owners (确权): how a list is divided among bodies, and what an answer does to each component."""

import re
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum

MOST_ITEMS = 500  # of one body's list: what somebody can go through by the date


class Item(StrEnum):
    """Where one component of a list stands."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DENIED = "denied"
    UPHELD = "upheld"  # arbitrated: the body's after all
    GIVEN = "given"  # arbitrated: another body's
    STREET = "street"  # arbitrated: nobody's, the street answers


class AnswerError(ValueError):
    """`reason` is a word: none (nothing denied), unknown (codes that are not on the list); `codes` are those."""

    def __init__(self, reason: str, codes: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason, self.codes = reason, tuple(codes)


def lists(rows: Iterable[tuple[int, int | None]], bureau: int | None) -> dict[int, list[list[int]]]:
    """Divide components (id, owner's id) among bodies, in lists that one can go through.

    `bureau` is who is asked for all of them; without him each known owner is asked for his own, and what has no owner is
    asked of nobody.

    >>> lists([(1, 7), (2, None), (3, 8), (4, 7)], None)
    {7: [[1, 4]], 8: [[3]]}
    >>> lists([(1, 7), (2, None)], 9)
    {9: [[1, 2]]}
    """
    by_body: dict[int, list[int]] = {}
    for pk, owner in rows:
        asked = bureau if bureau is not None else owner
        if asked is not None:
            by_body.setdefault(asked, []).append(pk)
    return {body: [ids[at : at + MOST_ITEMS] for at in range(0, len(ids), MOST_ITEMS)] for body, ids in by_body.items()}


def denied(text: str, listed: Collection[str]) -> set[str]:
    """Return the codes that an answer denies: codes parted by anything, or ``*`` for all of them.

    >>> sorted(denied("37150201001000001，37150201001000003", ["37150201001000001", "37150201001000003"]))
    ['37150201001000001', '37150201001000003']

    Raises
    ------
    AnswerError
        None is named, or one that is not on the list.
    """
    if text.strip() in ("*", "＊"):
        return set(listed)
    found = set(re.findall(r"[0-9A-Za-z]+", text))
    if not found:
        raise AnswerError("none")
    if unknown := sorted(found - set(listed)):
        raise AnswerError("unknown", unknown)
    return found
