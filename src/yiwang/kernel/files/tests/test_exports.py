"""Exports carry who took them, seen and unseen, and stand on record; a mark is read back out of what is left of a file."""

import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.files.exports import Column, Table, marks, take
from yiwang.kernel.files.exports.reading import read_marks

ACTOR = Actor(kind=ActorKind.PERSON, account_id=7, name="沈领", post_name="领导")
COLUMNS = (Column(key="number", label="编号"), Column(key="title", label="标题", carrier=True), Column(key="at", label="时间"))


def table(title: str = "案卷", count: int = 45) -> Table:
    rows = [{"number": f"2026-{n}", "title": f"第{n}处破损", "at": datetime(2026, 11, 1, 8, n)} for n in range(count)]
    return Table(title=title, columns=COLUMNS, rows=rows)


def taken(form: str = "xlsx", *tables: Table) -> Any:
    return take(ACTOR, what="probe.row", tables=tables or [table()], filters={"q": "张三 13812345678", "district": "371592"}, words="关键字 张三", form=form)


@hypothesis_settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a loaded machine
@given(st.dates(date(2020, 1, 1), date(2098, 1, 1)))
def test_a_number_survives_being_unseen(day: date) -> None:
    number = marks.new_number(day)
    assert marks.day_of(number) == day
    code = marks.hidden(number, "key")
    assert not code.strip("".join({*code}))
    found = list(marks.find(f"第1处{code}破损", "key"))
    assert found == [marks.Mark(number, True)]
    assert list(marks.find(code, "another key")) == [marks.Mark(number, False)]
    assert marks.strip(f"a{code}b") == "ab"


@pytest.mark.parametrize("text", ["", "E261123-7K3M", "E261323-7K3M9QXW"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(ValueError):
        marks.day_of(text)


@pytest.mark.django_db
def test_every_sheet_and_every_printed_page_says_who_took_it(tmp_path: Path) -> None:
    made = taken("xlsx", table("甲"), table("乙", 2))
    book = load_workbook(io.BytesIO(made.content))
    assert book.sheetnames == ["甲", "乙"]
    for sheet in book:
        seen = (sheet["A1"].value, sheet.oddHeader.center.text, sheet.evenHeader.center.text)
        assert all("沈领" in text and "领导" in text and made.number in text for text in seen)
        assert sheet.oddFooter.left.text == made.number
        assert sheet.print_title_rows == "$3:$3"
    assert made.number in made.name
    assert made.number in book.custom_doc_props["YiwangExport"].value
    assert marks.strip(book["甲"]["B4"].value) == "第0处破损"
    carrying = [row for row in range(4, 49) if marks.strip(book["甲"].cell(row, 2).value) != book["甲"].cell(row, 2).value]
    assert carrying == [4, 24, 44]


@pytest.mark.django_db
def test_it_is_on_record_with_rows_and_filters_and_without_personal_numbers() -> None:
    made = taken("xlsx", table("甲"), table("乙", 2))
    event = Event.objects.get(action="export.taken")
    assert (event.actor_id, event.actor_name, event.case_id) == (7, "沈领", None)
    assert (event.data["what"], event.data["rows"], event.data["number"]) == ("probe.row", 47, made.number)
    assert event.data["filters"] == {"q": "张三 …", "district": "371592"}
    assert event.data["bytes"] == len(made.content)


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["xlsx", "csv", "json"])
def test_the_mark_is_read_back_and_names_the_taker(tmp_path: Path, form: str) -> None:
    made = taken(form)
    path = tmp_path / f"leaked.{form}"
    path.write_bytes(made.content)
    assert read_marks(path, settings.SEAL_KEY) == [marks.Mark(made.number, True)]
    out = io.StringIO()
    call_command("export_mark", str(path), stdout=out)
    assert "signed by this installation" in out.getvalue()
    assert "by 沈领 (领导), account 7" in out.getvalue()
    assert "45 rows" in out.getvalue()


@pytest.mark.django_db
def test_cells_hold_what_was_given() -> None:
    values = ['<b>&"\'', "上\r\n下", " 空格 ", "=1+1", "\u200b＝1", "a\x0bb", "", None, 7, 2.5, float("nan"), Decimal("0.10"), True, False, date(2026, 11, 1),
              datetime(2026, 11, 1, 8, 5, 30), "长" * 40_000]  # fmt: skip
    keys = tuple(f"k{n}" for n in range(len(values)))
    columns = tuple(Column(key=key, label=key) for key in keys)
    made = taken("xlsx", Table(title="空", columns=columns, rows=[]), Table(title="甲", columns=columns, rows=[dict(zip(keys, values, strict=True))]))
    book = load_workbook(io.BytesIO(made.content))
    assert book["空"].max_row == 3
    assert [cell.value for cell in book["甲"][4]] == [
        '<b>&"\'', "上\r\n下", " 空格 ", "'=1+1", "'\u200b＝1", "ab", None, None, 7, 2.5, None, 0.1, "是", None, datetime(2026, 11, 1),
        datetime(2026, 11, 1, 8, 5, 30), "长" * 32_767]  # fmt: skip
    with pytest.raises(ValueError, match="cannot be a cell"):
        taken("xlsx", Table(title="甲", columns=columns[:1], rows=[{"k0": object()}]))


@pytest.mark.django_db
def test_one_copied_row_is_enough(tmp_path: Path) -> None:
    made = taken()
    row = [cell.value for cell in load_workbook(io.BytesIO(made.content)).active[24]]
    book = Workbook()
    book.active.append(row)
    book.save(tmp_path / "mine.xlsx")
    assert read_marks(tmp_path / "mine.xlsx", settings.SEAL_KEY) == [marks.Mark(made.number, True)]
    (tmp_path / "mail.txt").write_text(f"看这个：{row[1]}", encoding="utf-16")
    assert read_marks(tmp_path / "mail.txt", settings.SEAL_KEY) == [marks.Mark(made.number, True)]


@pytest.mark.django_db
def test_a_made_up_mark_accuses_nobody(tmp_path: Path) -> None:
    forged = marks.new_number(date(2026, 11, 23))
    (tmp_path / "x.csv").write_text(f"题{marks.hidden(forged, 'guess')}", encoding="utf-8")
    out = io.StringIO()
    call_command("export_mark", str(tmp_path / "x.csv"), stdout=out)
    assert "NOT signed" in out.getvalue()
    assert "not on the record" in out.getvalue()


@pytest.mark.django_db
def test_what_has_no_mark_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(b"\x00\xff nothing")
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 broken")
    for name in ("x.txt", "x.zip", "none.xlsx"):
        with pytest.raises(CommandError):
            call_command("export_mark", str(tmp_path / name), stdout=io.StringIO())


@pytest.mark.django_db
def test_csv_and_json_can_be_read_by_programs() -> None:
    body = taken("csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(body)))
    assert rows[0] == ["编号", "标题", "时间"]
    assert rows[2] == ["2026-1", "第1处破损", "2026-11-01 08:01"]
    assert "沈领" in rows[-2][0]
    said = json.loads(taken("json").content)
    assert said["export"]["name"] == "沈领"
    assert said["tables"][0]["rows"][1] == {"number": "2026-1", "title": "第1处破损", "at": "2026-11-01T08:01:00"}
