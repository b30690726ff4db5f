"""Masks: what each hides, that SQL and Python agree on everything, and where a mask gives back what it hid."""

from __future__ import annotations

import doctest
from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stdnum.cn import ric

from yiwang.apps.datahub.lake import connect
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.rules import masking

VALUES = (
    "110105194912310021", "11010519491231002x", "130503670401001", "12345", "", "１１０１０５１９４９１２３１００２Ｘ", "110105 19491231 0021",
    "13800138000", "+8613800138000", "138 0013 8000", "0571-88001234", "057188001234", "010-6512345", "12345678", "110",
    "王明", "王小明", "欧阳修", "欧阳明日", "司马", "阿不都·克里木", "John Smith", "李", "　张三　", "公孙大娘",
    "浙江省德清县武康街道永安街1号", "江西省景德镇市珠山区中华路二十三号", "武汉市洪山区珞喻路33号街道口", "北京市", "望川小区3号楼", "1号", "家乡路5号",
    "6222021234567890123", "6222 0212 3456 7890", "zhang.san@example.cn", "@x", "noat", "鲁P12345", "鲁PD12345", "浙A·12345", "A1",
    "1949-12-31", "1949/1/2", "19491231", "1949年12月31日", "49-12-31", "2000", "92371502MA3XXXXX1Q", "91371500MA3XXXXX1Q", "多行\n文字 13800138000\n", "O'Brien",
    "张三先生电话13800138000，身份证110105194912310021，车牌鲁P12345，邮箱 a.b@c.cn", "户主：李小四，账号 6222 0212 3456 7890 123", "路灯不亮",
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "value", "usual", "strong"),
    [
        ("id_number", "110105194912310021", "110105********0021", "1****************1"),
        ("id_number", "１１０１０５１９４９１２３１００２Ｘ", "110105********002X", "1****************X"),
        ("id_number", "130503670401001", "130503*****1001", "1*************1"),
        ("phone", "13800138000", "138****8000", "*********00"),
        ("phone", "0571-88001234", "0571-******34", "***********34"),
        ("name", "王明", "王*", "王**"),
        ("name", "王小明", "王*明", "王**"),
        ("name", "欧阳明日", "欧阳**", "欧阳**"),
        ("name", "阿不都·克里木", "阿*****木", "阿**"),
        ("address", "浙江省德清县武康街道永安街1号", "浙江省德清县武康街道****", "浙江省德清县****"),
        ("address", "武汉市洪山区珞喻路33号街道口", "武汉市洪山区****", "武汉市洪山区****"),
        ("bank_card", "6222 0212 3456 7890", "************7890", "****************"),
        ("email", "zhang.san@example.cn", "z***@example.cn", "***@example.cn"),
        ("plate", "浙A·12345", "浙A****5", "浙******"),
        ("birth_date", "1949-12-31", "1949", "1940s"),
        ("birth_date", date(1949, 12, 31), "1949", "1940s"),
        ("credit_code", "92371502MA3XXXXX1Q", "92************XX1Q", "92****************"),
        ("credit_code", "91371500MA3XXXXX1Q", "91371500MA3XXXXX1Q", "91371500MA3XXXXX1Q"),
        ("free_text", "户主：李小四，账号 6222 0212 3456 7890 123", "户主：〔姓名〕，账号 〔账号〕", "〔已隐去〕"),
        ("soul", "x-ray", "x***", "***"),
    ],
)
def test_masks(kind: str, value: object, usual: str, strong: str) -> None:
    assert masking.mask(kind, value) == usual
    assert masking.mask(kind, value, "strong") == strong
    assert masking.mask(kind, value, "hidden") == "***"
    assert masking.mask(kind, None) is None


def test_sql_says_what_python_says() -> None:
    with connect() as con:
        con.execute("CREATE TABLE t AS SELECT unnest($1) AS v", [list(VALUES)])
        for kind in (*masking.KINDS, "soul"):
            for strength in masking.STRENGTHS:
                got = con.execute(f"SELECT v, {masking.sql(kind, 'v', strength)} FROM t").fetchall()
                assert got == [(v, masking.mask(kind, v, strength)) for v, _ in got], (kind, strength)
        assert con.execute(f"SELECT {masking.sql('name', 'NULL')}").fetchone() == (None,)


@pytest.fixture(scope="module")
def engine():
    with connect() as con:
        con.execute("CREATE MACRO noop(x) AS x")
        yield con


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(masking.KINDS),
    strength=st.sampled_from(masking.STRENGTHS),
    value=st.text(alphabet="0123456789xX０９王欧阳修市区县镇街道号路户主:： -·@.Pa鲁A\n'　𠮷", max_size=30),
)
@example(kind="name", strength="mask", value="𠮷田\n")
def test_sql_equals_python_on_anything(engine, kind: str, strength: str, value: str) -> None:
    got = engine.execute(f"SELECT {masking.sql(kind, '$v', strength)}", {"v": value}).fetchone()[0]
    assert got == masking.mask(kind, value, strength)


CONTRACT = contracts.parse("""
dataset: people
columns:
  - {name: id, personal: id_number, grade: 3}
  - {name: name, personal: name, grade: 2}
  - {name: born, type: date, personal: birth_date, grade: 2}
  - {name: amount, type: decimal, grade: 3}
  - {name: street}
""")


def test_policy_goes_by_grade_and_reader() -> None:
    table = masking.policy()
    assert set(table) == set(masking.READERS)
    for row in table.values():  # a higher grade is never shown more openly
        assert [masking.STRENGTHS.index(s) for s in row] == sorted(masking.STRENGTHS.index(s) for s in row)
    assert masking.strengths(CONTRACT.columns, "open") == {
        "id": "hidden",
        "name": "hidden",
        "born": "hidden",
        "amount": "hidden",
        "street": "plain",
    }
    assert masking.strengths(CONTRACT.columns, "bureau")["id"] == "strong"
    assert masking.strengths(CONTRACT.columns, "owner") == {
        "id": "mask",
        "name": "mask",
        "born": "mask",
        "amount": "plain",
        "street": "plain",
    }


def test_rows_and_select_list_agree() -> None:
    row = {"id": "110105194912310021", "name": "王小明", "born": date(1949, 12, 31), "amount": 5, "street": "望湖"}
    wanted = {"id": "mask", "name": "strong", "born": "mask", "street": "plain"}
    with connect() as con:
        con.execute("CREATE TABLE p(id VARCHAR, name VARCHAR, born DATE, amount INT, street VARCHAR)")
        con.execute("INSERT INTO p VALUES ($id, $name, $born, $amount, $street)", row)
        found = con.execute(f"SELECT {masking.select_list(CONTRACT.columns, wanted)} FROM p").fetchone()
    assert dict(zip(wanted, found, strict=True)) == masking.masked_row(CONTRACT.columns, row, wanted)
    assert found == ("110105********0021", "王**", "1949", "望湖")


def _fits(masked: str, days: list[date]) -> list[str]:
    return [n for d in days if ric.is_valid(n := masked.replace("*" * 8, d.strftime("%Y%m%d")))]


def test_first_six_and_last_four_beside_the_birth_date_hide_nothing() -> None:
    number = "110105194912310021"
    number = number[:17] + ric.calc_check_digit(number[:17] + "0")
    shown = masking.mask("id_number", number)
    assert shown is not None
    assert _fits(shown, [date(1949, 12, 31)]) == [number]
    year = [date(1949, 1, 1) + timedelta(days=d) for d in range(365)]
    assert number in _fits(shown, year)
    assert 20 < len(_fits(shown, year)) < 50
    everything = dict.fromkeys(("id", "name", "born"), "mask")
    assert [(w.code, w.column, w.by) for w in masking.warnings(CONTRACT.columns, everything | {"born": "plain"})] == [
        ("recoverable", "id", "born")
    ]
    assert [w.code for w in masking.warnings(CONTRACT.columns, everything)] == ["narrowed"]
    assert masking.warnings(CONTRACT.columns, everything | {"id": "strong"}) == ()
    assert masking.warnings(CONTRACT.columns, {"id": "mask", "name": "mask"}) == ()


def test_free_text_names_what_it_holds() -> None:
    assert set(masking.found_in("张三先生电话13800138000")) == {"〔姓名〕", "〔电话〕"}
    assert masking.found_in("路灯不亮，已报修三次") == ()


def test_examples_of_the_docstrings() -> None:
    assert doctest.testmod(masking).failed == 0
