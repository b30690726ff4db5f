"""The privacy check: what identifies people is found, groups are measured as by hand, and a suggestion is safe when measured again."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from yiwang.apps.datahub.errors import NotSafe, NotToOpen, SamePreparer
from yiwang.apps.datahub.models import OpenSet, OpenVersion
from yiwang.apps.datahub.rules import privacy
from yiwang.apps.datahub.rules.privacy import patterns
from yiwang.apps.datahub.rules.privacy.measures import small_counts
from yiwang.apps.datahub.services.opening import publishing
from yiwang.apps.datahub.tests import portal
from yiwang.apps.datahub.tests.hub import make_dataset
from yiwang.kernel.base.errors import BadInput

PEOPLE = [
    {"name": "id_number", "label": "公民身份号码", "kind": "string", "personal": ""}, {"name": "name", "label": "姓名", "kind": "string", "personal": "name"},
    {"name": "sex", "label": "性别", "kind": "string", "personal": ""}, {"name": "born", "label": "出生日期", "kind": "date", "personal": "birth_date"},
    {"name": "town", "label": "区划代码", "kind": "string", "personal": ""}, {"name": "illness", "label": "病种", "kind": "string", "personal": ""},
    {"name": "note", "label": "备注", "kind": "string", "personal": "free_text"},
]  # fmt: skip


def identity_number(rng: random.Random) -> str:
    born = date(1940, 1, 1) + timedelta(days=rng.randrange(24000))
    body = f"37159{rng.randrange(1, 4)}{born:%Y%m%d}{rng.randrange(1000):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(w * int(c) for w, c in zip(weights, body, strict=True)) % 11]


def people(many: int, seed: int = 1) -> pa.Table:
    rng = random.Random(seed)
    return pa.table({
        "id_number": [identity_number(rng) for _i in range(many)], "name": [rng.choice("王李张刘陈") + rng.choice("伟芳娜敏静") + rng.choice("强磊军洋") for _i in range(many)],
        "sex": [rng.choice("12") for _i in range(many)], "born": [date(1940, 1, 1) + timedelta(days=rng.randrange(24000)) for _i in range(many)],
        "town": [f"37159{rng.randrange(1, 4)}00{rng.randrange(1, 4)}" for _i in range(many)], "illness": [rng.choice(("高血压", "糖尿病", "肺炎", "骨折")) for _i in range(many)],
        "note": [rng.choice(("无", "请联系王建国主任 13800138000", "家中有老人")) for _i in range(many)],
    })  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("11010519491231002X", "id_number"), ("110105194912310021", "bank_card_or_nothing"), ("13800138000", "phone"), ("0635-8234567", "phone"), ("a.b@example.cn", "email"),
        ("鲁P12345", "plate"), ("王建国", "name"), ("国槐", ""), ("望湖街道", ""), ("6222020200112230000", "bank_card_or_nothing"),
    ],
)  # fmt: skip
def test_what_a_value_is(text: str, kind: str) -> None:
    found = patterns.kind_of(text)
    assert found == kind if kind != "bank_card_or_nothing" else found in ("", "bank_card")


def test_free_text_is_scrubbed() -> None:
    given = "王建国主任说，车牌鲁P12345 的车主电话 138-0013-8000，身份证 11010519491231002X，邮箱 a@b.cn"
    made = patterns.scrub(given)
    assert made == "［姓名］说，车牌［车牌］ 的车主电话 ［电话］，身份证 ［证件号］，邮箱 ［邮箱］"
    assert patterns.found_in(made) == []
    assert patterns.found_in("王府井街道路灯 20260101123 号不亮") == []


@pytest.mark.parametrize("seed", range(6))
def test_measures_are_those_of_brute_force(seed: int) -> None:
    rng = random.Random(seed)
    rows = [(rng.choice("ab"), rng.choice((None, 1, 2, 3)), rng.choice("xyz")) for _i in range(rng.randrange(1, 60))]
    con = duckdb.connect()
    con.execute("CREATE TABLE t (sex VARCHAR, band INTEGER, ill VARCHAR)")
    con.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    groups: dict[Any, list[str]] = defaultdict(list)
    for sex, band, ill in rows:
        groups[sex, band].append(ill)
    found = privacy.measure(con, "t", ["sex", "band"], sensitive="ill", k=5, diversity=2)
    sizes = {g: len(v) for g, v in groups.items()}
    assert (found.rows, found.groups, found.k) == (len(rows), len(groups), min(sizes.values()))
    assert found.below == sum(n for n in sizes.values() if n < 5)
    assert found.diversity == min(len(set(v)) for v in groups.values())
    assert found.below_diversity == sum(len(v) for v in groups.values() if len(set(v)) < 2)
    assert found.highest_risk == pytest.approx(1 / min(sizes.values()), abs=1e-6)
    cells = privacy.small_cells(con, "t", ["sex", "band", "ill"], below=3)
    for cell in cells:
        at = [("sex", "band", "ill").index(c) for c in cell["columns"]]
        counted = Counter(tuple(r[i] for i in at) for r in rows)
        assert (cell["cells"], cell["small"]) == (len(counted), sum(1 for n in counted.values() if n < 3))
    kept = con.execute(privacy.select({"sex": "keep", "band": "keep", "ill": "keep"}, {"sex": "code", "band": "integer", "ill": "code"}, "t", alike=["sex", "band"], k=5, sensitive="ill", diversity=2)).fetchall()
    assert len(kept) == sum(len(v) for v in groups.values() if len(v) >= 5 and len(set(v)) >= 2)


def test_steps_make_coarser() -> None:
    con = duckdb.connect()
    con.execute("CREATE TABLE t AS SELECT DATE '1949-12-31' AS born, 37 AS age, '山东省云望市望川区望湖街道长桥路8号' AS home, 1234.5 AS pay, '371592001' AS area")
    kinds = {"born": "date", "age": "integer", "home": "string", "pay": "decimal", "area": "code"}
    for column, step, wanted in (
        ("born", "month", "1949-12"), ("born", "year", 1949), ("born", "decade", "1940s"), ("born", "age10", "70-79"), ("age", "age5", "35-39"), ("home", "street", "山东省云望市望川区望湖街道"),
        ("pay", "round:100", 1200.0), ("pay", "top:1000", 1000.0), ("area", "prefix:6", "371592"),
    ):  # fmt: skip
        assert con.execute(f"SELECT {privacy.step_sql(step, column, kinds[column])} FROM t").fetchone() == (wanted,), step
    for column, step in (("age", "month"), ("pay", "round:0"), ("pay", "round:1; drop"), ("home", "explode")):
        with pytest.raises(privacy.BadStep):
            privacy.step_sql(step, column, kinds[column])


def test_people_are_found_and_the_suggestion_is_safe() -> None:
    con = duckdb.connect()
    con.create_function("privacy_scrub", patterns.scrub, ["VARCHAR"], "VARCHAR")
    table = people(3000)
    con.register("given", table)
    limits = privacy.Limits(k=10)
    found = privacy.suggest(con, "given", PEOPLE, limits)
    roles = {name: seen["role"] for name, seen in found["before"]["columns"].items()}
    assert roles == {"id_number": "direct", "name": "direct", "sex": "quasi", "born": "quasi", "town": "quasi", "illness": "sensitive", "note": "text"}
    assert found["before"]["measured"]["k"] == 1  # as it is, nearly everybody stands alone
    assert "id_number" not in found["recipe"]
    assert found["recipe"]["note"] == "scrub"
    kinds = {c["name"]: c["kind"] for c in PEOPLE}
    sql = privacy.select(found["recipe"], kinds, "given", alike=found["quasi"], k=10, sensitive="illness", diversity=2)
    con.execute(f"CREATE TABLE made AS {sql}")
    after = privacy.measure(con, "made", found["quasi"], sensitive="illness", k=10)
    assert after.k >= 10
    assert (after.diversity or 0) >= 2
    assert after.rows >= 3000 * 0.95  # no more left out than allowed
    assert not con.execute("SELECT count(*) FROM made WHERE regexp_matches(note, '1[3-9][0-9]{9}')").fetchone()[0]


def test_trees_are_nobody() -> None:
    con = duckdb.connect()
    con.register("given", portal.trees(300))
    columns = [{"name": n, "label": label, "kind": k} for n, label, k in (("code", "编号", "string"), ("species", "树种", "string"), ("height", "树高", "decimal"), ("planted", "栽植日期", "date"), ("note", "备注", "string"))]
    report = privacy.inspect(con, "given", columns, privacy.Limits())
    assert not report["about_people"]
    assert privacy.faults(report, privacy.Limits()) == []


def test_small_counts() -> None:
    con = duckdb.connect()
    con.execute("CREATE TABLE t AS SELECT unnest([0, 1, 4, 5, 9]) AS people")
    assert small_counts(con, "t", ["people"]) == {"people": 2}


@pytest.mark.django_db
def test_two_people_and_no_person_in_the_rows(world: Any) -> None:
    text = "dataset: open-people\nname: {zh-Hans: 就诊登记}\ncycle: monthly\ncolumns:\n" + "".join(
        f"  - {{name: {c['name']}, label: {c['label']}, type: {c['kind']}{', personal: ' + c['personal'] if c['personal'] else ''}}}\n" for c in PEOPLE
    )
    dataset = make_dataset(world.orgs["bureau-health"], "open-people", "就诊登记", text=text, state="published", opening="unconditional", grade=3)
    given = {"table": people(2000), "theme": "health", "title": {"zh-Hans": "就诊登记"}}
    bad = portal.prepare(world, dataset, slug="visits", recipe={"id_number": "keep", "sex": "keep", "born": "keep", "illness": "keep"}, quasi=["sex", "born"], suppress=False, **given)
    assert {f["code"] for f in bad.privacy["faults"]} >= {"direct", "alone"}
    with pytest.raises(NotSafe) as refused:
        publishing.release(portal.second(world), bad, body="市保密局", statement="同意公开。")
    assert "公民身份号码" in refused.value.reasons[0]
    assert OpenSet.objects.get(slug="visits").state == "prepared"
    assert not OpenVersion.objects.filter(state="released").exists()

    advice = publishing.look(world.actor("data_steward"), dataset, theme="health", paths=portal.rows_into(dataset, people(2000)))
    good = portal.prepare(world, dataset, slug="visits", recipe=advice["recipe"], quasi=advice["quasi"], **given)
    assert good.privacy["faults"] == []
    assert good.privacy["after"]["measured"]["k"] >= 10
    with pytest.raises(SamePreparer):
        publishing.release(world.actor("data_steward"), good, body="市保密局", statement="不涉及国家秘密，同意公开。")
    with pytest.raises(BadInput):
        publishing.release(portal.second(world), good, body="", statement="好")
    opened = publishing.release(portal.second(world), good, body="市保密局", statement="不涉及国家秘密，同意公开。")
    assert opened.state == "open"
    assert opened.current.secrecy_body == "市保密局"
    assert opened.current.suppressed == 2000 - opened.current.rows


@pytest.mark.django_db
def test_what_the_catalogue_keeps_back_is_not_prepared(world: Any) -> None:
    for opening, state in (("none", "published"), ("conditional", "published"), ("unconditional", "draft")):
        code = f"kept-{opening}-{state}"
        dataset = make_dataset(world.orgs["bureau-greening"], code, "行道树", text=f"dataset: {code}\nname: {{zh-Hans: 行道树}}\n{portal.TREES}", state=state, opening=opening)
        with pytest.raises(NotToOpen):
            portal.prepare(world, dataset)
    assert not OpenSet.objects.exists()
