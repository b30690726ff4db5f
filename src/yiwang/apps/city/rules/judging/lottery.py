"""Drawing lots (抽签) that anybody can draw again: a seed, a case and a list of people give one order, by HMAC-SHA256.

With Python alone, from what the page shows::

    import hmac
    message = f"{purpose}|{case}|{round}|{person}"          # uids in lower case, as printed
    rank = hmac.new(bytes.fromhex(seed), message.encode(), "sha256").hexdigest()

The person with the smallest rank is drawn; the next ones follow in order. Whoever makes the seed cannot choose whom it
favours: its hash is on record before the first draw of the day, and no one can find a second seed with that hash.
"""

import hashlib
import hmac
from collections.abc import Iterable

CHECK, SECOND, SAMPLE = "check", "second", "sample"


def rank(seed: str, purpose: str, subject: str, round_: int, person: str) -> str:
    """Return the rank of a person in one draw: 64 hexadecimal digits, the smallest is drawn. `seed` is hexadecimal."""
    message = f"{purpose}|{subject}|{round_}|{person}"
    return hmac.new(bytes.fromhex(seed), message.encode(), "sha256").hexdigest()


def order(seed: str, purpose: str, subject: str, round_: int, people: Iterable[str]) -> list[str]:
    """Return the people as the draw orders them; how they were listed before makes no difference, and nobody stands twice.

    >>> order("00" * 32, "check", "c", 1, ["b", "a"]) == order("00" * 32, "check", "c", 1, ["a", "b", "a"])
    True
    >>> order("00" * 32, "check", "c", 1, [])
    []
    """
    return sorted(set(people), key=lambda person: (rank(seed, purpose, subject, round_, person), person))


def is_chosen(seed: str, purpose: str, subject: str, share: float) -> bool:
    """Say whether a subject falls into a sample of `share` (0 to 1), by the same means.

    >>> is_chosen("00" * 32, "sample", "c", 0.0), is_chosen("00" * 32, "sample", "c", 1.0)
    (False, True)
    """
    return int(rank(seed, purpose, subject, 0, "")[:13], 16) / 16**13 < share


def commitment(seed: str) -> str:
    """Return what is put on record of a seed before it is shown: SHA-256 of its bytes."""
    return hashlib.sha256(bytes.fromhex(seed)).hexdigest()
