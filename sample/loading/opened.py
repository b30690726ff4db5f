"""Open data sets into the tables and the lake: prepared by one person, released by another, as in life."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from random import Random

import pyarrow.parquet as pq
from django.utils import timezone

from sample import openness
from sample.spec import Spec
from yiwang.apps.datahub.lake import folder_of
from yiwang.apps.datahub.models import (
    Challenge,
    ContractVersion,
    Dataset,
    OpenRequest,
    OpenSet,
    OpenUse,
)
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.services.opening import asking, publishing
from yiwang.kernel.base.actor import Actor, ActorKind, system
from yiwang.kernel.identity.models import Account, Organization

STATEMENT = "经审查不涉及国家秘密、商业秘密和个人隐私，同意无条件开放。"


def play(spec: Spec) -> int:
    """Open the sample's sets; returns how many."""
    makers = list(Account.objects.filter(is_active=True).order_by("pk")[:2])
    for data in openness.build(spec.as_of, spec.seed):
        one(data, makers)
    _asked(spec)
    return OpenSet.objects.filter(is_sample=True).count()


def _org(wanted: tuple[str, ...] | list[str]) -> Organization:
    found = Organization.objects.filter(code=wanted[0]).first()
    for word in wanted[1:]:
        found = found or Organization.objects.filter(**{"name__zh-Hans__contains": word}).order_by("path").first()
    return found or Organization.objects.order_by("path").first() or Organization.objects.get()


def one(data: openness.OpenData, makers: list[Account]) -> OpenSet:
    """Open one set: catalogue entry with its contract, rows, check, release, and what was taken of it so far."""
    org, code = _org(list(data.org)), f"open-{data.slug}"
    landed = timezone.now() - timedelta(days=data.age_days, hours=2)
    dataset = Dataset.objects.create(
        code=code, name=dict(data.title), abstract=dict(data.notes), org=org, org_path=org.path, area_path=org.area.path, theme=data.theme, keywords=list(data.tags),
        sharing="unconditional", opening="unconditional", opening_reason="云望市公共数据开放清单", grade=1, cycle=data.cycle, state="published", rows=len(data.rows), landed_at=landed,
        quality=96.0 + len(data.rows) % 4, is_sample=True,
    )  # fmt: skip
    text = data.contract()
    dataset.contract = ContractVersion.objects.create(
        dataset=dataset, version=1, text=text, body=contracts.parse(text).as_dict(), hash=hashlib.sha256(text.encode()).hexdigest()
    )
    dataset.save(update_fields=["contract"])
    folder = folder_of(code) / "rows"
    folder.mkdir(parents=True, exist_ok=True)
    path: Path = folder / "sample.parquet"
    pq.write_table(data.table(), path)
    version = publishing.prepare(
        _as(makers, 0), dataset, slug=data.slug, title=data.title, notes=data.notes, theme=data.theme, licence=data.licence, tags=data.tags, cycle=data.cycle,
        recipe={c.name: "keep" for c in data.columns}, paths=[path], is_sample=True,
    )  # fmt: skip
    row = publishing.release(_as(makers, 1), version, body="云望市委保密办", statement=STATEMENT)
    _used(row, data)
    return row


def _as(makers: list[Account], which: int) -> Actor:
    account = makers[which] if len(makers) > which else None
    return Actor(kind=ActorKind.SYSTEM, name=account.name if account else "sample", account_id=account.pk if account else None)


def _used(row: OpenSet, data: openness.OpenData) -> None:
    rng, today = Random(f"used:{data.slug}"), timezone.now().date()
    OpenSet.objects.filter(pk=row.pk).update(
        uses=data.uses, opened_at=row.opened_at - timedelta(days=30 * (len(data.slug) % 9) + 20), changed_at=row.changed_at - timedelta(days=data.age_days),
        due_at=row.due_at - timedelta(days=data.age_days) if row.due_at else None,
    )  # fmt: skip
    OpenUse.objects.bulk_create([
        OpenUse(open_set=row, day=today - timedelta(days=back), kind=kind, format=form, times=rng.randrange(1, max(2, data.uses // 150)))
        for back in range(30) for kind, form in (("page", ""), ("download", rng.choice(("csv", "xlsx", "plain", "json", "geojson"))), ("api", ""))
    ])  # fmt: skip


def _asked(spec: Spec) -> None:
    """Let somebody have asked and been answered, and let a challenge be open."""
    trees = OpenSet.objects.get(slug="street-trees")
    done = asking.ask(system("sample"), kind="correct", text="听河街有几棵国槐已经移走，名录里还在，请核对。", open_set=trees)
    asking.answer(system("sample"), done, outcome="agreed", text="已现场核对，移走的 4 棵在下次更新时删除，感谢指正。", shown=True)
    asking.ask(system("sample"), kind="want", text="希望开放路灯杆的位置和亮灯时间，用来做夜间步行安全地图。")
    org = trees.org
    challenge = Challenge.objects.create(
        slug="shade-walks", kind="paid", title={"zh-Hans": "林荫步行路线征集", "en": "Shaded walks"},
        brief="用行道树、公厕和公交站点等开放数据，做出夏天也能走的步行路线：有树荫、有厕所、能坐车回来。作品可以是地图、小程序或研究报告。", reward="一等奖 3 万元，二等奖 1 万元",
        criteria=[{"name": "实用", "most": 50}, {"name": "创新", "most": 30}, {"name": "数据运用", "most": 20}], org=org, org_path=org.path, area_path=org.area.path, state="open",
        closes_at=timezone.now() + timedelta(days=45),
    )  # fmt: skip
    challenge.judges.set(Account.objects.filter(is_active=True, holdings__post__role__grants__permission="datahub.open.judge").distinct()[:3])
    assert OpenRequest.objects.filter(is_shown=True).exists()
