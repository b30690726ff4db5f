"""Which warning rules are in force, and what a clock, an order or an event has to do with them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.cases.models import Case, Clock
from yiwang.kernel.supervision.contracts import Facts, Rule
from yiwang.kernel.supervision.models import RuleBook
from yiwang.kernel.supervision.queries import subjects
from yiwang.kernel.supervision.rules import warnings

EVENTS = ("urge", "overdue", "warn")  # of clocks, fired by their timers


@dataclass(frozen=True)
class Book:
    """The rules of an app in force, read."""

    app: str
    version: int
    rules: tuple[Rule, ...]

    def one(self, code: str) -> Rule:
        """Return the rule with this code, or NotFound."""
        found = next((rule for rule in self.rules if rule.code == code), None)
        if found is None:
            raise NotFound(what="rule")
        return found


_read: dict[tuple[int, str, int], Book] = {}


def in_force(app: str) -> Book:
    """Return an app's rules in force, empty when it has none. One small query asks which version; what it says is kept."""
    row = RuleBook.objects.filter(app=app).order_by("-version").values_list("pk", "version").first()
    if row is None:
        return Book(app, 0, ())
    key = (row[0], app, row[1])
    if key not in _read:
        _read.clear() if len(_read) > 50 else None
        _read[key] = Book(app, row[1], warnings.read_all(RuleBook.objects.values_list("rules", flat=True).get(pk=row[0])))
    return _read[key]


def forget() -> None:
    """Empty the cache; for tests, whose databases come and go."""
    _read.clear()


def books() -> QuerySet[RuleBook]:
    """Return the latest version of every book."""
    newest = RuleBook.objects.values("app").annotate(last=Max("version")).values_list("app", "last")
    wanted = Q()
    for app, last in newest:
        wanted |= Q(app=app, version=last)
    return RuleBook.objects.filter(wanted).order_by("app") if wanted else RuleBook.objects.none()


def versions(app: str) -> QuerySet[RuleBook]:
    return RuleBook.objects.filter(app=app).order_by("-version")


def book_for(app: str) -> Book:
    """Return an app's book, or NotFound when it never had one."""
    found = in_force(app)
    if not found.version:
        raise NotFound(what="rule")
    return found


def marks_of(case: Case, clock: Clock) -> list[tuple[str, float]]:
    """Return the moments of a clock that rules ask for (registered with the clocks of cases)."""
    return warnings.further(in_force(case.app).rules, clock.name, clock.total_minutes)


@dataclass(frozen=True)
class Speaking:
    """The rules that speak at an event of a clock, the strongest first, of which version."""

    version: int
    rules: tuple[Rule, ...]
    facts: Facts


def speaking(event: Event, case: Case) -> Speaking | None:
    """Return what the rules say to an event of a clock; None for other events and where no rule speaks."""
    if event.action not in EVENTS or not event.data.get("auto"):
        return None
    book = in_force(case.app)
    mark = {"urge": warnings.USUAL_SHARE, "overdue": warnings.AT}.get(event.action) or str(event.data.get("mark", ""))
    clock = str(event.data.get("clock", ""))
    if not any(rule.clock == clock and warnings.mark(rule) == mark for rule in book.rules):
        return None
    facts = Facts(
        clock=clock, mark=mark, area_codes=area_codes(case.area_path), class_code=subjects.class_of(case), step=str(event.data.get("step", "")),
    )  # fmt: skip
    found = tuple(warnings.speaking(book.rules, facts))
    return Speaking(book.version, found, facts) if found else None


def speaks(event: Event, case: Case) -> bool:
    """Say whether rules tell people of this event, so that nobody else does."""
    found = speaking(event, case)
    return found is not None and any(rule.tell for rule in found.rules)


def area_codes(area_path: str) -> frozenset[str]:
    """Return the codes of an area and of those above it."""
    ids = [int(part) for part in area_path.split(".") if part.isdecimal()]
    return frozenset(Area.objects.filter(pk__in=ids).values_list("code", flat=True))


def order_marks(given_at: datetime) -> list[str]:
    """Return the moments at which rules look at an order."""
    return list(dict.fromkeys(warnings.mark(rule) for rule in in_force("").rules if rule.clock == "order"))


def clock_of(case: Case, name: str, step: str) -> Clock | None:
    """Return the running clock that an event named."""
    return Clock.objects.filter(case=case, name=name, step=step, state="running").select_related("task__org", "task__account").order_by("-pk").first()


def by_task(case: Case, task_uid: UUID) -> Clock | None:
    return Clock.objects.filter(case=case, task__uid=task_uid).order_by("-pk").first()
