"""Sources for the sweeps: of three bureaus, in every state, with runs and alarms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.utils import timezone

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Carried, Kind, Listing, Specimen, Write
from yiwang.apps.datahub.models import Dataset, Pull, Source, SourceAlarm
from yiwang.apps.datahub.tests.hub import make_dataset
from yiwang.kernel.base.uid import uuid7

VIEW, RUN, EDIT = "datahub.source.view", "datahub.source.run", "datahub.source.edit"
NOT_LISTS = {"data/sources/new/<slug:kind>/": "a form"}
NOT_IDS = {"data/sources/new/<slug:kind>/": "a kind of source, for whoever may keep any"}


def _source(dataset: Dataset, name: str, **more: Any) -> Source:
    return Source.objects.create(
        name=name, kind="folder", dataset=dataset, org=dataset.org, org_path=dataset.org_path, area_path=dataset.area_path, settings={"path": f"geheim-{name}"}, **more
    )


def fill(world: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, org, state in (("civil", "bureau-civil", "on"), ("health", "bureau-health", "failing"), ("greening", "bureau-greening", "paused")):
        dataset = make_dataset(world.orgs[org], f"pulled-{key}", f"采集{key}")
        source = _source(dataset, f"来源{key}", state=state, cron="0 2 * * *")
        run = Pull.objects.create(source=source, trigger="schedule", state="failed", began_at=timezone.now() - timedelta(hours=3), why="x", why_text=f"原因{key}")
        SourceAlarm.objects.create(source=source, pull=run, kind="nulls", column=f"column_{key}", facts={"value": 0.4, "usual": 0.1, "low": 0.0, "high": 0.2}, raised_at=run.began_at)
        made[f"source_{key}"] = source
    return made


def _oracle(reader: Reader, given: Mapping[str, str]) -> set[str]:
    return {
        str(s.uid) for s in Source.objects.all()
        if reader.may(VIEW, s.area_path, s.org_path) and (not given.get("state") or s.state == given["state"])
    }  # fmt: skip


def kinds(made: Any) -> list[Kind]:
    sources = [
        Specimen(
            f"source of {s.org.code}", {"uid": s.uid}, lambda reader, s=s: reader.may(VIEW, s.area_path, s.org_path), (str(s.uid), s.name, f"geheim-{s.name}"), s
        )
        for s in Source.objects.select_related("org").order_by("pk")
    ]  # fmt: skip
    here = "source of bureau-civil"
    body = {"name": "改名", "path": "civil", "completion": "quiet", "grace_minutes": "30", "cron": ""}
    return [
        Kind("source", ("data/sources/<uuid:uid>/", "data/sources/<uuid:uid>/edit/"), sources, {"uid": uuid7()}, {
            "datahub:source": Write(lambda s: {"do": "pause"}, "data_owner", here, lambda r, s: bool(r.may(RUN, s.row.area_path, s.row.org_path)) and s.row.state != "paused"),
            "datahub:source_edit": Write(lambda s: {**body, "dataset": str(s.row.dataset.uid)}, who="data_owner", on=here, done_by=lambda r, s: bool(r.may(EDIT, s.row.area_path, s.row.org_path))),
        }),
    ]  # fmt: skip


def carried(made: Any) -> list[Carried]:
    return []


def lists(made: Any) -> list[Listing]:
    return [
        Listing(
            "sources", "datahub:sources", lambda a: [r["uid"] for r in a.context["rows"]], _oracle, {"state": ("", "on", "failing", "paused")},
            next_page=lambda a: f"/data/sources/?after={quote(a.context['next'])}" if a.context["next"] else "", grow=_more,
        )
    ]  # fmt: skip


def _more(count: int) -> None:
    dataset = Source.objects.order_by("pk").first().dataset  # type: ignore[union-attr]
    for i in range(count):
        _source(dataset, f"更多{i}")
