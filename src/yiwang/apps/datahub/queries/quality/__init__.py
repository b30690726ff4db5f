"""Reads of quality: scores, results, issues, and the rows behind them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from yiwang.apps.datahub.lake.engine import connect
from yiwang.apps.datahub.models import Dataset, QualityIssue, QualityResult, QualityRun
from yiwang.apps.datahub.queries.landing import HAND_IN, contract_of
from yiwang.apps.datahub.queries.landing.present import select
from yiwang.apps.datahub.rules.landing.masks import shown
from yiwang.apps.datahub.rules.landing.sql import named
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.identity.permits import visible

GOVERN = "datahub.dataset.govern"


def latest(dataset: Dataset) -> QualityRun | None:
    return QualityRun.objects.filter(dataset=dataset).order_by("-pk").first()


def trend(dataset: Dataset, most: int = 24) -> list[QualityRun]:
    """Return the last runs, oldest first."""
    return list(QualityRun.objects.filter(dataset=dataset).order_by("-pk")[:most])[::-1]


def issues(actor: Actor) -> QuerySet[QualityIssue]:
    """Return the issues of the actor's bodies."""
    return visible(QualityIssue.objects.select_related("dataset", "dataset__org", "last_run"), actor, HAND_IN)


def issue_for(actor: Actor, uid: UUID) -> QualityIssue:
    """Return one of them; raises NotFound."""
    found = issues(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="issue")
    return found


def result_of(run: QualityRun | None, code: str) -> QualityResult | None:
    """Return what one rule found in a run."""
    return None if run is None or not code else QualityResult.objects.filter(quality_run=run, code=code).first()


def contradictions(actor: Actor) -> QuerySet[QualityIssue]:
    """Return what sources say against each other, where money is at stake first."""
    from django.db.models import F

    rows = visible(QualityIssue.objects.select_related("dataset", "dataset__org"), actor, GOVERN).filter(kind__in=("absent_in", "same_value", "depends", "contradiction"))
    return rows.exclude(state="closed").order_by(F("money").desc(nulls_last=True), "-failed", "pk")


def bad_rows(issue: QualityIssue) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the columns and the failing rows that the last run kept in mind, masked; rows that a newer delivery replaced are gone."""
    result = QualityResult.objects.filter(quality_run=issue.last_run_id, code=issue.code).first()
    return rows_of(issue.dataset, result)


def rows_of(dataset: Dataset, result: QualityResult | None) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the same of one rule's result."""
    contract = contract_of(dataset)
    if result is None or contract is None or not result.samples:
        return [], []
    wanted = ", ".join(f"('{UUID(str(run))}', {int(row)})" for run, row in result.samples)
    names = [c.name for c in contract.columns]
    with connect() as con:
        found = con.execute(
            f"SELECT _run, _row, {', '.join(named(n) + '::VARCHAR' for n in names)} FROM ({select(con, dataset, private=True)}) WHERE (_run, _row) IN ({wanted}) ORDER BY _row"
        ).fetchall()
    columns = contract.columns
    rows = [{"row": r[1], "run": r[0], "values": [shown(v, c) for v, c in zip(r[2:], columns, strict=True)]} for r in found]
    return [c.label or c.name for c in columns], rows
