"""What a linkage hands back (关联结果): who belongs together, which pairs were looked at, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from yiwang.apps.datahub.rules.linkage.blocking import Rule
from yiwang.apps.datahub.rules.linkage.model import Model
from yiwang.apps.datahub.rules.linkage.scoring import level_code, probability

Key = tuple[str, str]  # source, id
JOINED, REVIEW = "joined", "review"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One column's part in a score: what was found, and its bits for (above 0) or against a match."""

    column: str
    found: str
    bits: float


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two records with their score. `decision`: joined (one cluster) or review. `bits` = sum of the reasons + `prior_bits`.

    `rule` names the guard that took the decision out of the weights' hands, "" for none.
    """

    left: int  # places in Linked.ids
    right: int
    bits: float
    prior_bits: float
    decision: str
    rule: str
    reasons: tuple[Reason, ...]

    @property
    def probability(self) -> float:
        """The model's probability that the two are one, before any rule."""
        return probability(self.bits)


@dataclass(frozen=True, kw_only=True)
class Told:
    """Something a person ought to know: one number with two people, one person with two numbers."""

    rule: str
    left: Key
    right: Key


@dataclass(frozen=True)
class Pairs:
    """Pairs that were joined or that a person should see, the doubtful first; read from columns only as they are asked for."""

    table: Any
    model: Model | None = None
    prior_bits: float = 0.0

    @classmethod
    def none(cls) -> Pairs:
        """Return no pairs."""
        return cls(pa.table({"l": pa.array([], pa.int64())}))

    @classmethod
    def read(cls, con: Any, model: Model, *, review_bits: float) -> Pairs:
        """Read the pairs of the tables `judged`, `scored` and `numbered`."""
        from yiwang.apps.datahub.rules.linkage.scoring import odds

        shown = ", ".join(f"s.at_{c.name}, s.bits_{c.name}" for c in model.comparisons)
        # Pairs inside a cluster are kept as far as they speak for it; of a large cluster that is enough to explain it.
        found = con.sql(
            f"""SELECT j.l - 1 AS l, j.r - 1 AS r, j.raw AS bits, j.rule, a.c = b.c AS joined, {shown} FROM judged j
                JOIN numbered a ON a.rid = j.l JOIN numbered b ON b.rid = j.r JOIN scored s ON s.l = j.l AND s.r = j.r
                WHERE a.c = b.c OR j.raw >= {review_bits} ORDER BY joined, abs(j.raw), l, r"""
        ).to_arrow_table()
        return cls(found, model, odds(model.prior))

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __iter__(self) -> Iterator[Pair]:
        for batch in self.table.to_batches(max_chunksize=10_000):
            for row in batch.to_pylist():
                yield self._pair(row)

    def of(self, decision: str) -> Iterator[Pair]:
        """Yield the pairs of one decision."""
        return (pair for pair in self if pair.decision == decision)

    def _pair(self, row: Mapping[str, Any]) -> Pair:
        assert self.model is not None
        reasons = tuple(
            Reason(column=c.name, found=level_code(self.model, c.name, int(row[f"at_{c.name}"])), bits=round(float(row[f"bits_{c.name}"]), 2))
            for c in self.model.comparisons
        )
        return Pair(
            left=row["l"], right=row["r"], bits=row["bits"], prior_bits=self.prior_bits, decision=JOINED if row["joined"] else REVIEW,
            rule=row["rule"], reasons=reasons,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Linked:
    """The result. `labels[n]` is the cluster (1, 2, ... in order of first record) of the record `(sources[n], ids[n])`."""

    sources: tuple[str, ...]
    ids: tuple[str, ...]
    labels: tuple[int, ...]
    pairs: Pairs
    told: tuple[Told, ...]
    rules: tuple[Rule, ...]
    model: Model
    one_to_one: bool
    seconds: float

    @property
    def persons(self) -> int:
        """How many clusters there are."""
        return max(self.labels, default=0)

    def clusters(self) -> dict[int, tuple[Key, ...]]:
        """Return the records of each cluster."""
        made: dict[int, list[Key]] = {}
        for source, number, label in zip(self.sources, self.ids, self.labels, strict=True):
            made.setdefault(label, []).append((source, number))
        return {label: tuple(keys) for label, keys in made.items()}
