"""Warning rules as data: what can be read, what is refused, which speak."""

from __future__ import annotations

import doctest
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.supervision.contracts import Facts
from yiwang.kernel.supervision.rules import numbers, warnings
from yiwang.kernel.supervision.rules.warnings import RuleError, read
from yiwang.kernel.supervision.tests.conftest import CITY_RULES

LATE = {"code": "late", "name": {"zh-Hans": "超期"}, "clock": "department", "phase": "at", "colour": "yellow", "tell": ["doer"]}
SHIPPED = Path(warnings.__file__).parents[1] / "data" / "orders.toml"


@pytest.mark.parametrize("module", [warnings, numbers])
def test_examples_in_the_text_are_true(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("file", [CITY_RULES, SHIPPED])
def test_what_ships_can_be_read_and_written_back(file):
    rules = warnings.read_all(tomllib.loads(file.read_text(encoding="utf-8"))["rule"])
    assert len(rules) >= 3
    for rule in rules:
        assert read(warnings.plain(rule)) == rule
        assert set(rule.name) == {"zh-Hans", "en"}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"code": "Late!"}, ("code", "code")), ({"name": {}}, ("name", "required")), ({"clock": "moon"}, ("clock", "choice")), ({"phase": "later"}, ("phase", "choice")),
        ({"phase": "before"}, ("share", "one-of")), ({"phase": "before", "share": 0.5, "left_minutes": 5}, ("share", "one-of")),
        ({"phase": "before", "share": 1.0}, ("share", "range")), ({"phase": "before", "share": True}, ("share", "range")), ({"phase": "before", "left_minutes": -5}, ("left_minutes", "range")),
        ({"share": 0.5}, ("share", "not-here")), ({"phase": "after"}, ("over_minutes", "required")), ({"over_minutes": 5}, ("over_minutes", "not-here")),
        ({"phase": "after", "over_minutes": 10**9}, ("over_minutes", "range")), ({"colour": "blue"}, ("colour", "choice")), ({"colour": None, "tell": []}, ("tell", "nothing")),
        ({"tell": ["everybody"]}, ("tell", "choice")), ({"tell": ["post:a b;drop"]}, ("tell", "choice")), ({"channels": ["pigeon"]}, ("channels", "choice")),
        ({"escalate": [{"after_minutes": 0, "tell": ["leader"]}]}, ("escalate", "order")),
        ({"escalate": [{"after_minutes": 60, "tell": ["leader"]}, {"after_minutes": 60, "tell": ["leader"]}]}, ("escalate", "order")),
        ({"escalate": [{"after_minutes": 60, "tell": []}]}, ("escalate", "choice")), ({"colour": None, "escalate": [{"after_minutes": 60, "tell": ["leader"]}]}, ("escalate", "no-card")),
        ({"secret": 1}, ("secret", "unknown")),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_is_refused_with_its_field(change, fault):
    with pytest.raises(RuleError) as refused:
        read(LATE | change)
    assert fault in refused.value.faults


def test_two_rules_of_one_code_and_too_many_are_refused():
    with pytest.raises(RuleError):
        warnings.read_all([LATE, LATE])
    with pytest.raises(RuleError):
        warnings.read_all([LATE | {"code": f"late{n}"} for n in range(warnings.MOST_RULES + 1)])


def test_filters_and_the_strongest_first():
    rules = [read(LATE), read(LATE | {"code": "red_here", "colour": "red", "areas": ["371592"], "classes": ["01"], "steps": ["handle"]}), read(LATE | {"code": "told", "colour": None})]
    here = Facts(clock="department", mark="at", area_codes=frozenset({"371599", "371592"}), class_code="01001", step="handle")
    assert [r.code for r in warnings.speaking(rules, here)] == ["red_here", "late", "told"]
    for other in ({"class_code": "02001"}, {"class_code": ""}, {"step": "screen"}, {"area_codes": frozenset({"371591"})}):
        facts = Facts(**{"clock": "department", "mark": "at", "area_codes": here.area_codes, "class_code": "01001", "step": "handle"} | other)
        assert [r.code for r in warnings.speaking(rules, facts)] == ["late", "told"], other
    assert warnings.speaking(rules, Facts(clock="case", mark="at")) == []


@given(st.floats(min_value=1, max_value=10_000), st.integers(min_value=1, max_value=20_000), st.floats(min_value=0.01, max_value=0.99))
def test_moments_lie_in_order_and_never_before_the_start(total, minutes, share):
    rules = [
        read(LATE | {"code": "a1", "phase": "before", "share": share}), read(LATE | {"code": "b1", "phase": "before", "left_minutes": minutes}),
        read(LATE | {"code": "c1", "phase": "after", "over_minutes": minutes}), read(LATE),
    ]  # fmt: skip
    found = dict(warnings.further(rules, "department", total))
    assert all(at > 0 for at in found.values())
    assert found[f"over:{minutes}"] == total + minutes
    assert (f"left:{minutes}" in found) == (minutes < total)
    assert "at" not in found, "the platform has that moment itself"
    assert warnings.further(rules, "stage", total) == []
