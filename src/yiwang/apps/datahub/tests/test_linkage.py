"""Linking records: what is standardised, who is joined and who never is, what a person is told, and the public sets."""

import csv
import io
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from django.core.management import CommandError, call_command

from yiwang.apps.datahub.rules import linkage
from yiwang.apps.datahub.rules.identifiers import identity_check
from yiwang.apps.datahub.rules.linkage import clusters, standardise

NAMES = ["建国", "秀英", "志强", "丽华", "海燕", "文博", "雨欣", "子轩", "晓东", "玉兰", "德明", "雅静", "俊杰", "佳怡", "国庆", "春梅", "永康", "思远", "红霞", "振华"]
FAMILIES = "王李张刘陈杨黄赵吴周"
MAP = {"id": "id", "full_name": "name", "sex": "sex", "birth_date": "born", "identity_number": "number", "phone": "phone", "address": "address"}


def number(birth: str, sequence: int) -> str:
    first17 = f"330106{birth}{sequence:03d}"
    return first17 + identity_check(first17)


def crowd(count: int = 60) -> list[dict[str, str]]:
    """Return people who have nothing to do with each other, so that there is something to learn from."""
    rows = []
    for n in range(count):
        birth = f"{1950 + n % 45}{n % 12 + 1:02d}{n % 27 + 1:02d}"
        for copy in range(2):
            rows.append({
                "id": f"c{n}-{copy}", "name": FAMILIES[n % 10] + NAMES[(n * 7) % 20], "sex": "男" if n % 2 else "女",
                "born": birth if copy else f"{birth[:4]}-{birth[4:6]}-{birth[6:]}", "number": number(birth, 100 + 2 * n + (n % 2)) if copy or n % 3 else "",
                "phone": f"138{n:04d}{(n * 37) % 10000:04d}", "address": f"平安路{n * 3 + 1}号{n % 9 + 1}幢",
            })  # fmt: skip
    return rows


def table(rows: list[dict[str, str]]) -> pa.Table:
    return pa.table({key: pa.array([row.get(key) for row in rows], pa.string()) for key in MAP.values()})


def linked(*rows: dict[str, str], rules: dict[str, bool] | None = None, **options) -> linkage.Linked:
    """Link these among the crowd, with the weights as shipped: learning takes seconds and is tried below."""
    options["rules"] = {"training": False, **(rules or {})}
    return linkage.link({"t": table([*crowd(), *rows])}, linkage.columns(MAP), linkage.options(options))


def together(found: linkage.Linked, *ids: str) -> bool:
    place = dict(zip(found.ids, found.labels, strict=True))
    return len({place[i] for i in ids}) == 1


BIRTH = "19800315"
WANG = {"id": "w1", "name": "王晓光", "sex": "男", "born": BIRTH, "phone": "13900001111", "address": "长乐街5号2幢301"}


@pytest.mark.parametrize(("given", "wanted"), [
    (("José", "O’Brien", None), ("jose", "obrien", "jose obrien")),
    ((None, None, "Ｓｍｉｔｈ, John"), ("john", "smith", "john smith")),
    ((None, None, "Dr John  Smith"), ("john", "smith", "dr john smith")),
    ((None, None, "欧阳 修"), ("修", "欧阳", "欧阳修")),
    ((None, None, "阿依古丽·买买提"), ("依古丽买买提", "阿", "阿依古丽买买提")),
    (("NULL", "不详", ""), ("", "", "")),
])  # fmt: skip
def test_names_in_one_form(given, wanted):
    assert standardise.names(*given) == wanted


def test_homophones_and_traditional_names_sound_alike():
    assert standardise.sound("张伟") == standardise.sound("張偉") == standardise.sound("章玮")
    assert standardise.sound("philip") == standardise.sound("fillip")


@pytest.mark.parametrize(("text", "wanted"), [
    ("1980-3-5", "19800305"), ("1980/03/05 00:00:00", "19800305"), ("1980年3月5日", "19800305"), ("5.3.1980", "19800305"), ("19800305", "19800305"),
    ("29285", "19800305"), ("5 Mar 1980", "19800305"), ("March 5, 1980", "19800305"), ("1980", "19800000"), ("1529-21-01", "15292101"), ("１９８０－３－５", "19800305"),
    ("", ""), ("不详", ""),
])  # fmt: skip
def test_dates_in_one_form(text, wanted):
    assert standardise.birth(text) == wanted


def test_month_first_is_seen_in_the_column():
    assert standardise.day_first(["03/04/1970", "25/12/1980"])
    assert not standardise.day_first(["03/04/1970", "12/25/1980"])
    assert standardise.birth("12/25/1980", days_first=True) == "19801225"  # there is no other reading


def test_phones_and_numbers_in_one_form():
    assert standardise.phone("+86 139-0000-1111") == standardise.phone("13900001111.0") == "13900001111"
    assert standardise.phone("00000000") == ""
    assert standardise.identity("110105491231002")[:3] == ("11010519491231002X", True, "19491231")
    assert standardise.identity("1.10105E+17") == ("", False, "", "")


def test_the_same_number_joins_and_spoiled_numbers_do_not():
    right = number(BIRTH, 123)
    found = linked(
        {**WANG, "number": right}, {"id": "w2", "name": "王小光", "number": right.lower()},
        {"id": "w3", "name": "钱多多", "number": "3.30106E+17"}, {"id": "w4", "name": "孙二", "number": "3.30106E+17"},
    )  # fmt: skip
    assert together(found, "w1", "w2")
    assert not together(found, "w3", "w4")


def test_one_number_with_two_people_is_split_and_told():
    right = number(BIRTH, 123)
    found = linked({**WANG, "number": right}, {"id": "w2", "name": "李秀兰", "sex": "女", "born": "19520101", "number": right, "phone": "13755556666"})
    assert not together(found, "w1", "w2")
    assert [(t.rule, t.left[1], t.right[1]) for t in found.told] == [("shared_number", "w1", "w2")]


def test_one_person_with_two_numbers_is_for_a_person_to_see():
    found = linked({**WANG, "number": number(BIRTH, 123)}, {**WANG, "id": "w2", "number": number(BIRTH, 125)})
    assert not together(found, "w1", "w2")
    pair = next(p for p in found.pairs if {found.ids[p.left], found.ids[p.right]} == {"w1", "w2"})
    assert (pair.decision, pair.rule) == (linkage.REVIEW, "two_numbers")
    assert pair.bits == pytest.approx(pair.prior_bits + sum(r.bits for r in pair.reasons), abs=0.1)
    assert {r.column: r.found for r in pair.reasons}["address"] == "same"


def test_twins_stay_two():
    found = linked(WANG, {**WANG, "id": "w2", "name": "王晓明"}, {**WANG, "id": "w3", "name": "王小光"})
    assert together(found, "w1", "w3")
    assert not together(found, "w1", "w2")
    assert any(p.rule == "twins" and p.decision == linkage.REVIEW for p in found.pairs)


def test_father_and_son_of_one_name_stay_two():
    found = linked(WANG, {**WANG, "id": "w2", "born": "20071120"})
    assert not together(found, "w1", "w2")
    assert any(p.rule == "generations" for p in found.pairs)


def test_a_rule_can_be_switched_off():
    assert together(linked(WANG, {**WANG, "id": "w2", "born": "20071120", "name": "王晓光"}, rules={"generations": False}), "w1", "w2")


SLIPS = (
    {"name": "王晓广"}, {"name": "光王晓"}, {"born": "19800351"}, {"born": "1980.03.15", "phone": ""}, {"name": "王曉光", "address": "长乐街5号"}, {"born": "", "sex": ""},
)  # fmt: skip


def test_slips_are_forgiven():
    found = linked(WANG, *({**WANG, **change, "id": f"slip{n}"} for n, change in enumerate(SLIPS)))
    assert together(found, "w1", *(f"slip{n}" for n in range(len(SLIPS))))
    assert found.persons == 61


@pytest.mark.parametrize("rows", [
    [{"id": "1", "name": "王晓光"}],
    [{"id": "1"}, {"id": "2"}, {"id": "3"}],
    [{"id": "1", "name": "王晓光", "born": ""}, {"id": "2", "name": None, "born": None}],
    [{"id": str(n), "name": "王晓光", "born": BIRTH} for n in range(2)],
    [{"id": str(n), "name": "张伟"} for n in range(700)],
])  # fmt: skip
def test_little_and_nothing_to_go_by(rows):
    found = linkage.link({"t": table(rows)}, linkage.columns(MAP), linkage.options({"rules": {"training": False}}))
    assert len(found.labels) == len(rows)
    assert sorted(set(found.labels)) == list(range(1, found.persons + 1))
    if len(rows) == 2 and rows[1].get("born"):
        assert found.persons == 1
    if not rows[-1].get("name"):
        assert found.persons == len(rows)


def test_of_several_columns_the_first_that_says_anything_counts():
    rows = table([{**WANG, "number": "", "phone": ""}, {**WANG, "id": "w2", "name": "", "number": "王晓光", "phone": ""}])
    found = linkage.link({"t": rows}, linkage.columns({"id": "id", "full_name": ["name", "number"], "birth_date": ["phone", "born"]}))
    assert found.persons == 1


def test_clean_sources_give_one_record_each_to_a_person():
    people = crowd(40)
    tables = {"a": table([r for r in people if r["id"].endswith("-0")]), "b": table([r for r in people if r["id"].endswith("-1")])}
    found = linkage.link(tables, linkage.columns(MAP), linkage.options({"rules": {"training": False}}))
    assert found.one_to_one
    assert max(Counter(zip(found.labels, found.sources, strict=True)).values()) == 1
    assert found.persons == 40


def test_a_weak_bridge_joins_no_groups():
    strong = dict.fromkeys([(0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5)], 9.0)
    groups = clusters.average_linkage(range(6), {**strong, (2, 3): 2.0}, absent=-6, least=-1, most=10)
    assert sorted(groups) == [[0, 1, 2], [3, 4, 5]]
    assert clusters.average_linkage(range(3), strong, absent=-6, least=-1, most=2)[0] != [0, 1, 2]
    named = clusters.average_linkage(range(3), strong, absent=-6, least=-1, most=9, numbers={0: "x", 2: "y"})
    assert not any({0, 2} <= set(group) for group in named)


@pytest.mark.parametrize(("text", "where"), [
    ("[columns]\nid='a'\nnmae='b'", "nmae"), ("[columns]\nfull_name='b'", "id"), ("[columns]\nid='a'", "columns"), ("x = [", "file"), ("", "columns"),
    ("[columns]\nid='a'\nfull_name='b'\n[options]\nmode='guess'", "options.mode"), ("[columns]\nid='a'\nfull_name='b'\n[options]\nmatch=2", "options.match"),
    ("[columns]\nid='a'\nfull_name='b'\n[options]\nmtach=0.5", "options.mtach"), ("[columns]\nid=['a','b']\nfull_name='c'", "id"),
])  # fmt: skip
def test_a_map_that_cannot_be_used_is_refused_by_name(text, where):
    with pytest.raises(linkage.MappingError) as refused:
        linkage.parse(text)
    assert refused.value.where == where


@pytest.mark.parametrize("text", [
    "[columns]\nid='nr'\ngiven_name='first'\nfamily_name='last'\nplace=['town','state']",
    "[columns]\nnr='id'\nfirst='given_name'\nlast='family_name'\ntown='place'\nstate='place'",
    "id='nr'\nfirst_name='first'\nsurname='last'\nplace=['town','state']",
])  # fmt: skip
def test_a_map_may_be_written_either_way(text):
    columns, options = linkage.parse(text)
    assert dict(columns.of) == {"id": ("nr",), "given_name": ("first",), "family_name": ("last",), "place": ("town", "state")}
    assert options.mode == "auto"


# --- the command -----------------------------------------------------------------------------------------------------


def written(path: Path, rows: list[dict[str, str]], encoding: str = "utf-8") -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, [f" {c}" for c in MAP.values()], lineterminator="\r\n")  # blanks round headers, as files have them
    writer.writeheader()
    writer.writerows({f" {c}": row.get(c) or "" for c in MAP.values()} for row in rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def there(tmp_path):
    (tmp_path / "map.toml").write_text("[options]\nrules = {training = false}\n[columns]\n" + "\n".join(f'{k} = "{v}"' for k, v in MAP.items()), encoding="utf-8")
    return tmp_path


def run(there: Path, *files: Path, **more) -> tuple[str, list[dict[str, str]]]:
    said = io.StringIO()
    call_command("datahub", "link", *map(str, files), columns=there / "map.toml", out=there / "out.csv", stdout=said, stderr=io.StringIO(), **more)
    return said.getvalue(), rows_of(there / "out.csv")


def test_the_command_reads_gbk_and_writes_no_formula(there):
    rows = [*crowd(20), {**WANG, "id": "=1+1"}, {**WANG, "id": "-7"}]
    said, out = run(there, written(there / "people.csv", rows, "gbk"), pairs=there / "pairs.csv")
    assert list(out[0]) == ["id", "cluster"]
    by_id = {row["id"]: row["cluster"] for row in out}
    assert by_id["'=1+1"] == by_id["-7"]
    assert "42 records, 21 persons" in said
    pairs = rows_of(there / "pairs.csv")
    assert pairs
    assert "birth same +" in pairs[0]["reasons"]


def test_parquet_is_read_as_csv_is(there):
    rows = crowd(6)
    parquet.write_table(table(rows), there / "people.parquet")
    _said, of_parquet = run(there, there / "people.parquet")
    _said, of_csv = run(there, written(there / "people.csv", rows))
    assert of_parquet == of_csv
    assert {row["cluster"] for row in of_csv} == {str(n) for n in range(1, 7)}


def test_ids_that_clash_between_files_name_the_file(there):
    rows = crowd(15)
    first = written(there / "a.csv", [{**r, "id": str(n)} for n, r in enumerate(rows[0::2])])
    second = written(there / "b.csv", [{**r, "id": str(n)} for n, r in enumerate(rows[1::2])])
    said, out = run(there, first, second)
    assert list(out[0]) == ["id", "cluster", "source"]
    assert {row["source"] for row in out} == {"a", "b"}
    assert "each file holds a person once" in said


@pytest.mark.parametrize(("make", "words"), [
    (lambda p: p.write_text(""), "is empty"),
    (lambda p: p.write_text("id,name\n"), "has a header and no rows"),
    (lambda p: p.write_text("id,name,sex\n1,a,b\n"), "is no column of"),
    (lambda p: p.write_text("id,id,name\n1,1,a\n"), "names a column twice"),
    (lambda p: written(p, [*crowd(2), crowd(2)[0]]), "stand more than once"),
    (lambda p: p.write_text(", ".join(MAP.values()) + "\n1,a,b\n"), "another number of cells"),
    (lambda p: p.write_bytes(b"PK\x03\x04" + b"0" * 50), "Save the sheet as CSV"),
    (lambda p: p.write_bytes(b"id,name\n\xff\xff\x81,\x00\n"), "neither UTF-8 nor"),
    (lambda p: None, "is not there"),
])  # fmt: skip
def test_a_file_that_cannot_be_linked_is_refused_and_nothing_written(there, make, words):
    path = there / "people.csv"
    make(path)
    with pytest.raises(CommandError, match=words):
        run(there, path)
    assert not (there / "out.csv").exists()


# --- the public sets -------------------------------------------------------------------------------------------------


def test_weights_are_learned_from_the_data_itself():
    found = linkage.link({"t": table(crowd(60))}, linkage.columns(MAP))
    assert found.persons == 60
    assert min(found.model.trained.values()) >= 20
    phone = next(c for c in found.model.comparisons if c.name == "phone")
    assert phone.levels[0].m > 0.9  # every phone of the crowd agrees; as shipped it is 0.65
    assert phone.levels[-1].m < phone.levels[-1].u


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "least"), [("fake_1000", 0.95), ("febrl4", 0.998)])
def test_the_public_sets_keep_their_floor(name, least):
    from bench import linkage as bench

    if not bench.folder().is_dir():
        pytest.skip(f"the public record sets are not in {bench.folder()}; set YIWANG_SHARED_DATA to the folder of public data")
    precision, _recall, f1 = bench.one(name, [])["figures"]
    assert f1 >= least
    assert precision >= 0.995
