"""What keeps a form from being published: found by its path, with what to do."""

import time

import pytest
from django.utils.translation import override

from yiwang.kernel.forms.rules import schema as schemas

LABEL = {"zh-Hans": "标签", "en": "Label"}


def field(**more):
    return {"id": "a", "kind": "text", "label": LABEL, **more}


def form(*fields, **section):
    return {"sections": [{"title": LABEL, "fields": list(fields), **section}]}


def found(schema):
    with override("en"):
        findings = schemas.validate(schema)
    assert all(f.message and f.mend for f in findings)
    return [f.path for f in findings]


def test_a_good_form_has_no_findings():
    good = form(
        field(max_length=20, pattern="[A-Z]{2}[0-9]+"), field(id="b", kind="number", min=0, max=9.5, unit=LABEL),
        field(id="c", kind="date", min="2026-01-01", max="today", visible_if='b > 3 and starts with(a, "X")'),
        field(id="d", kind="choice", options=[{"value": "x", "label": LABEL}], help=LABEL), field(id="e", kind="phone", personal="phone"),
        visible_if='channel = "public"', id="s",
    )  # fmt: skip
    assert found({**good, "title": LABEL, "code": "t.one"}) == []


F = "sections[0].fields[0]"
FAULTS = [
    ([], ["$"]),
    ("form", ["$"]),
    ({}, ["sections"]),
    ({"sections": []}, ["sections"]),
    ({"sections": ["x"]}, ["sections[0]"]),
    ({"sections": [{"title": LABEL}]}, ["sections[0].fields"]),
    ({"sections": [{"title": LABEL, "fields": [5]}]}, [F]),
    ({"sections": [{"title": {"en": "x"}, "fields": [field()]}]}, ["sections[0].title"]),
    ({**form(field()), "colour": "red"}, ["$.colour"]),
    (form(field(kind="video")), [f"{F}.kind"]),
    (form(field(id="1a")), [f"{F}.id"]),
    (form(field(id="Name")), [f"{F}.id"]),
    (form(field(), field()), ["sections[0].fields[1].id"]),
    (form(field(label="text")), [f"{F}.label"]),
    (form(field(label={"zh-Hans": "标签"})), [f"{F}.label"]),
    (form(field(help={"zh-Hans": "帮助", "en": " "})), [f"{F}.help"]),
    (form(field(required="yes")), [f"{F}.required"]),
    (form(field(max_length=100_000)), [f"{F}.max_length"]),
    (form(field(max_length="5")), [f"{F}.max_length"]),
    (form(field(pattern="(a+)+")), [f"{F}.pattern"]),
    (form(field(pattern="[a")), [f"{F}.pattern"]),
    (form(field(personal="shoe")), [f"{F}.personal"]),
    (form(field(colour="red")), [f"{F}.colour"]),
    (form(field(kind="bool", max=3)), [f"{F}.max", f"{F}.max"]),
    (form(field(kind="number", min="a")), [f"{F}.min"]),
    (form(field(kind="number", min=5, max=1)), [f"{F}.min"]),
    (form(field(kind="date", max="now")), [f"{F}.max"]),
    (form(field(kind="photos", max=500)), [f"{F}.max"]),
    (form(field(kind="choice")), [f"{F}.options"]),
    (form(field(kind="choice", options=[{"value": "", "label": LABEL}])), [f"{F}.options[0].value"]),
    (form(field(kind="choice", options=[{"value": "x", "label": LABEL}] * 2)), [f"{F}.options[1].value"]),
    (form(field(kind="choice", options=[{"value": "x", "label": "x"}])), [f"{F}.options[0].label"]),
    (form(field(visible_if="a ==")), [f"{F}.visible_if"]),
    (form(field(visible_if="b = 1")), [f"{F}.visible_if"]),
    (form(field(visible_if="__import__('os')")), [f"{F}.visible_if"]),
    (form(field(visible_if=5)), [f"{F}.visible_if"]),
    (form(field(), visible_if="a = 1"), ["sections[0].visible_if"]),
    (form(*(field(id=f"a{n}") for n in range(schemas.MAX_FIELDS + 1))), ["sections"]),
]


@pytest.mark.parametrize(("schema", "paths"), FAULTS)
def test_a_fault_is_found_by_its_path(schema, paths):
    assert found(schema) == paths


@pytest.mark.parametrize("pattern", ["[0-9]{4,8}", "^[A-Z]{2}-[0-9]+$", r"\d{3}-?\d{8}", "云[门路]{1,3}", "a+"])
def test_plain_patterns_are_taken(pattern):
    assert schemas.pattern_is_safe(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "a*a*a*b", "(a|a)*", r"(.)\1", "(?=a)", "a{1,99999}", "[a", "a{2}{3}{4}", "x" * 300, "a**", r"\1"],
)
def test_patterns_that_could_cost_are_refused(pattern):
    assert not schemas.pattern_is_safe(pattern)


def test_what_is_taken_is_fast_on_any_text():
    import re

    began = time.perf_counter()
    for pattern in ("[0-9]{4,8}", r"\w+-[0-9]{3}", "a{1,100}a{1,100}b"):
        if schemas.pattern_is_safe(pattern):
            re.fullmatch(pattern, "a" * 5000)
    assert time.perf_counter() - began < 0.5
