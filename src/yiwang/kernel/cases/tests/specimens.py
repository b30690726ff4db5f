"""Cases and their tasks for the sweeps: who sees which, in plain Python over all rows. An app's own specimens call `case_kind`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Kind, Specimen, Write
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case, CaseActor, CaseOrg, Report, Task
from yiwang.kernel.cases.tests.file_specimens import fill, kinds

__all__ = ["Facts", "case_kind", "clone_cases", "fill", "kinds", "task_kind"]


@dataclass
class Facts:
    """Every row that says whom a case concerns, read whole."""

    cases: dict[int, Case] = field(default_factory=dict)
    orgs: dict[int, set[str]] = field(default_factory=dict)  # paths of bodies that it concerns or concerned
    hands: dict[int, set[int]] = field(default_factory=dict)  # accounts that acted on it
    tellers: dict[int, set[int]] = field(default_factory=dict)  # accounts that reported it
    tasks: list[Task] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)

    @classmethod
    def read(cls) -> Facts:
        found = cls(cases={c.pk: c for c in Case.all_modes.select_related("org", "area").all()}, tasks=list(Task.all_modes.all()),
                    reports=list(Report.all_modes.all()))  # fmt: skip
        for link in CaseOrg.objects.all():
            found.orgs.setdefault(link.case_id, set()).add(link.org_path)
        for hand in CaseActor.objects.all():
            found.hands.setdefault(hand.case_id, set()).add(hand.account_id)
        for told in found.reports:
            if told.reporter_account_id is not None:
                found.tellers.setdefault(told.case_id, set()).add(told.reporter_account_id)
        return found

    def sees(self, reader: Reader, case: Case) -> bool:
        """The scope rule: inside his areas and bodies, or of his own hands; a citizen what he reported himself."""
        for permission, area, org in reader.grants:
            if permission != f"{case.app}.case.view" or not case.area_path.startswith(area):
                continue
            if not org or any(path.startswith(org) for path in self.orgs.get(case.pk, ())):
                return True
        if reader.account_id is None:
            return False
        return reader.account_id in self.hands.get(case.pk, ()) or (reader.is_citizen and reader.account_id in self.tellers.get(case.pk, ()))

    def may_do(self, reader: Reader, task: Task) -> bool:
        """Whose a task is: the named person's (and who stands in for him), else whoever holds its permission there."""
        if task.account_id is not None:
            return task.account_id == reader.account_id or task.account_id in reader.stands_in_for
        return reader.may(task.permission, task.area_path, task.org_path)

    def live(self, app: str) -> list[Case]:
        return [c for c in self.cases.values() if c.app == app and c.mode == "live"]


def case_kind(made: Any, app: str, names: Mapping[str, str], at: tuple[str, ...], writes: Mapping[str, Write]) -> Kind:
    """Return the kind of an app's cases; `names` are {key of the town: what is special about it}."""
    facts = Facts.read()
    found = []
    for key, label in names.items():
        case = facts.cases[made.town[key].pk]
        marks = (str(case.uid), *([case.number] if case.number else []))
        found.append(Specimen(f"{label} ({key})", {"uid": case.uid}, lambda r, c=case: facts.sees(r, c), marks, case))
    return Kind(f"{app} case", at, found, {"uid": uuid7()}, writes)


def task_kind(made: Any, app: str, names: Mapping[str, str], at: tuple[str, ...], writes: Mapping[str, Write]) -> Kind:
    """Return the kind of an app's open tasks: seen by who sees the case, or may do the task."""
    facts = Facts.read()
    found = []
    for key, label in names.items():
        case = facts.cases[made.town[key].pk]
        for task in [t for t in facts.tasks if t.case_id == case.pk and t.state == "open"][:1]:
            def seen(reader: Reader, c: Case = case, t: Task = task) -> bool:
                return facts.sees(reader, c) or facts.may_do(reader, t)

            found.append(Specimen(f"task {task.step} of {label} ({key})", {"uid": task.uid}, seen, (str(task.uid),), task))
    return Kind(f"{app} task", at, found, {"uid": uuid7()}, writes)


def clone_cases(case: Case, count: int, *, typed: Callable[[Case, Case], Any] | None = None, **changes: Any) -> list[Case]:
    """Copy a case with its bodies, hands, open tasks, clocks and reports so often, by plain inserts: many rows for little time."""
    from yiwang.kernel.cases.models import Clock

    made = Case.all_modes.bulk_create([_copy(case, number=None, **changes) for _ in range(count)])
    for model, rows in (
        (CaseOrg, CaseOrg.objects.filter(case=case)), (CaseActor, CaseActor.objects.filter(case=case)),
        (Report, Report.all_modes.filter(case=case)),
    ):
        kept = list(rows)
        manager = model.all_modes if hasattr(model, "all_modes") else model.objects
        manager.bulk_create([_copy(row, case=one, **({"source_key": ""} if model is Report else {})) for one in made for row in kept])
    for task in Task.all_modes.filter(case=case, state="open"):
        copies = Task.all_modes.bulk_create([_copy(task, case=one, parent=None) for one in made])
        clocks = list(Clock.objects.filter(task=task))
        Clock.objects.bulk_create([_copy(clock, case=one, task=own) for one, own in zip(made, copies, strict=True) for clock in clocks])
    if typed is not None:
        for one in made:
            typed(case, one)
    return made


def _copy(row: Any, **changes: Any) -> Any:
    values = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not f.primary_key}
    if "uid" in values:
        values["uid"] = uuid7()
    for name, value in changes.items():
        values[row._meta.get_field(name).attname] = value.pk if hasattr(value, "pk") else value
    return type(row)(**values)
