"""Running a data set's rules after each landing; issues open, go on, and close by what is found."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from yiwang.apps.datahub.errors import NoContract
from yiwang.apps.datahub.lake import quality as lake_quality
from yiwang.apps.datahub.lake.engine import connect
from yiwang.apps.datahub.models import Dataset, IssueState, QualityIssue, QualityResult, QualityRun
from yiwang.apps.datahub.queries.landing import codes, contract_of, latest, paths
from yiwang.apps.datahub.queries.landing.present import select
from yiwang.apps.datahub.rules.quality import DIMENSIONS, rules_of, score
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import system
from yiwang.kernel.base.clock import now
from yiwang.kernel.identity.queries import holders
from yiwang.kernel.notices.contracts import Message
from yiwang.kernel.notices.services import notify_many
from yiwang.kernel.worktime import queries as worktime
from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.rules import deadlines


def check_dataset(dataset: Dataset, *, today: date | None = None) -> QualityRun:
    """Run every rule over the present rows, keep the results and the score, open and close issues.

    Raises
    ------
    NoContract
    RuleError
        A rule of the contract cannot be read.
    LakeFull, LakeBusy
    """
    contract = contract_of(dataset)
    if contract is None:
        raise NoContract
    rules, began = rules_of(contract), time.monotonic()
    with connect() as con:

        def other(code: str) -> str:
            found = Dataset.objects.select_related("contract").filter(code=code).first()
            if found is None:
                raise KeyError(code)
            return select(con, found)

        def reads(asked: Sequence[str]) -> list[Path]:
            return [path for code in (dataset.code, *asked) for path in paths(code)]

        made = lake_quality.check(
            con, select(con, dataset, private=True), contract, rules, codes=_codes(contract), other=other, landed_at=dataset.landed_at, today=today or timezone.localdate(), reads=reads,
        )  # fmt: skip
    with transaction.atomic():
        Dataset.objects.select_for_update().get(pk=dataset.pk)
        total = score(made.results)
        run = QualityRun.objects.create(
            dataset=dataset, run=latest(dataset), rows=made.rows, score=total, failed_to_run=made.failed_to_run, seconds=round(time.monotonic() - began, 3), made_at=now(),
            dimensions={d: s for d in DIMENSIONS if (s := score(made.results, d)) is not None},
        )  # fmt: skip
        QualityResult.objects.bulk_create(
            QualityResult(
                quality_run=run, code=r.code[:120], kind=r.kind, dimension=r.dimension, checked=r.checked, failed=r.failed, weight=r.weight, is_kept=r.is_kept, money=r.money,
                facts=r.facts, samples=[list(s) for s in made.samples.get(r.code, [])],
            )
            for r in made.results
        )  # fmt: skip
        Dataset.objects.filter(pk=dataset.pk).update(quality=total)
        dataset.quality = total
        opened, closed = _issues(dataset, run, made)
        told = {"dataset": dataset.code, "score": total, "rows": made.rows, "opened": len(opened), "closed": closed}
        audit.record(system("datahub"), action="datahub.quality.checked", area_path=dataset.area_path, data=told)
        _tell(dataset, opened)
    return run


def readers_of(code: str) -> list[int]:
    """Return the data sets whose rules read this one: what came may mend or break what they say."""
    asks = Q(contract__body__contains={"rules": [{"dataset": code}]}) | Q(contract__body__contains={"rules": [{"datasets": [code]}]})
    return list(Dataset.objects.filter(asks).exclude(code=code).order_by("pk").values_list("pk", flat=True))


def _codes(contract: object) -> dict[str, dict[str, str]]:
    from yiwang.apps.datahub.rules.contract import Contract

    assert isinstance(contract, Contract)
    found = codes.known(contract)
    for rule in contract.rules:
        name = str(rule.get("codes") or "")
        if name and name not in found and (rows := codes.shipped(name)) is not None:
            found[name] = rows
    return found


def _issues(dataset: Dataset, run: QualityRun, made: lake_quality.Checked) -> tuple[list[QualityIssue], int]:
    """Open, continue and close issues by the results; return the new ones and how many closed."""
    standing = {i.code: i for i in QualityIssue.objects.select_for_update().filter(dataset=dataset).exclude(state=IssueState.CLOSED)}
    opened, closed, moment = [], 0, now()
    due = deadlines.add(moment, settings.LAKE_CORRECTION_DAYS, Kind.WORK_DAY, worktime.calendar_for(dataset.area_path))
    for result in made.results:
        issue = standing.pop(result.code[:120], None)
        if issue is None and not result.is_kept:
            opened.append(QualityIssue.objects.create(
                dataset=dataset, org_path=dataset.org_path, area_path=dataset.area_path, code=result.code[:120], kind=result.kind, severity=result.severity, failed=result.failed,
                money=result.money, first_run=run, last_run=run, opened_at=moment, due_at=due,
            ))  # fmt: skip
        elif issue is not None:
            closed += _go_on(issue, run, failed=result.failed, money=result.money, is_kept=result.is_kept)
    for code, issue in standing.items():
        if code not in made.failed_to_run:  # the contract has the rule no more
            closed += _go_on(issue, run, failed=0, money=None, is_kept=True)
    return opened, closed


def _go_on(issue: QualityIssue, run: QualityRun, *, failed: int, money: float | None, is_kept: bool) -> int:
    issue.last_run, issue.failed, issue.money = run, failed, money
    if is_kept:
        issue.state, issue.closed_at = IssueState.CLOSED, now()
    issue.save()
    return int(is_kept)


def _tell(dataset: Dataset, opened: list[QualityIssue]) -> None:
    if not opened:
        return
    try:
        link = reverse("datahub:issues")
    except NoReverseMatch:
        link = ""
    name = dataset.name.get("zh-Hans", dataset.code)
    people = {a.pk for role in ("data_clerk", "data_owner") for a in holders(role=role, org_path=dataset.org_path)}
    title = {"zh-Hans": f"“{name}”有 {len(opened)} 个质量问题待整改", "en": f"{len(opened)} quality issues of {dataset.name.get('en') or dataset.code}"}
    notify_many(
        Message(kind="datahub.quality.issues", title=title, account_id=pk, link=link, subject_kind="datahub.dataset", subject_uid=dataset.uid, event_uid=opened[0].uid, is_sample=dataset.is_sample)
        for pk in sorted(people)
    )
