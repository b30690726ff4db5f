"""Log lines: one line an event, the request's id on each, nothing personal, nothing that breaks a line."""

import json
import logging
import sys

import psycopg
import pytest
from django.db import IntegrityError
from django.test import RequestFactory

from yiwang.kernel.base import logs
from yiwang.kernel.base.errors import NotPermitted


def record(message, *args, facts=None, error=None):
    made = logging.LogRecord("yiwang.test", logging.INFO, __file__, 1, message, args, error and (type(error), error, error.__traceback__))
    if facts:
        made.facts = facts
    return made


def line(*args, **how):
    text = logs.JsonFormatter("web").format(record(*args, **how))
    assert "\n" not in text
    return json.loads(text)


def test_a_line_says_when_who_what_and_for_which_request():
    with logs.bound(request_id="abc-12345678", job=7):
        found = line("sealed", facts={"lines": 12})
    assert {k: found[k] for k in ("level", "logger", "process", "event", "request_id", "job", "lines")} == {
        "level": "INFO", "logger": "yiwang.test", "process": "web", "event": "sealed", "request_id": "abc-12345678", "job": 7, "lines": 12,
    }  # fmt: skip
    assert found["at"].endswith("+00:00")


def test_what_is_bound_ends_with_its_block_and_inner_facts_win():
    with logs.bound(request_id="outer-request"):
        with logs.bound(request_id="inner-request"):
            assert logs.request_id() == "inner-request"
        assert logs.request_id() == "outer-request"
    assert logs.request_id() == ""


@pytest.mark.parametrize("text", ["a\nforged line", "a\r\nb", "a\x1b[31mred", "a\u2028b", "a\u202eb", "a\x00b", "a\x85b"])
@pytest.mark.parametrize("formatter", [logs.JsonFormatter(), logs.LineFormatter()], ids=["json", "lines"])
def test_no_character_breaks_out_of_its_line(formatter, text):
    said = formatter.format(record("said %s", text, facts={"given": text}))
    assert said.isprintable(), said
    assert "forged line" in said or "forged" not in text  # escaped, not swallowed


@pytest.mark.parametrize(
    "personal", ["13800001234", "+8613800001234", "0635-8212345", "371502199001011234", "37150219900101123X", "wang.fang@example.cn"]
)
def test_personal_values_that_slip_in_are_masked(personal):
    said = json.dumps(line("told %s", personal, facts={"to": f"to {personal}, now"}), ensure_ascii=False)
    assert personal not in said
    assert "***" in said


@pytest.mark.parametrize("plain", ["0199f0a2-1380-7000-8000-1380000123ff", "1380000", "20261123140500", "371599", "v13800001234x"])
def test_numbers_that_are_nobodys_stay(plain):
    assert logs.safe(plain) == plain


def raised(error):
    try:
        raise error
    except Exception:
        return sys.exc_info()[1]


@pytest.mark.parametrize(
    "error, gone, kept",
    [
        (IntegrityError('duplicate key value violates unique constraint "one"\nDETAIL:  Key (name)=(王芳) already exists.'), "王芳", "IntegrityError"),
        (psycopg.DataError('invalid input syntax for type integer: "王芳 住望湖路"'), "望湖路", "DataError"),
        (ValueError("could not read '王芳'"), "王芳", "ValueError"),
        (KeyError("phone"), "never", "phone"),
        (ValueError("bad 13800001234"), "13800001234", "bad ***"),
        (NotPermitted(permission="city.import"), "city.import", "base.not-permitted"),
    ],
    ids=["row-detail", "quoted-value", "chinese", "identifier-stays", "telephone", "refusal"],
)
def test_errors_do_not_tell_what_somebody_typed(error, gone, kept):
    found = line("failed", error=raised(error))
    assert gone not in json.dumps(found, ensure_ascii=False)
    assert kept in found["error"][-1]
    assert any("test_logs.py" in place for place in found["error"][:-1]), "where it happened is told"


def test_causes_are_told_first():
    def inner():
        try:
            raise KeyError("first")
        except KeyError as error:
            raise RuntimeError("second") from error

    with pytest.raises(RuntimeError) as caught:
        inner()
    found = line("failed", error=caught.value)["error"]
    assert found.index("KeyError: 'first'") < found.index("which led to") < found.index("RuntimeError: second")


def test_while_developing_a_line_reads_well():
    with logs.bound(request_id="abc-12345678"):
        said = logs.LineFormatter().format(record("request", facts={"route": "city:cases", "ms": 12.5}))
    assert said.endswith("INFO yiwang.test request request_id=abc-12345678 route=city:cases ms=12.5")


def test_djangos_own_line_names_the_route_and_not_the_path():
    made = record("%s: %s", "Internal Server Error", "/open311/v2/media/secret-token")
    made.request = RequestFactory().get("/open311/v2/media/secret-token")
    assert logs.RouteNotPath().filter(made)
    said = logs.LineFormatter().format(made)
    assert "secret-token" not in said
    assert "route=-" in said
