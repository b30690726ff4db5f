"""Data standards: versions that are never changed, deliveries that meet the dictionary's lists, columns held against it, grades that masks obey."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from yiwang.apps.datahub.errors import CodeListRefused, GradeDecided
from yiwang.apps.datahub.models import CodeList, DataElement, GradeSuggestion, RefusedRow
from yiwang.apps.datahub.queries import codes
from yiwang.apps.datahub.queries.landing.present import contract_of
from yiwang.apps.datahub.queries.standards import dictionary, grades
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.rules.contract import Column
from yiwang.apps.datahub.rules.landing.masks import shown
from yiwang.apps.datahub.rules.standards import codelists, elements, grading, naming
from yiwang.apps.datahub.services.landing import land
from yiwang.apps.datahub.services.standards import dictionary as services
from yiwang.apps.datahub.services.standards import grades as grade_services
from yiwang.apps.datahub.services.standards import load
from yiwang.apps.datahub.tests.hub import make_dataset
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted

RELIEF = """
dataset: civil-help
name: 救助对象
grade: 2
columns:
  - {name: sfzh, label: 身份证号码, required: true}
  - {name: name, label: 姓名, element: person_name, personal: name, grade: 1}
  - {name: sex, label: 性别, type: code, codes: sex, element: sex, personal: other, grade: 2}
  - {name: zd, label: 疾病诊断}
  - {name: amount, label: 金额, type: decimal, element: amount, unit: 万元}
  - {name: born, label: 出生日期, type: string, element: birth_day}
key: [sfzh]
"""
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def number(n: int) -> str:
    body = f"371590{1950 + n % 50}01{1 + n % 28:02}{n:03}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def sheet(folder: Path, sexes: str = "12") -> Path:
    lines = ["身份证号码,姓名,性别,疾病诊断,金额,出生日期"]
    lines += [f"{number(n)},王{'一二三四五六七八九'[n % 9]}{'甲乙丙丁戊'[n % 5]},{sexes[n % len(sexes)]},肺结核,{n},1950-01-01" for n in range(40)]
    path = folder / "help.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def help_set(world: Any) -> Any:
    load()
    return make_dataset(world.orgs["bureau-civil"], "civil-help", "救助对象", text=RELIEF, state="published")


@pytest.mark.django_db
def test_a_delivery_meets_the_list_in_force_or_the_version_that_it_names(world: Any, help_set: Any, tmp_path: Path) -> None:
    steward, clerk = world.actor("data_steward"), world.actor("data_clerk")
    services.define_list(steward, "sex", name="性别", text="code,label\n1,男\n2,女\n3,其他", source="GB/T 2261.1", reason="增加其他")
    assert codes.allowed("sex") == {"1": "男", "2": "女", "3": "其他"}
    assert "3" not in (codes.allowed("sex@1") or {})
    assert codes.allowed("no-such-list") is None
    run = land(clerk, help_set, sheet(tmp_path, "129"), idempotency_key="a")
    assert (run.accepted, run.refused) == (27, 13), "9 was allowed by version 1 alone"
    assert {r["column"] for row in RefusedRow.objects.filter(run=run) for r in row.reasons} == {"sex"}
    pinned = make_dataset(world.orgs["bureau-civil"], "civil-old", "旧表", text=RELIEF.replace("civil-help", "civil-old").replace("codes: sex", "codes: sex@1"), state="published")
    assert land(clerk, pinned, sheet(tmp_path, "129"), idempotency_key="b").refused == 0
    change = dictionary.change_of(dictionary.list_version("sex"))
    assert ([e.code for e in change.added], [e.code for e in change.removed]) == (["3"], ["0", "9"])
    assert [(u.dataset.code, u.column, u.pinned) for u in dictionary.uses(steward, codes="sex")] == [("civil-help", "sex", ""), ("civil-old", "sex", "1")]
    assert [u.column for u in dictionary.uses(world.actor("data_owner"), element="amount")] == ["amount", "amount"]
    assert dictionary.uses(world.actor("data_owner2"), element="amount") == [], "another bureau's sets"


@pytest.mark.django_db
def test_versions_are_added_never_changed_and_say_why(world: Any) -> None:
    load()
    load()
    steward = world.actor("data_steward")
    assert CodeList.objects.get(code="sex").version == 1
    first = DataElement.objects.get(code="amount")
    body = dict(first.body)
    assert services.define_element(steward, "amount", body, reason="").pk == first.pk, "the same again is no version"
    with pytest.raises(BadInput):
        services.define_element(steward, "amount", {**body, "unit": "万元"}, reason="")
    with pytest.raises(BadInput):
        services.define_element(steward, "amount", {**body, "format": "x9"}, reason="试")
    with pytest.raises(BadInput):
        services.define_element(steward, "new_one", {"name": "新", "type": "code", "codes": "none-such"}, reason="")
    with pytest.raises(NotPermitted):
        services.define_element(world.actor("data_owner"), "amount", {**body, "unit": "万元"}, reason="试一试")
    made = services.define_element(steward, "amount", {**body, "unit": "万元"}, reason="按新规范")
    assert (made.version, DataElement.objects.get(pk=first.pk).is_present) == (2, False)
    assert DataElement.objects.get(pk=first.pk).body == body
    assert Event.all_modes.filter(action="datahub.element.defined", data__version=2).count() == 1
    for text, line in (("代码,名称\n1,男\n1,女", 3), ("x,y\n1,2", 1), ("code,label\n1,", 2), ("code,label,parent\n1,a,2\n2,b,1", 2)):
        with pytest.raises(CodeListRefused) as refused:
            services.define_list(steward, "relation", name="关系", text=text)
        assert refused.value.line == line
        assert refused.value.words
    assert not CodeList.objects.filter(code="relation").exists()


@pytest.mark.django_db
def test_a_mapping_leads_from_list_to_list_and_says_what_it_leaves_out(world: Any) -> None:
    load()
    steward = world.actor("data_steward")
    services.define_list(steward, "sex-word", name="性别（文字）", text="code,label\nM,男\nF,女\nX,不详")
    there = dictionary.entries(dictionary.list_version("sex"))
    guessed = codelists.guess_pairs(dictionary.entries(dictionary.list_version("sex-word")), there)
    assert [(a, b) for a, b, _note in guessed] == [("M", "1"), ("F", "2")]
    with pytest.raises(CodeListRefused):
        services.define_mapping(steward, "sex-word", "sex", text="from,to\nM,7")
    services.define_mapping(steward, "sex-word", "sex", text="from,to\nM,1\nF,2")
    pairs = codes.mapping("sex-word", "sex")
    assert [codelists.translate(v, pairs, ["1", "2"]) for v in ("M", "2", "?")] == ["1", "2", None]
    assert codelists.left_out(pairs.items(), ["M", "F", "X"], ["0", "1", "2", "9"]) == codelists.LeftOut(("X",), ("0", "9"))
    page = world.client("data_steward").get(reverse("datahub:code_mapping", args=["sex-word", "sex"])).content.decode()
    assert "不详" in page


@pytest.mark.django_db
def test_columns_are_held_against_the_dictionary(world: Any, help_set: Any) -> None:
    found = naming.check(contracts.parse(RELIEF), dictionary.elements(), dictionary.list_codes())
    said = {(f.column, f.code) for f in found}
    assert said == {
        ("sfzh", "no_element"), ("name", "grade"), ("zd", "no_element"), ("amount", "unit"), ("born", "unknown_element"),
    }  # fmt: skip
    suggested = {f.column: f.suggestions[0] for f in found if f.suggestions}
    assert suggested["sfzh"] == ("identity_number", 1.0)
    assert suggested["zd"] == ("diagnosis", 1.0)
    assert suggested["born"][0] == "birth_date"
    odd = contracts.parse("dataset: odd\ncolumns:\n  - {name: car, label: 车辆颜色, element: sex, codes: color, type: decimal}\n  - {name: x, label: 性别, element: sex}\n")
    words = {(f.column, f.code) for f in naming.check(odd, dictionary.elements(), dictionary.list_codes())}
    assert {("car", "name"), ("car", "type"), ("car", "codes"), ("car", "unknown_codes"), ("car", "personal"), ("x", "twice")} <= words
    client = world.client("data_owner")
    page = client.get(reverse("datahub:naming_set", args=["civil-help"]), headers={"accept-language": "zh-hans"}).content.decode()
    assert "公民身份号码" in page
    assert "civil-help" in client.get(reverse("datahub:naming")).content.decode()
    assert world.client("data_owner2").get(reverse("datahub:naming_set", args=["civil-help"])).status_code == 404


@pytest.mark.django_db
def test_grades_are_suggested_from_values_decided_by_a_person_and_obeyed_by_masks(world: Any, help_set: Any, tmp_path: Path) -> None:
    land(world.actor("data_clerk"), help_set, sheet(tmp_path), idempotency_key="a")
    owner = world.actor("data_owner")
    found = {s.column: s for s in grade_services.look(owner, help_set)}
    assert {c: (s.grade, s.personal) for c, s in found.items()} == {"sfzh": (3, "id_number"), "name": (2, "name"), "zd": (4, "other")}
    assert {r["source"] for r in found["sfzh"].reasons} == {"values"}
    assert found["sfzh"].reasons[0]["share"] == 1.0
    assert len(grade_services.look(owner, help_set)) == 3
    assert GradeSuggestion.objects.count() == 3, "looked at twice, suggested once"
    client = world.client("data_owner")
    grade_services.decide(owner, found["sfzh"].uid, grade=3)
    assert client.post(reverse("datahub:grade", args=[found["zd"].uid]), {"grade": "2"}).status_code == 422, "lower than suggested, and no reason"
    assert client.post(reverse("datahub:grade", args=[found["zd"].uid]), {"grade": "4"}).status_code == 302
    grade_services.decide(owner, found["name"].uid, grade=None, note="公示名单，依法公开")
    with pytest.raises(GradeDecided):
        grade_services.decide(owner, found["zd"].uid, grade=4)
    with pytest.raises(NotFound):
        grades.suggestion(world.actor("data_owner2"), found["zd"].uid)
    help_set.refresh_from_db()
    contract = contract_of(help_set)
    assert contract is not None
    assert {c.name: (c.grade, c.personal) for c in contract.columns if c.name in ("sfzh", "zd", "name")} == {"sfzh": (3, "id_number"), "zd": (4, "other"), "name": (1, "name")}
    assert (help_set.grade, help_set.contract.version) == (4, 3)
    assert grade_services.look(owner, help_set) == [], "what was declined is not said again"
    run = land(world.actor("data_clerk"), help_set, sheet(tmp_path, "17"), idempotency_key="b")
    bad = RefusedRow.objects.filter(run=run).first()
    assert bad is not None
    assert bad.masked["zd"] == "***"
    assert number(1) not in str(list(RefusedRow.objects.values_list("masked", flat=True)))
    page = client.get(reverse("datahub:run", args=[run.uid])).content.decode()
    assert "肺结核" not in page


@pytest.mark.parametrize(("column", "owner_sees"), [
    (Column(name="a", personal="phone", grade=2), "138****1111"), (Column(name="a", personal="phone", grade=4), "*********11"), (Column(name="a", grade=4), "***"),
    (Column(name="a", grade=3), "13800001111"), (Column(name="a", personal="plate", grade=1), "13********1"), (None, "1***"),
])  # fmt: skip
def test_what_a_bureau_sees_of_a_row_follows_grade_and_kind(column: Column | None, owner_sees: str) -> None:
    assert shown("13800001111", column) == owner_sees


def test_shipped_elements_are_sound_and_patterns_fit_their_own_examples() -> None:
    for element in elements.shipped().values():
        assert elements.problems(element) == [], element.code
        assert naming.likeness(Column(name=element.code, label=element.name), element) == 1.0
    stats = grading.Stats(rows=100, values=100, different=100, fits={"bank_card": 90})
    suggested = grading.suggest(Column(name="kh", label="卡"), stats, None)
    assert suggested is not None
    assert (suggested.grade, suggested.personal, suggested.kind) == (3, "bank_card", "sensitive")
    assert grading.suggest(Column(name="n", label="数量"), grading.Stats(rows=10, values=10, fits={"mobile": 10}), None) is None, "ten values say nothing"
    assert grading.of_set([Column(name="a", personal="name", grade=2)], 200_000) == (3, True)
