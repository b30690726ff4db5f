"""Reads of imports: what a run took, what it refused and why, and a judgement of a file without writing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from yiwang.apps.city.models import ImportRun
from yiwang.apps.city.queries import ontime
from yiwang.apps.city.rules import importing as rules


@dataclass(frozen=True)
class RunSummary:
    """What the command prints. Lines read like `line 17 (101001...): why`."""

    rows: int
    taken: int
    repeated: int
    refused: int
    noted: int
    default_places: int
    joined: int
    on_time: int
    on_time_counted: int
    refused_lines: tuple[str, ...]
    noted_lines: tuple[str, ...]


def run_summary(run_id: int, most: int = 20) -> RunSummary:
    run = ImportRun.objects.get(pk=run_id)

    def lines(refused: bool) -> tuple[str, ...]:
        found = run.lines.filter(is_refused=refused).order_by("line", "pk")[: max(0, most)]
        return tuple(f"line {entry.line} ({entry.source_key or '-'}): {entry.message}" for entry in found)

    shares = ontime.on_time_by_department(modes=("imported",), profile=run.profile)
    return RunSummary(
        rows=run.rows, taken=run.taken, repeated=run.repeated, refused=run.refused, noted=run.noted,
        default_places=run.default_places, joined=run.joined, on_time=sum(s.on_time for s in shares),
        on_time_counted=sum(s.counted for s in shares), refused_lines=lines(True), noted_lines=lines(False),
    )  # fmt: skip


@dataclass
class Judged:
    taken: int = 0
    refused: list[str] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)


def judge(profile: rules.Profile, records: Iterable[tuple[int, Mapping[str | None, Any]]]) -> Judged:
    """Read every line and say what would come of it."""
    judged, seen = Judged(), dict[str, int]()
    for line, record in records:
        found = rules.parse(profile, record, line)
        if isinstance(found, rules.Finding):
            judged.refused.append(f"line {line}: {found}")
            continue
        judged.taken += found.key not in seen
        seen.setdefault(found.key, line)
        judged.noted += [f"line {line} ({found.key}): {note}" for note in found.notes]
    return judged
