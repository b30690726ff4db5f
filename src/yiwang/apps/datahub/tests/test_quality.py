"""Quality: each kind of rule finds the rows that break it and no other; scores, issues, disputes, contradictions."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import translation

from yiwang.apps.datahub.errors import ContractRefused
from yiwang.apps.datahub.lake import connect
from yiwang.apps.datahub.models import IssueState, QualityIssue, QualityRun
from yiwang.apps.datahub.queries import quality as reads
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.rules.identifiers import credit_code, identity_number
from yiwang.apps.datahub.rules.quality import RuleError, rules_of
from yiwang.apps.datahub.rules.quality.macros import statements
from yiwang.apps.datahub.services.contract_versions import define, refused
from yiwang.apps.datahub.services.landing import land
from yiwang.apps.datahub.services.quality import answer, check_dataset, dispute, order, readers_of
from yiwang.apps.datahub.tests.hub import make_dataset
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.notices.models import Notice

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def number(day: str = "19900307", serial: int = 1) -> str:
    body = f"110105{day}{serial:03}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def test_macros_equal_the_functions() -> None:
    """The checksums in SQL say what the functions say, of right, wrong and mangled numbers."""
    chance = random.Random(7)
    ids, codes = [], []
    for _each in range(1500):
        day = date(1930, 1, 1) + timedelta(days=chance.randrange(34000))
        one = number(day.strftime("%Y%m%d"), chance.randrange(1000))
        at = chance.randrange(18)
        ids += [one, one[:at] + chance.choice("0123456789X") + one[at + 1 :], one[:17], one[:6] + one[8:17]]
        body = "91" + "371590" + "".join(chance.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _n in range(9))
        codes += [body + c for c in chance.sample("0123456789ABCDEFGHJKLMNPQRTUWXY", 8)]
    ids += ["110105199002300012", "11010519900230001X", "abc", ""]
    with connect(threads=1) as con:
        for statement in statements():
            con.execute(statement)
        mine = con.execute(f"SELECT identity_ok(t) FROM (SELECT unnest({ids!r}) AS t)").fetchall()
        other = con.execute(f"SELECT credit_ok(t) FROM (SELECT unnest({codes!r}) AS t)").fetchall()
    for text, (ok,) in zip(ids, mine, strict=True):
        faults = set(identity_number(text, today=date(2100, 1, 1)).faults)
        assert ok == (not faults), (text, faults)
    differing = [(t, credit_code(t).faults) for t, (ok,) in zip(codes, other, strict=True) if ok != (not credit_code(t).faults)]
    assert not differing[:3]
    assert 0 < sum(ok for (ok,) in other) < len(codes)


CONTRACT = """
dataset: {code}
name: 养老金
cycle: monthly
key: [id_number]
columns:
  - {{name: id_number, label: 公民身份号码, element: identity_number, required: true, personal: id_number}}
  - {{name: name, label: 姓名, personal: name}}
  - {{name: sex, label: 性别}}
  - {{name: birth, label: 出生日期, type: date}}
  - {{name: married, label: 结婚日期, type: date}}
  - {{name: died, label: 死亡日期, type: date}}
  - {{name: kind, label: 类别}}
  - {{name: card, label: 卡号}}
  - {{name: amount, label: 金额, type: decimal}}
  - {{name: month, label: 月份, type: date}}
rules:
{rules}
"""
RULES = [
    ("birth_matches_id", "column: birth, id: id_number", {2}), ("sex_matches_id", "column: sex, id: id_number", {3}),
    ("not_null_when", "column: card, when: {column: kind, is: [pension]}", {4}), ("order", "columns: [birth, married, died]", {5}), ("range", "column: amount, low: 0, high: 90000", {6}),
    ("outlier", "column: amount", {6}), ("regex", "column: card, pattern: '[0-9]{4}'", {7}), ("length", "column: name, low: 2, high: 4", {8}), ("type", "column: card, type: integer", {7}),
    ("depends", "columns: [card], column: name", {9, 10}), ("missing_periods", "column: month", None), ("expected_count", "low: 100", None), ("not_future", "column: month", {11}),
    ("compare", "column: married, operator: '<=', other: month", {11} | {5}), ("codes", "column: sex, codes: sex", {12}), ("monotone", "column: month, by: kind", None),
]  # fmt: skip


def lines() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for n in range(1, 41):
        serial = 2 * n + 1
        rows.append({"id_number": number("19500307", serial), "name": "王伟", "sex": "1", "birth": "1950-03-07", "married": "1975-01-01", "died": None, "kind": "pension",
                     "card": f"{n:04}", "amount": 1000 + n, "month": "2026-01-01" if n <= 20 else "2026-03-01"})  # fmt: skip
    rows[1]["birth"] = "1951-03-07"
    rows[2]["sex"] = "2"
    rows[3]["card"] = None
    rows[4]["died"] = "1970-01-01"
    rows[5]["amount"] = 99999
    rows[6]["card"] = "12a4"
    rows[7]["name"] = "阿卜杜拉合曼"
    rows[8]["card"] = rows[9]["card"] = "7777"
    rows[9]["name"] = "李娜"
    rows[10]["month"] = "2999-01-01"
    rows[11]["sex"] = "男人"
    return rows


@pytest.mark.django_db
def test_each_rule_finds_its_rows(world: Any) -> None:
    text = "\n".join(f"  - {{kind: {kind}, code: {kind}, {more}}}" for kind, more, _rows in RULES)
    found = make_dataset(world.orgs["bureau-civil"], "pension", "养老金", text=CONTRACT.format(code="pension", rules=text))
    assert land(world.actor("data_clerk"), found, batches=[lines()]).accepted == 40
    run = check_dataset(found, today=date(2026, 12, 1))
    results = {r.code: r for r in run.results.all()}
    assert run.failed_to_run == {}
    for kind, _more, rows in RULES:
        if rows is not None and kind != "compare":
            assert {s[1] for s in results[kind].samples} == rows, kind
            assert results[kind].failed == len(rows), kind
    assert results["compare"].failed == 0
    assert results["missing_periods"].facts["missing"][:2] == ["2026-02-01", "2026-04-01"]
    assert (results["expected_count"].failed, results["not_null:id_number"].failed, results["identity:id_number"].failed) == (1, 0, 0)
    assert results["unique:id_number"].failed == 0
    assert run.score is not None
    assert 50 < run.score < 100
    found.refresh_from_db()
    assert found.quality == run.score


@pytest.mark.django_db
def test_issue_is_closed_by_the_next_good_delivery(world: Any) -> None:
    found = make_dataset(world.orgs["bureau-civil"], "pension", "养老金", text=CONTRACT.format(code="pension", rules="  - {kind: range, code: much, column: amount, high: 90000, money: amount}"))
    clerk, steward = world.actor("data_clerk"), world.actor("data_steward")
    land(clerk, found, batches=[lines()])
    issue = QualityIssue.objects.get(dataset=found, code="much")
    assert (issue.state, issue.failed, issue.money) == (IssueState.OPEN, 1, 99999)
    columns, rows = reads.bad_rows(issue)
    assert rows[0]["values"][columns.index("公民身份号码")].count("*") >= 8
    with pytest.raises(NotFound):
        dispute(world.actor("data_owner2"), issue.uid, "不是我们的")
    dispute(clerk, issue.uid, "该行为一次性补发")
    with pytest.raises(NotPermitted):
        answer(world.actor("data_owner"), issue.uid, upheld=True, words="同意")
    with pytest.raises(BadInput):
        answer(steward, issue.uid, upheld=True, words=" ")
    assert answer(steward, issue.uid, upheld=False, words="请更正").state == IssueState.OPEN
    good = lines()
    good[5]["amount"] = 900
    land(clerk, found, batches=[good])
    issue.refresh_from_db()
    assert issue.state == IssueState.CLOSED
    assert QualityRun.objects.filter(dataset=found).count() == 2


@pytest.mark.django_db
def test_dead_in_one_paid_in_another(world: Any) -> None:
    dead = make_dataset(
        world.orgs["bureau-health"], "deaths", "死亡登记",
        text="dataset: deaths\nname: 死亡登记\nkey: [id_number]\ncolumns:\n  - {name: id_number, element: identity_number, required: true}\n  - {name: died_on, type: date}\n  - {name: name}\n",
    )  # fmt: skip
    rules = "  - {kind: absent_in, code: dead-paid, column: id_number, dataset: deaths, money: amount, severity: money}\n  - {kind: same_value, code: name, column: name, dataset: deaths, key: id_number}\n  - {kind: foreign_key, code: known, column: id_number, dataset: nowhere}"
    paid = make_dataset(world.orgs["bureau-civil"], "pension", "养老金", text=CONTRACT.format(code="pension", rules=rules))
    rows = lines()
    land(world.actor("data_owner2"), dead, batches=[[{"id_number": rows[n]["id_number"], "died_on": "2025-01-01", "name": "王伟"} for n in (0, 1, 9)]])
    land(world.actor("data_clerk"), paid, batches=[rows])
    listed = list(reads.contradictions(world.actor("data_steward")))
    assert [(i.code, i.failed, i.money) for i in listed] == [("dead-paid", 3, 1001 + 1002 + 1010), ("name", 1, None)]
    assert list(reads.contradictions(world.actor("data_owner2"))) == []
    assert "known" in QualityRun.objects.filter(dataset=paid).latest("pk").failed_to_run  # a rule that cannot run does not pass


DEAD = "dataset: deaths\nname: 死亡登记\nkey: [id_number]\ncolumns:\n  - {name: id_number, element: identity_number, required: true}\n  - {name: died_on, type: date}\n"
SQL = "SELECT mine._run, mine._row FROM mine JOIN deaths d USING (id_number) WHERE mine.month > d.died_on"


@pytest.mark.django_db
def test_a_declared_sql_over_two_data_sets_becomes_a_bureaus_task(world: Any, client: Any) -> None:
    """Dead in one, paid in another after that: written by the steward alone, ordered by him, closed by the bureau's next delivery."""
    clerk, steward = world.actor("data_clerk"), world.actor("data_steward")
    dead = make_dataset(world.orgs["bureau-health"], "deaths", "死亡登记", text=DEAD)
    paid = make_dataset(world.orgs["bureau-civil"], "pension", "养老金", text=CONTRACT.format(code="pension", rules="  []"))
    text = CONTRACT.format(code="pension", rules=f"  - {{kind: contradiction, code: dead-paid, datasets: [deaths], query: '{SQL}', money: amount}}")
    with pytest.raises(ContractRefused):
        define(world.actor("data_owner"), paid, text, "比对死亡登记")
    define(steward, paid, text, "比对死亡登记")
    paid.refresh_from_db()
    rows = lines()
    land(clerk, paid, batches=[rows])
    assert not QualityIssue.objects.filter(code="dead-paid").exists()
    land(world.actor("data_owner2"), dead, batches=[[{"id_number": rows[n]["id_number"], "died_on": day} for n, day in ((0, "2025-01-01"), (1, "2026-06-01"))]])
    assert readers_of("deaths") == [paid.pk]
    check_dataset(paid)
    issue = QualityIssue.objects.get(code="dead-paid")
    assert (issue.failed, issue.money, QualityRun.objects.latest("pk").failed_to_run) == (1, 1001, {})
    assert list(reads.contradictions(steward)) == [issue]
    with pytest.raises(NotPermitted):
        order(clerk, issue.uid, "请停发")
    client.force_login(world.account("data_steward"))
    assert client.post(f"/data/quality/issues/{issue.uid}/", {"do": "order", "words": "请停发并追回"}).status_code == 302
    order(steward, issue.uid, "请停发并追回")
    assert Notice.objects.filter(kind="datahub.issue.ordered", account=world.account("data_clerk")).count() == 1
    client.force_login(world.account("data_clerk"))
    page = client.get("/data/quality/of/pension/?rule=dead-paid").content.decode()
    assert "请停发并追回" in client.get(f"/data/quality/issues/{issue.uid}/").content.decode()
    assert "radar" in page
    assert rows[0]["id_number"] not in page
    assert rows[0]["id_number"][-4:] in page
    land(clerk, paid, batches=[rows[1:]])
    issue.refresh_from_db()
    assert issue.state == IssueState.CLOSED


@pytest.mark.parametrize("query", ["SELECT _run, _row FROM read_csv(''/etc/passwd'')", "SELECT _run, _row FROM mine); COPY mine TO ''/tmp/x.csv", "SELECT 1 AS nothing", "SELECT _run, _row FROM nowhere"])
@pytest.mark.django_db
def test_a_declared_sql_reads_its_data_sets_alone(world: Any, query: str) -> None:
    paid = make_dataset(world.orgs["bureau-civil"], "pension", "养老金", text=CONTRACT.format(code="pension", rules=f"  - {{kind: contradiction, code: c, datasets: [pension], query: '{query}'}}"))
    land(world.actor("data_clerk"), paid, batches=[lines()[:3]])
    run = QualityRun.objects.get(dataset=paid)
    assert "c" in run.failed_to_run
    assert not run.results.filter(code="c").exists()


@pytest.mark.django_db
def test_near_duplicates_are_found(world: Any) -> None:
    rule = "  - {kind: near_duplicate, code: twice, columns: [name, birth, card]}"
    paid = make_dataset(world.orgs["bureau-civil"], "pension", "养老金", text=CONTRACT.format(code="pension", rules=rule))
    rows = [one | {"name": f"{'赵钱孙李周吴郑王'[n % 8]}{'伟芳娜敏静丽强磊军洋'[n % 10]}{'一二三四五'[n // 8]}", "birth": f"19{50 + n}-0{1 + n % 9}-11", "card": f"{7000 + 37 * n}"} for n, one in enumerate(lines())]
    rows[30] |= {name: rows[4][name] for name in ("name", "birth", "card")}  # another number, and the same person
    land(world.actor("data_clerk"), paid, batches=[rows])
    result = QualityRun.objects.get(dataset=paid).results.get(code="twice")
    assert sorted(s[1] for s in result.samples) == [5, 31]
    assert (result.failed, result.facts) == (2, {"groups": 1})


def test_what_is_wrong_with_a_contract_is_told_in_chinese() -> None:
    with translation.override("zh-hans"):
        for bad in ("{kind: magic}", "{kind: range, column: nobody}", "{kind: regex, column: card}", "{kind: range, column: amount, weight: x}"):
            with pytest.raises(RuleError) as caught:
                rules_of(contracts.parse(CONTRACT.format(code="a", rules=f"  - {bad}")))
            refusal = refused(caught.value)
            assert refusal.where.startswith("规则 1")
            assert re.search("[一-鿿]", refusal.what), refusal.what


@pytest.mark.parametrize(
    ("rule", "what"),
    [("{kind: magic}", "kind"), ("{kind: range, column: nobody}", "nobody"), ("{kind: regex, column: card}", "pattern"), ("{kind: range, column: amount, hihg: 3}", "hihg"),
     ("{kind: range, column: amount, weight: -1}", "weight"), ("{kind: compare, column: amount, operator: ';', other: amount}", "operator")],
)  # fmt: skip
def test_bad_rules_are_told(rule: str, what: str) -> None:
    with pytest.raises(RuleError) as caught:
        rules_of(contracts.parse(CONTRACT.format(code="a", rules=f"  - {rule}")))
    assert what in str(caught.value)
