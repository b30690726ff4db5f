"""Answers against a form: what fits is stored in one way, what does not is refused clearly, personal values are kept apart."""

import json
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yiwang.kernel.forms.errors import FormErrors
from yiwang.kernel.forms.rules import answers as rules
from yiwang.kernel.forms.rules import schema as schemas
from yiwang.kernel.forms.rules.answers import person_values, split_personal

NOW = datetime(2026, 7, 1, 16, 30, tzinfo=UTC)  # already 2 July in China
CHINA = timezone(timedelta(hours=8))
CITY = Path(__file__).parents[3] / "apps" / "city" / "matters" / "problem" / "form.json"

clean = partial(rules.clean, now=NOW)


def both(text):
    return {"zh-Hans": text, "en": text}


def form(*fields, **section):
    full = [{"label": both(f["id"]), **f} for f in fields]
    return {"sections": [{"title": both("s"), "fields": full, **section}]}


def one(kind, value, **more):
    """Clean one answer of one field."""
    schema = form({"id": "f", "kind": kind, **more})
    assert schemas.validate(schema) == []
    return clean(schema, {"f": value}, "en", now=NOW, zone=CHINA).get("f")


def refused(kind, value, **more):
    with pytest.raises(FormErrors) as error:
        one(kind, value, **more)
    (found,) = error.value.errors
    assert found["field"] == "f"
    assert "f" in found["message"]
    return found["code"]


OPTIONS = {"options": [{"value": v, "label": both(v)} for v in ("a", "b", "c")]}
TAKEN = [
    ("text", "  井盖 坏了 ", {}, "井盖 坏了"),
    ("text", "e\u0301", {}, "é"),
    ("textarea", "one\r\ntwo\rthree", {}, "one\ntwo\nthree"),
    ("text", "AB-12", {"pattern": "[A-Z]{2}-[0-9]+"}, "AB-12"),
    ("choice", "a", OPTIONS, "a"),
    ("choice", ["b"], OPTIONS, "b"),
    ("multichoice", ["c", "a", "c"], OPTIONS, ["a", "c"]),
    ("multichoice", "b", OPTIONS, ["b"]),
    ("number", "12", {}, 12),
    ("number", "１２．５", {}, 12.5),
    ("number", -3.25, {}, -3.25),
    ("number", "7", {"integer": True, "min": 7, "max": 7}, 7),
    ("date", "2026-07-02", {"max": "today"}, "2026-07-02"),
    ("date", "2000-02-29", {"min": "1999-01-01"}, "2000-02-29"),
    ("datetime", "2026-07-01T08:30", {}, "2026-07-01T08:30:00+08:00"),
    ("datetime", "2026-07-01T16:30:00Z", {"max": "now"}, "2026-07-01T16:30:00+00:00"),
    ("bool", "on", {}, True),
    ("bool", "false", {}, False),
    ("bool", False, {"required": True}, False),
    (
        "place",
        {"lon": "115.98", "lat": 36.45, "address": "云门路12号"},
        {},
        {"address": "云门路12号", "lon": 115.98, "lat": 36.45},
    ),
    ("place", {"address": "云门路"}, {}, {"address": "云门路"}),
    ("photos", ["6F9619FF-8B86-D011-B42D-00C04FC964FF"] * 2, {}, ["6f9619ff-8b86-d011-b42d-00c04fc964ff"]),
    ("phone", "138 0000 1234", {}, "13800001234"),
    ("phone", "（0635）8241234", {}, "06358241234"),
    ("phone", "0635-8241234-801", {}, "0635-8241234-801"),
    ("phone", "12345", {}, "12345"),
    ("text", "11010519491231002x", {"personal": "id_number"}, "11010519491231002X"),
    (
        "person",
        {"name": "王某", "phone": "13800001234", "secret": "true"},
        {},
        {"name": "王某", "phone": "13800001234", "secret": True},
    ),
    ("class", "matter:06010", {}, "matter:06010"),
    ("component", "37159101001000001", {}, "37159101001000001"),
    ("text", "", {}, None),
    ("text", "   ", {}, None),
    ("person", {"name": ""}, {}, None),
]


@pytest.mark.parametrize(("kind", "value", "more", "stored"), TAKEN)
def test_what_fits_is_stored(kind, value, more, stored):
    found = one(kind, value, **more)
    assert found == stored
    assert type(found) is type(stored)
    if stored is not None:
        assert one(kind, found, **more) == stored  # cleaning again changes nothing
        json.dumps(found)


REFUSED = [
    ("text", "x" * 201, {}, "too_long"),
    ("textarea", "字" * 10_000, {}, "too_long"),
    ("textarea", "字" * 10_000_000, {}, "too_long"),
    ("text", "x" * 11, {"max_length": 10}, "too_long"),
    ("text", "ab", {"min_length": 3}, "too_short"),
    ("text", "a\x00b", {}, "control"),
    ("text", "a\nb", {}, "control"),
    ("textarea", "a\x07b", {}, "control"),
    ("text", "abc\u202etxt.exe", {}, "control"),
    ("text", "a\ud800b", {}, "control"),
    ("text", 5, {}, "kind"),
    ("text", ["a"], {}, "kind"),
    ("text", {"a": 1}, {}, "kind"),
    ("text", "ab-1", {"pattern": "[A-Z]{2}-[0-9]"}, "pattern"),
    ("choice", "z", OPTIONS, "choice"),
    ("choice", ["a", "b"], OPTIONS, "choice"),
    ("choice", {"a": 1}, OPTIONS, "choice"),
    ("multichoice", ["a", "z"], OPTIONS, "choice"),
    ("multichoice", ["a", ["b"]], OPTIONS, "choice"),
    ("multichoice", ["a"], {**OPTIONS, "min": 2}, "too_few"),
    ("multichoice", ["a", "b"], {**OPTIONS, "max": 1}, "too_many"),
    ("number", "twelve", {}, "number"),
    ("number", "1e5", {}, "number"),
    ("number", "NaN", {}, "number"),
    ("number", float("inf"), {}, "number"),
    ("number", True, {}, "number"),
    ("number", "9" * 30, {}, "number"),
    ("number", "1.5", {"integer": True}, "integer"),
    ("number", "6", {"min": 7}, "min"),
    ("number", "8", {"max": 7}, "max"),
    ("date", "2026-02-30", {}, "date"),
    ("date", "1.7.2026", {}, "date"),
    ("date", "0001-01-01", {}, "date"),
    ("date", "2026-07-03", {"max": "today"}, "max"),
    ("date", "2026-06-30", {"min": "2026-07-01"}, "min"),
    ("datetime", "2026-07-01", {}, "datetime"),
    ("datetime", "2026-07-02T00:31", {"max": "now"}, "max"),
    ("bool", "maybe", {}, "bool"),
    ("place", {"lon": 181, "lat": 0}, {}, "place"),
    ("place", {"lon": 1}, {}, "place"),
    ("place", {"lon": "nan", "lat": 1}, {}, "place"),
    ("place", {"lon": 1, "lat": 1, "height": 3}, {}, "place"),
    ("place", "here", {}, "place"),
    ("photos", ["x.jpg"], {}, "photo"),
    ("photos", [f"6f9619ff-8b86-d011-b42d-00c04fc964{n:02d}" for n in range(10)], {}, "too_many"),
    ("photos", ["x"] * 1000, {}, "too_many"),
    ("phone", "123", {}, "phone"),
    ("phone", "138000012345", {}, "phone"),
    ("phone", "call me", {}, "phone"),
    ("text", "110105194912310021", {"personal": "id_number"}, "id_number"),
    ("text", "11010519491331002X", {"personal": "id_number"}, "id_number"),
    ("person", {"name": "x" * 200}, {}, "too_long"),
    ("person", {"phone": "1"}, {}, "phone"),
    ("person", {"nick": "x"}, {}, "person"),
    ("class", "anything", {}, "class"),
    ("component", "1", {}, "component"),
    ("text", "", {"required": True}, "required"),
    ("photos", [], {"required": True}, "required"),
    ("person", {"name": " "}, {"required": True}, "required"),
]


@pytest.mark.parametrize(("kind", "value", "more", "code"), REFUSED)
def test_what_does_not_fit_is_refused(kind, value, more, code):
    assert refused(kind, value, **more) == code


def test_every_error_is_told_at_once_in_the_readers_language():
    schema = form({"id": "a", "kind": "text", "required": True}, {"id": "b", "kind": "number"})
    for language, words in (("zh-hans", "请填写"), ("en", "please fill in")):
        with pytest.raises(FormErrors) as error:
            clean(schema, {"b": "x", "c": 1, "d": 2}, language)
        assert [(e["field"], e["code"]) for e in error.value.errors] == [
            ("a", "required"), ("b", "number"), ("c", "unknown"), ("d", "unknown"),
        ]  # fmt: skip
        assert words in error.value.errors[0]["message"]
    assert (error.value.status, error.value.code) == (422, "forms.errors")


CONDITIONAL = {
    "sections": [
        {"title": both("s"), "fields": [
            {"id": "kind", "kind": "choice", "label": both("kind"), **OPTIONS},
            {"id": "size", "kind": "number", "label": both("size"), "required": True, "visible_if": 'kind = "a"'},
        ]},
        {"title": both("t"), "visible_if": 'channel = "hotline" and size > 3', "fields": [
            {"id": "more", "kind": "text", "label": both("more"), "required": True},
        ]},
    ]
}  # fmt: skip


def test_what_is_not_shown_is_not_asked_and_not_taken():
    assert clean(CONDITIONAL, {"kind": "b", "size": "5", "more": "x"}) == {"kind": "b"}
    with pytest.raises(FormErrors) as error:
        clean(CONDITIONAL, {"kind": "a"})
    assert [e["field"] for e in error.value.errors] == ["size"]
    assert clean(CONDITIONAL, {"kind": "a", "size": "5"}) == {"kind": "a", "size": 5}
    with pytest.raises(FormErrors) as error:
        clean(CONDITIONAL, {"kind": "a", "size": "5"}, facts={"channel": "hotline"})
    assert [e["field"] for e in error.value.errors] == ["more"]
    assert clean(CONDITIONAL, {"kind": "a", "size": "3"}, facts={"channel": "hotline"}) == {"kind": "a", "size": 3}


def test_personal_answers_are_kept_apart():
    schema = form(
        {"id": "text", "kind": "text"}, {"id": "who", "kind": "text", "personal": "name"}, {"id": "tel", "kind": "phone"},
        {"id": "card", "kind": "text", "personal": "id_number"}, {"id": "home", "kind": "textarea", "personal": "address"},
        {"id": "other", "kind": "person"},
    )  # fmt: skip
    given_answers = {
        "text": "坑", "who": "王某", "tel": "13800001234", "card": "11010519491231002X", "home": "云门路", "other": {"name": "李某", "secret": True},
    }  # fmt: skip
    cleaned = clean(schema, given_answers)
    plain, personal = split_personal(schema, cleaned)
    assert plain == {"text": "坑"}
    assert set(personal) == {"who", "tel", "card", "home", "other"}
    assert person_values(schema, personal) == {
        "name": "王某", "phone": "13800001234", "id_number": "11010519491231002X", "address": "云门路", "secret": True,
    }  # fmt: skip
    assert person_values(schema, {}) == {}


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
EVERY = form(*(
    {"id": f"f_{kind}", "kind": kind, **(OPTIONS if "choice" in kind else {})} for kind in schemas.KINDS
))  # fmt: skip


@given(st.dictionaries(st.sampled_from([f"f_{k}" for k in schemas.KINDS] + ["other"]), _json, max_size=6))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_comes_is_stored_as_json_or_refused(answers):
    try:
        cleaned = clean(EVERY, answers, "en")
    except FormErrors as error:
        refused_fields = [e["field"] for e in error.errors]
    else:
        refused_fields = []
        json.dumps(cleaned, allow_nan=False).encode()
        assert clean(EVERY, cleaned, "en") == cleaned
    assert set(refused_fields) <= set(answers)


@given(st.text(max_size=300))
@settings(deadline=None)
def test_any_text_is_taken_whole_or_refused(text):
    schema = form({"id": "f", "kind": "textarea"})
    try:
        stored = clean(schema, {"f": text}).get("f", "")
        refused_code = "control"
    except FormErrors as error:
        stored, refused_code = "", error.errors[0]["code"]
    assert refused_code == "control"
    assert not any(ord(c) < 32 and c not in "\n\t" for c in stored)
    stored.encode()


def test_the_shipped_form_is_good_and_takes_a_report():
    schema = json.loads(CITY.read_text(encoding="utf-8"))
    with override("en"):
        assert [str(f) for f in schemas.validate(schema)] == []
    cleaned = clean(schema, {"text": "井盖缺失", "place": {"lon": 115.98, "lat": 36.45}}, facts={"channel": "public"})
    assert cleaned["text"] == "井盖缺失"
