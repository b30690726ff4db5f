"""Is the data what it says it is? Rooms and apps register checks; `yiwang check-data` and the chaos harness run them.

A check only reads, beside running work, and yields one `Finding` for each thing that is wrong. It counts what it looked
at, so that "nothing found" can be told from "nothing looked at".
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection, transaction

from yiwang.kernel.base.registry import dotted

MOST_FINDINGS = 200  # of one check; the rest is counted


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: what it is about, and what is wrong with it."""

    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.detail}"


@dataclass
class Look:
    """How to look, and how many rows were looked at. `settled`: nobody works, so nothing may be under way either."""

    settled: bool = False
    deep: bool = False  # read every file to its end
    seen: int = 0

    def count(self, many: int = 1) -> None:
        self.seen += many


Find = Callable[[Look], Iterable[Finding]]


@dataclass(frozen=True)
class DataCheck:
    """A named question to the data; `find` may be a dotted name, which is imported when the check runs."""

    name: str
    asks: str
    find: Find | str


@dataclass
class Answer:
    """What one check found; `more` were found beyond those that are kept."""

    check: DataCheck
    seen: int = 0
    findings: list[Finding] = field(default_factory=list)
    more: int = 0

    @property
    def ok(self) -> bool:
        return not self.findings


_checks: dict[str, DataCheck] = {}


def register_data_check(name: str, asks: str, find: Find | str) -> None:
    """Add a check; `name` begins with the room's or app's name."""
    _checks[name] = DataCheck(name, asks, find)


def data_checks() -> tuple[DataCheck, ...]:
    return tuple(_checks.values())


def run(look: Look, *, only: Iterable[str] = (), without: Iterable[str] = ()) -> Iterator[Answer]:
    """Run the checks one after the other; `only` and `without` are names or beginnings of names ("cases")."""
    chosen, left_out = tuple(only), tuple(without)
    for check in data_checks():
        if (chosen and not check.name.startswith(chosen)) or (left_out and check.name.startswith(left_out)):
            continue
        look.seen = 0
        answer = Answer(check)
        find: Find = dotted(check.find) if isinstance(check.find, str) else check.find
        for finding in find(look):
            if len(answer.findings) < MOST_FINDINGS:
                answer.findings.append(finding)
            else:
                answer.more += 1
        answer.seen = look.seen
        yield answer


@contextmanager
def snapshot() -> Iterator[None]:
    """Read in one snapshot and without a time limit, so that people who go on working cause no false finding."""
    with transaction.atomic(), connection.cursor() as cursor:
        if len(connection.savepoint_ids) == 0:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield
