"""Landing: what bureaus really send, row by row; counts that add up; nothing of half a delivery."""

from __future__ import annotations

import errno
import io
import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import IntegrityError, connection, transaction

from yiwang.apps.datahub.errors import LakeFull
from yiwang.apps.datahub.lake import connect, folder_of, parts, store
from yiwang.apps.datahub.lake import landing as lake_landing
from yiwang.apps.datahub.lake.folders import root
from yiwang.apps.datahub.models import HandBack, QualityRun, RefusedRow, Run
from yiwang.apps.datahub.queries.landing import kept, paths, relation
from yiwang.apps.datahub.services import jobs
from yiwang.apps.datahub.services.landing import correct, corrections_file, land, land_now, receive, running
from yiwang.apps.datahub.tests.hub import make_dataset
from yiwang.kernel.base.errors import NotFound, NotPermitted
from yiwang.kernel.base.registry import manifests
from yiwang.kernel.notices.models import Notice

pytestmark = pytest.mark.django_db
COLUMNS = """
columns:
  - {name: id_number, label: 公民身份号码, element: identity_number, required: true, personal: id_number, grade: 3, aliases: [身份证号]}
  - {name: name, label: 姓名, required: true, personal: name, length: [2, 30]}
  - {name: sex, label: 性别, type: code, codes: sex}
  - {name: amount, label: 月金额（元）, type: decimal, decimals: 2, range: [0, 100000]}
  - {name: since, label: 起始日期, type: date}
  - {name: note, label: 备注}
key: [id_number]
cycle: monthly
"""
HEAD = "身份证号,姓名,性别,月金额,起始日期,备注"
IDS = ["11010519491231002X", "110105199001011233", "110105199001011250", "110105199001011276", "110105199001011292"]


def dataset(world: Any, code: str, landing: str = "replace", columns: str = COLUMNS) -> Any:
    return make_dataset(world.orgs["bureau-civil"], code, "低保对象", text=f"dataset: {code}\nname: 低保对象\nlanding: {landing}\n{columns}", state="published")


def rows(found: Any) -> list[tuple[Any, ...]]:
    with connect() as con:
        return sorted(relation(con, found).fetchall())


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def sheet(folder: Path, lines: list[list[Any]], merge: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    for area in merge:
        book.active.merge_cells(area)
    book.save(folder / "sheet.xlsx")
    return folder / "sheet.xlsx"


def adds_up(run: Run) -> bool:
    return run.rows_in == run.accepted + run.refused + run.duplicate


def test_a_sheet_as_a_bureau_sends_it(world: Any, tmp_path: Path) -> None:
    found = dataset(world, "sheet-a")
    path = sheet(
        tmp_path,
        [
            ["2026年5月低保发放表"], ["制表单位：民政局", None, None, "单位：元"], ["公民身份号码", "姓 名", "性别", "月金额(元)", "起始日期", "备注", "电话"],
            [IDS[0].lower(), "王伟", "男", "１，２００．５", "2026年1月2日", "@SUM(1)", "1"], [IDS[1], "李娜", "2", 900, 46024, None, "2"],
            [3.30102199001011e17, "赵六", "男", 1, "2026-01-02", None, "3"], [IDS[2], "钱多", "女", "1,000", "20260102", None, None],
            [IDS[3], None, None, 1, "2026/1/2", None, None], [IDS[4], "孙二", "其他", "九百", "2026-02-30", None, None],
            [IDS[2], "钱多", "女", 1000, "2026-01-02", None, None], [None] * 6, ["合 计", None, None, 3000], ["注：数据截至五月底"],
        ],
        ("A1:F1", "B7:B8"),
    )  # fmt: skip
    run = land(world.actor("data_clerk"), found, path, idempotency_key="may")
    assert (run.state, run.rows_in, run.accepted, run.refused, run.duplicate) == ("done", 7, 4, 2, 1), (run.error, run.report)
    landed = rows(found)
    day = date(2026, 1, 2)
    assert [(*r[:3], float(r[3]), r[4]) for r in landed] == [
        (IDS[0], "王伟", "1", 1200.5, day), (IDS[1], "李娜", "2", 900, day), (IDS[2], "钱多", "2", 1000, day), (IDS[3], "钱多", None, 1, day),
    ]  # fmt: skip
    bad = {r.number: {x["column"]: x["code"] for x in r.reasons} for r in RefusedRow.objects.filter(run=run)}
    assert bad == {6: {"id_number": "spoiled"}, 9: {"sex": "code", "amount": "type", "since": "type"}}
    assert run.report["aside"] == {"total": 1, "note": 1}
    assert run.report["drift"]["new"] == ["电话"]
    assert run.report["formulas"] == {"note": 1}
    assert run.report["file"]["header_row"] == 3
    kept = RefusedRow.objects.get(run=run, number=9)
    assert kept.masked["id_number"] == "110105********1292"
    assert IDS[4].encode() not in bytes(kept.body)


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8", ","), ("utf-8-sig", ","), ("gb18030", "\t"), ("gbk", ";"), ("utf-16", "|"), ("utf-8", "，")])
def test_encodings_and_delimiters(world: Any, tmp_path: Path, encoding: str, delimiter: str) -> None:
    found = dataset(world, "encoded")
    text = "\r\n".join([HEAD, f'{IDS[0]},"王\n伟",男,1200,2026-01-02,', f"{IDS[1]},李娜,女,900,2026-01-02,备注"]).replace(",", delimiter) + "\r\n"
    run = land(world.actor("data_clerk"), found, write(tmp_path, "a.csv", text, encoding))
    assert (run.state, run.accepted, run.refused) == ("done", 2, 0), (run.error, run.report)
    assert {r[1] for r in rows(found)} == {"王\n伟", "李娜"}


def test_other_forms_give_the_same_rows(world: Any, tmp_path: Path) -> None:
    lines = [{"id_number": i, "name": "王伟", "amount": 12.5, "since": "2026-01-02"} for i in IDS]
    (tmp_path / "a.json").write_text(json.dumps(lines, ensure_ascii=False))
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(one) for one in lines))
    pq.write_table(pa.table({"id_number": IDS, "name": ["王伟"] * 5, "amount": [12.5] * 5, "since": [date(2026, 1, 2)] * 5}), tmp_path / "a.parquet")
    made = []
    for number, name in enumerate(("a.json", "a.jsonl", "a.parquet")):
        found = dataset(world, f"form-{number}")
        assert land(world.actor("data_clerk"), found, tmp_path / name).accepted == 5
        made.append(rows(found))
    found = dataset(world, "form-rows")
    land(world.actor("data_clerk"), found, batches=[lines[:2], lines[2:]], idempotency_key="pull-1")
    assert made[0] == made[1] == made[2] == rows(found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f'{HEAD}\n{IDS[0]},王伟,男,1,2026-01-02,"备注\n{IDS[1]},李娜,女,1,2026-01-02,\n', "cut_quote"),
        (f"{HEAD}\n{IDS[0]},王伟,男,1,2026-01-02,x\n{IDS[1]},李", "cut_row"),
        (f"姓名,金额\n王伟,{IDS[0]}\n", "missing_columns"),
    ],
)
def test_half_a_file_leaves_nothing(world: Any, tmp_path: Path, text: str, reason: str) -> None:
    code = reason.replace("_", "-")
    found = dataset(world, code)
    land(world.actor("data_clerk"), found, write(tmp_path, "whole.csv", f"{HEAD}\n{IDS[0]},王伟,男,1,2026-01-02,x\n"))
    before = rows(found)
    run = land(world.actor("data_clerk"), found, write(tmp_path, "cut.csv", text))
    assert (run.state, run.error["reason"], run.rows_in) == ("refused", reason, 0)
    assert run.error["words"]
    assert rows(found) == before
    assert len(list(folder_of(code).iterdir())) == 1


def test_a_cut_workbook_is_refused(world: Any, tmp_path: Path) -> None:
    path = sheet(tmp_path, [["公民身份号码", "姓名"], *([i, "王伟"] for i in IDS)])
    path.write_bytes(path.read_bytes()[:-900])
    run = land(world.actor("data_clerk"), dataset(world, "cut-sheet"), path)
    assert (run.state, run.error["reason"]) == ("refused", "broken_sheet")


def test_ragged_rows_are_refused_by_their_own_number(world: Any, tmp_path: Path) -> None:
    found = dataset(world, "ragged")
    text = f"低保表,,,,,\n{HEAD}\n{IDS[0]},王伟,男,1,2026-01-02,\n{IDS[1]},李娜\n\n{IDS[2]},钱多,女,x,2026-01-02,\n{IDS[3]},孙二,男,1,2026-01-02,\n"
    run = land(world.actor("data_clerk"), found, write(tmp_path, "a.csv", text))
    assert (run.accepted, run.refused) == (2, 2)
    assert {r.number: r.reasons for r in RefusedRow.objects.filter(run=run)} == {
        4: [{"column": "", "code": "cells:2:6"}], 6: [{"column": "amount", "code": "type"}],
    }  # fmt: skip


def test_last_months_file_again_is_told(world: Any, tmp_path: Path) -> None:
    found = dataset(world, "again")
    text = f"{HEAD}\n{IDS[0]},王伟,男,1,2026-01-02,x\n{IDS[1]},李娜,女,1,2026-01-02,\n"
    first = land(world.actor("data_clerk"), found, write(tmp_path, "a.csv", text), idempotency_key="may")
    files = paths(found)
    assert land(world.actor("data_clerk"), found, tmp_path / "a.csv", idempotency_key="may") == first  # the same delivery, sent twice by the net
    assert Run.objects.filter(dataset=found).count() == 1
    again = land(world.actor("data_clerk"), found, write(tmp_path, "june.csv", text, "gb18030"), idempotency_key="june")
    assert (again.state, again.accepted, again.duplicate, again.rows_in) == ("repeated", 0, 2, 2)
    assert paths(found) == files


def test_renamed_overnight(world: Any, tmp_path: Path) -> None:
    found = dataset(world, "renamed")
    run = land(world.actor("data_clerk"), found, write(tmp_path, "a.csv", f"姓名,公民身份号码,每月金额\n王伟,{IDS[0]},1\n"))
    drift = run.report["drift"]
    assert drift["renamed"] == {"amount": "每月金额"}
    assert drift["reordered"]
    assert rows(found)[0][3] is None
    run = land(world.actor("data_clerk"), found, write(tmp_path, "b.csv", f"姓名,公民身份证,月金额\n王伟,{IDS[0]},1\n"))
    assert (run.state, run.error["facts"]["renamed"]) == ("refused", {"id_number": "公民身份证"})


def test_append_and_upsert(world: Any, tmp_path: Path) -> None:
    clerk = world.actor("data_clerk")
    one = [{"id_number": IDS[n], "name": "王伟", "amount": n} for n in range(3)]
    two = [{"id_number": IDS[2], "name": "王伟", "amount": 2}, {"id_number": IDS[1], "name": "王伟", "amount": 77}, {"id_number": IDS[3], "name": "李娜", "amount": 3}]
    found = dataset(world, "upserted", "upsert")
    land(clerk, found, batches=[one])
    old = paths(found)
    run = land(clerk, found, batches=[two])
    assert (run.accepted, run.duplicate, run.replaced, run.rows_present) == (2, 1, 1, 4)
    assert {r[0]: float(r[3]) for r in rows(found)} == {IDS[0]: 0, IDS[1]: 77, IDS[2]: 2, IDS[3]: 3}
    assert all(path.exists() for path in old)  # who reads the older rows goes on reading them
    twice = land(clerk, found, batches=[[{"id_number": IDS[4], "name": "旧名", "amount": 1}, {"id_number": IDS[4], "name": "新名", "amount": 2}]])
    assert (twice.accepted, twice.duplicate, twice.refused) == (1, 1, 0)
    assert {r[0]: r[1] for r in rows(found)}[IDS[4]] == "新名"
    found = dataset(world, "appended", "append")
    land(clerk, found, batches=[one])
    run = land(clerk, found, batches=[two])
    assert (run.accepted, run.duplicate, run.refused) == (1, 1, 1)
    assert RefusedRow.objects.get(run=run).reasons == [{"column": "id_number", "code": "key_taken"}]
    assert len(rows(found)) == 4


@pytest.mark.parametrize("where", ["store.settle", "landing.land", "_done"])
def test_killed_anywhere_and_continued(world: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    class Killed(BaseException):
        pass

    found = dataset(world, "killed", "append")
    actor = world.actor("data_clerk")
    land(actor, found, batches=[[{"id_number": IDS[0], "name": "王伟"}]])
    run = receive(actor, found, write(tmp_path, "a.csv", f"{HEAD}\n{IDS[1]},李娜,女,1,2026-01-02,\n"))
    owner, name = (running, where) if "." not in where else (getattr(running, where.split(".")[0]), where.split(".")[1])
    real = getattr(owner, name)

    def dies(*args: Any, **more: Any) -> Any:
        real(*args, **more)  # it was done, and then the power went
        raise Killed

    monkeypatch.setattr(owner, name, dies)
    with pytest.raises(Killed), transaction.atomic():
        land_now(run.pk, actor=actor)
    assert len(rows(found)) == 1
    monkeypatch.setattr(owner, name, real)
    done = land_now(run.pk, actor=actor)
    assert (done.state, done.accepted) == ("done", 1)
    assert len(rows(found)) == 2
    assert land_now(run.pk, actor=actor).accepted == 1
    assert len(rows(found)) == 2


def test_disk_full_while_landing(world: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = dataset(world, "full")
    actor = world.actor("data_clerk")
    run = receive(actor, found, write(tmp_path, "a.csv", f"{HEAD}\n{IDS[1]},李娜,女,1,2026-01-02,\n"))

    def full(_path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(store, "sync", full)
        with pytest.raises(LakeFull):
            land_now(run.pk, actor=actor)
    run.refresh_from_db()
    assert (run.state, run.error["reason"]) == ("failed", "datahub.lake.full")
    assert rows(found) == []
    assert not any(folder_of("full").iterdir())
    assert land_now(run.pk, actor=actor).accepted == 1


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="this system has no /dev/full")
def test_disk_full_in_the_writer_itself(tmp_path: Path) -> None:
    """The device that is always full: the writer's own error is told as what it is."""
    path = tmp_path / "full.parquet"
    path.symlink_to("/dev/full")  # the writer takes away what it could not write: a link, not the device
    with pytest.raises(LakeFull), store.told():
        parts.write(pa.table({"a": ["x" * 50] * 20_000}), path)
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("quick_rows", [1, 20_000])
def test_a_csv_with_everything(world: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_rows: int) -> None:
    """Header in row 3, dates in five forms, a formula, numbers as texts with 千分位 and full width, ids in lower-case x and E+17; by both lanes and by one."""
    monkeypatch.setattr(lake_landing, "QUICK_ROWS", quick_rows)
    found = dataset(world, "csv-all")
    days = ["2026-01-02", "2026/1/2", "20260102", "2026年1月2日", "46024"]
    lines = ["2026年5月发放表,,,,,", "单位：民政局,,,,,", HEAD, *(f'{i},王伟,男,{"1200" if n < 2 else chr(34) + "１,２００" + chr(34)},{day},=1+{n}' for n, (i, day) in enumerate(zip([*IDS[1:], IDS[0].lower()], days, strict=True)))]
    lines.append("3.30102E+17,王伟,男,1,2026-01-02,")
    lines += [lines[3]] * 2  # twice more, in the file of the other rows
    run = land(world.actor("data_clerk"), found, write(tmp_path, "a.csv", "\n".join(lines) + "\n"))
    assert (run.accepted, run.refused, run.duplicate, run.report["formulas"]) == (5, 1, 2, {"note": 7}), run.report
    assert len(paths(found)) == (2 if quick_rows == 1 else 1)
    landed = rows(found)
    assert {(float(r[3]), r[4]) for r in landed} == {(1200.0, date(2026, 1, 2))}
    assert sorted(r[0] for r in landed) == sorted(IDS)
    assert RefusedRow.objects.get(run=run).number == 9


def test_the_lake_is_swept(world: Any, tmp_path: Path) -> None:
    """Rubbish of killed programs goes, what the last deliveries need and what may still be landing stays."""
    found = dataset(world, "swept")
    clerk = world.actor("data_clerk")
    for n in range(5):
        land(clerk, found, batches=[[{"id_number": IDS[n], "name": "王伟"}]], idempotency_key=str(n))
    waiting = receive(clerk, found, write(tmp_path, "a.csv", f"{HEAD}\n{IDS[1]},李娜,女,1,2026-01-02,\n"))
    for name in (".work-dead", "run-dead", f".work-{waiting.uid}"):
        (folder_of("swept") / name).mkdir()
    for one in folder_of("swept").iterdir():
        os.utime(one, (0, 0))
    assert jobs.sweep() == 4  # two of the dead, two of five deliveries
    left = {p.name for p in folder_of("swept").iterdir()}
    assert left == {p.parent.name for p in paths(found)} | {f".work-{waiting.uid}"} | {f"run-{r.uid}" for r in Run.objects.filter(dataset=found, state="done").order_by("-pk")[:3]}
    assert len(rows(found)) == 1


def test_counts_that_do_not_add_up_are_no_row(world: Any) -> None:
    run = land(world.actor("data_clerk"), dataset(world, "constraint"), batches=[[{"id_number": IDS[0], "name": "王伟"}]])
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(rows_in=5)


def test_given_back_corrected_closed(world: Any, tmp_path: Path) -> None:
    found = dataset(world, "given-back")
    clerk = world.actor("data_clerk")
    lines = [{"id_number": i, "name": "王伟", "amount": "九百" if n in (1, 3) else 1} for n, i in enumerate(IDS)]
    run = land(clerk, found, batches=[lines])
    back = HandBack.objects.get(run=run)
    assert (back.rows_open, run.accepted) == (2, 3)
    assert Notice.objects.filter(kind="datahub.rows.given_back", account=world.account("data_clerk")).count() == 1
    made = corrections_file(clerk, back.uid)
    book = openpyxl.load_workbook(io.BytesIO(made.content))
    book_sheet = book.worksheets[0]
    head = next(r for r in book_sheet.iter_rows() if r[0].value in ("原行号", "Row of the delivery"))
    names = [c.value for c in head]
    assert {r[0].value for r in book_sheet.iter_rows(min_row=head[0].row + 1) if r[0].value} >= {2, 4}
    for row in book_sheet.iter_rows(min_row=head[0].row + 1):
        if row[0].value == 2:
            assert "月金额" in row[1].value
            row[names.index("月金额（元）")].value = 900
    book.save(tmp_path / "corrected.xlsx")
    with pytest.raises(NotFound):
        correct(world.actor("data_owner2"), back.uid, tmp_path / "corrected.xlsx")
    looked = QualityRun.objects.filter(dataset=found).count()
    fixed = correct(clerk, back.uid, tmp_path / "corrected.xlsx")
    assert QualityRun.objects.filter(dataset=found).count() == looked + 1  # a correction is looked at like a delivery
    assert (fixed.state, fixed.rows_in, fixed.accepted, fixed.refused) == ("done", 2, 1, 1), fixed.error
    back.refresh_from_db()
    assert (back.rows_open, back.closed_at) == (1, None)
    assert len(rows(found)) == 4
    path = sheet(tmp_path, [["原行号", "公民身份号码", "姓名", "月金额（元）"], [2, IDS[0], "旁人", 5], [4, IDS[3], "王伟", 900]])
    again = correct(clerk, back.uid, path)
    assert (again.rows_in, again.accepted) == (1, 1)  # row 2 was settled: it is not asked any more
    back.refresh_from_db()
    assert back.closed_at is not None
    assert {float(r[3]) for r in rows(found)} == {1, 900}


def test_only_ones_own_body(world: Any, tmp_path: Path) -> None:
    found = dataset(world, "own")
    with pytest.raises(NotPermitted):
        land(world.actor("data_owner2"), found, batches=[[{"id_number": IDS[0], "name": "王伟"}]])
    assert not Run.objects.exists()


def test_backups_carry_the_present_rows(world: Any, tmp_path: Path) -> None:
    """The files of the last delivery that counts, by their paths below the data folder; a refused one names none."""
    found = dataset(world, "kept", "append")
    actor = world.actor("data_clerk")
    for number in (0, 1):
        land(actor, found, write(tmp_path, f"{number}.csv", f"{HEAD}\n{IDS[number]},张三,1,100,2026-01-02,\n"), idempotency_key=f"k{number}")
    assert land(actor, found, write(tmp_path, "bad.csv", "a,b\n1,2\n"), idempotency_key="bad").state == "refused"
    names = kept.files(connection.connection)
    assert [root().parent / name for name in names] == paths(found)
    assert len(names) == 2
    assert all((root().parent / name).is_file() for name in names)
    assert "yiwang.apps.datahub.queries.landing.kept.files" in manifests()["datahub"].kept
