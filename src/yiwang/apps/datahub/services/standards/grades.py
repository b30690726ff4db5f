"""Suggested grades: worked out from the landed rows, decided by a person, written into the contract as a new version."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import yaml
from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import GradeDecided
from yiwang.apps.datahub.lake import columns as lake
from yiwang.apps.datahub.lake.engine import connect
from yiwang.apps.datahub.models import Dataset, GradeState, GradeSuggestion
from yiwang.apps.datahub.queries.landing.present import contract_of, select
from yiwang.apps.datahub.queries.standards import dictionary
from yiwang.apps.datahub.queries.standards import grades as queries
from yiwang.apps.datahub.rules.contract import Contract
from yiwang.apps.datahub.rules.standards import grading
from yiwang.apps.datahub.services.contract_versions import define
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput


def look(actor: Actor, dataset: Dataset) -> list[GradeSuggestion]:
    """Look at the landed rows of a data set and keep what should be graded higher; suggestions that hold no more are closed.

    What was declined is not suggested again while the column and its reasons stay as they were.

    Raises
    ------
    NotPermitted
    """
    actor.require(queries.GRADE, area_path=dataset.area_path, org_path=dataset.org_path)
    contract = contract_of(dataset)
    if contract is None:
        return []
    found = _found(dataset, contract)
    moment = now()
    with transaction.atomic():
        Dataset.objects.select_for_update(of=("self",)).get(pk=dataset.pk)
        kept = {row.column: row for row in GradeSuggestion.objects.filter(dataset=dataset, state=GradeState.OPEN)}
        said = {(r.column, r.grade, r.personal) for r in GradeSuggestion.objects.filter(dataset=dataset, state__in=(GradeState.DECLINED, GradeState.OTHER))}
        for name, row in kept.items():
            if name not in found or (found[name][0].grade, found[name][0].personal) != (row.grade, row.personal):
                row.state, row.decided_at = GradeState.GONE, moment
                row.save(update_fields=["state", "decided_at"])
        for name, (one, rows) in found.items():
            still = name in kept and kept[name].state == GradeState.OPEN
            if still or (name, one.grade, one.personal) in said:
                continue
            column = contract.column(name)
            GradeSuggestion.objects.create(
                dataset=dataset, org_path=dataset.org_path, area_path=dataset.area_path, column=name, label=column.label, present_grade=column.grade,
                present_personal=column.personal, grade=one.grade, personal=one.personal, kind=one.kind, rows=rows, made_at=moment,
                reasons=[{"source": r.source, "code": r.code, "share": r.share} for r in one.reasons],
            )  # fmt: skip
        record(actor, action="datahub.grades.looked_at", area_path=dataset.area_path, data={"dataset": dataset.code, "suggested": len(found)})
    return list(GradeSuggestion.objects.filter(dataset=dataset, state=GradeState.OPEN).order_by("-grade", "pk"))


def _found(dataset: Dataset, contract: Contract) -> dict[str, tuple[grading.Suggestion, int]]:
    texts = [c.name for c in contract.columns if c.kind in ("string", "code", "integer")]
    with connect() as con:
        stats = lake.statistics(con, select(con, dataset), texts)
    known = dictionary.elements()
    found = {}
    for column in contract.columns:
        seen = stats.get(column.name)
        one = grading.suggest(column, seen, known.get(column.element))
        if one is not None:
            found[column.name] = (one, seen.rows if seen else 0)
    return found


@transaction.atomic
def decide(actor: Actor, uid: UUID, *, grade: int | None, note: str = "") -> GradeSuggestion:
    """Accept a suggestion (its grade), set another grade, or leave the column as it is (None); the latter two say why.

    A grade that is set is a new version of the contract, which masks and quality read from then on; the data set's own grade
    rises with it.

    Raises
    ------
    NotFound, NotPermitted
    GradeDecided
        Somebody was faster.
    BadInput
        No such grade, or less than suggested without a reason.
    """
    row = GradeSuggestion.objects.select_for_update(of=("self",)).select_related("dataset").get(pk=queries.suggestion(actor, uid).pk)
    if row.state != GradeState.OPEN:
        raise GradeDecided
    if grade not in (None, 1, 2, 3, 4):
        raise BadInput.one("grade", "choice", _("Choose a grade from L1 to L4."))
    why = note.strip()
    if (grade is None or grade < row.grade) and not 4 <= len(why) <= 500:
        raise BadInput.one("note", "required", _("Say in 4 to 500 characters why it is graded lower than suggested."))
    if grade is not None:
        _set(actor, row, grade, why)
    row.state = GradeState.DECLINED if grade is None else GradeState.ACCEPTED if grade == row.grade else GradeState.OTHER
    row.decided_at, row.decided_by_id, row.decided_by_name, row.decided_grade, row.note = now(), actor.account_id, actor.recorded_name[:120], grade, why[:500]
    row.save()
    told = {"dataset": row.dataset.code, "column": row.column, "suggested": row.grade, "grade": grade}
    record(actor, action="datahub.grade.decided", area_path=row.area_path, data=told)
    return row


def _set(actor: Actor, row: GradeSuggestion, grade: int, why: str) -> None:
    dataset = Dataset.objects.select_related("contract").get(pk=row.dataset_id)
    contract = dataset.contract
    body: dict[str, Any] = {} if contract is None else dict(yaml.safe_load(contract.text))
    columns = body.get("columns") or []
    column = next((c for c in columns if c.get("name") == row.column), None)
    if column is None:
        raise GradeDecided
    column["grade"] = grade
    if row.personal and not column.get("personal"):
        column["personal"] = row.personal
    if "grade" in body:
        body["grade"] = max(int(body["grade"]), grade)
    text = yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=160)
    said = why or _("Suggested grade accepted")
    define(actor, dataset, text, f"{row.label or row.column}: L{grade}. {said}"[:500])
