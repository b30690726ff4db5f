"""What a linkage of the whole base says of its golden records: which become one by themselves, about which a person is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from yiwang.apps.datahub.rules.base.compare import GREY, NUMBER_CONFLICT, OTHER_NAME, PRIOR, TWO_NUMBERS, Column
from yiwang.apps.datahub.rules.linkage.guards import GENERATIONS, SAME_NUMBER, SHARED_NUMBER, TWINS
from yiwang.apps.datahub.rules.linkage.guards import TWO_NUMBERS as GUARD_TWO_NUMBERS
from yiwang.apps.datahub.rules.linkage.linked import JOINED, Linked, Pair

FIELD_OF = {"birth": "birth_date", "identity_number": "id_number"}  # the linker's word -> the base's field
_WHY = {SHARED_NUMBER: NUMBER_CONFLICT, GUARD_TWO_NUMBERS: TWO_NUMBERS, TWINS: OTHER_NAME, GENERATIONS: GREY}
_ORDER = (NUMBER_CONFLICT, TWO_NUMBERS, OTHER_NAME, GREY, "")  # what speaks against joining stands before what speaks for it


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Two golden records (`left` < `right`) and the pair of rows that says most of them. `why` "" means: join them."""

    left: int
    right: int
    left_record: int
    right_record: int
    bits: float
    why: str
    columns: tuple[Column, ...]


def proposals(linked: Linked, subject_of: Mapping[int, int], numbers: Mapping[int, frozenset[str]], *, auto: float, review: float) -> list[Proposal]:
    """Return one proposal for each two golden records that the linkage brings together, the surest first.

    Parameters
    ----------
    linked
        Its ids are the numbers of source rows.
    subject_of
        The golden record of each row.
    numbers
        The valid identity numbers in each golden record: two that differ are never joined by a program.
    auto, review
        Bits (prior included) from which records are joined without asking, and from which a person is asked.
    """
    best: dict[tuple[int, int], Proposal] = {}
    for pair in linked.pairs:
        one, other = int(linked.ids[pair.left]), int(linked.ids[pair.right])
        a, b = subject_of.get(one), subject_of.get(other)
        if a is None or b is None or a == b:
            continue
        made = _proposal(pair, (a, one), (b, other), numbers, auto)
        if made is None or (made.bits < review and made.why != NUMBER_CONFLICT):
            continue
        known = best.get((made.left, made.right))
        if known is None or (_ORDER.index(made.why), -made.bits) < (_ORDER.index(known.why), -known.bits):
            best[made.left, made.right] = made
    return sorted(best.values(), key=lambda p: (-p.bits, p.left, p.right))


def _proposal(pair: Pair, one: tuple[int, int], other: tuple[int, int], numbers: Mapping[int, frozenset[str]], auto: float) -> Proposal | None:
    (left, left_record), (right, right_record) = sorted((one, other))
    found = {r.column: r.found for r in pair.reasons}
    other_name = found.get("name") in ("different", "same_family")
    many = len(numbers.get(left, frozenset()) | numbers.get(right, frozenset())) > 1
    if other_name and many and pair.rule != SHARED_NUMBER:
        return None  # two numbers and two names: two people
    why = _WHY.get(pair.rule, "")
    if not why and pair.rule != SAME_NUMBER:
        if other_name:
            why = OTHER_NAME
        elif pair.decision != JOINED or pair.bits < auto or found.get("birth") == "different":
            why = GREY
    if not why and many:
        why = TWO_NUMBERS
    columns = (Column(name=PRIOR, level="", bits=round(pair.prior_bits, 2)), *_columns(pair))
    return Proposal(left=left, right=right, left_record=left_record, right_record=right_record, bits=round(pair.bits, 2), why=why, columns=columns)


def _columns(pair: Pair) -> Iterable[Column]:
    for reason in pair.reasons:
        yield Column(name=FIELD_OF.get(reason.column, reason.column), level="" if reason.found == "absent" else reason.found, bits=reason.bits)
