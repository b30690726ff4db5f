"""The sample's sources, computed data sets and report, loaded as `./dev up` loads them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from sample.loading import collecting
from sample.loading.hub import _RELIEF, _described, _landed
from sample.spec import SIZES, Spec
from yiwang.apps.datahub.models import Dataset, FormSheet, Pull, Source, SourceAlarm, TransformRun
from yiwang.kernel.audit.services import ensure_partitions


def test_sample_reads_computes_and_reports(world: Any, settings: Any, tmp_path: Path) -> None:
    settings.LAKE = {**settings.LAKE, "drop": str(tmp_path / "drop")}
    spec = Spec(SIZES["small"], date(2026, 11, 24))
    ensure_partitions(spec.start, spec.end)
    relief = _described("civil-relief", {"zh-Hans": "低保对象", "en": "Relief recipients"}, "bureau-civil", "id_number", _RELIEF, "")
    ids = [f"3715991950010100{n}{'X' if n == 1 else n}" for n in range(10)]
    rows = [{"公民身份号码": i, "姓名": f"王{i[-2]}", "救助类别": "低保", "月金额（元）": "600", "起始日期": "2024-01-01"} for i in ids]
    assert _landed(relief, rows, "低保.xlsx", "first").accepted == 10
    assert collecting.play(spec) == 8
    assert set(Pull.objects.values_list("state", flat=True)) == {"done"}
    assert set(TransformRun.objects.values_list("state", flat=True)) == {"done"}
    assert Dataset.objects.get(code="relief-by-month").rows >= 4
    assert set(FormSheet.objects.values_list("org__code", "state")) == {("bureau-health", "accepted"), ("bureau-civil", "draft")}
    assert list(SourceAlarm.objects.values_list("kind", "column")) == []
    assert "金额（元）" in Source.objects.get(dataset__code="relief-payment").columns  # read from a file in GB18030
