"""What a layer's attributes may be, and whether a value fits one. Plain Python."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

TYPES = ("text", "integer", "number", "boolean", "date", "org")
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,39}$", re.ASCII)
_YES = {"1", "true", "yes", "y", "t", "是", "有", "真"}
_NO = {"0", "false", "no", "n", "f", "否", "无", "假"}
_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
# A quantifier behind a group that holds a quantifier may take for ever: (a+)+
_SLOW = re.compile(r"\([^)]*[+*{][^)]*\)\s*[+*{]")


class SchemaError(ValueError):
    """The definition cannot be; `reason` is a word, `what` names the attribute."""

    def __init__(self, reason: str, what: str) -> None:
        super().__init__(f"{reason}: {what}")
        self.reason, self.what = reason, what


class ValueProblem(ValueError):
    """A value does not fit; `reason` is a word, `facts` fill the sentence."""

    def __init__(self, reason: str, **facts: Any) -> None:
        super().__init__(reason)
        self.reason, self.facts = reason, facts


def checked_schema(schema: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the attributes in their stored shape.

    Raises
    ------
    SchemaError
        name, twice, type, label, range, domain.
    """
    seen: set[str] = set()
    result: list[dict[str, Any]] = []
    for given in schema:
        name = str(given.get("name", ""))
        if not _NAME.match(name) or name in ("code", "uid", "id", "geometry", "fid"):
            raise SchemaError("name", name[:60])
        if name in seen:
            raise SchemaError("twice", name)
        seen.add(name)
        kind = given.get("type", "text")
        if kind not in TYPES:
            raise SchemaError("type", f"{name} ({kind})"[:60])
        label = dict(given.get("label") or {})
        if not str(label.get("zh-Hans", "")).strip():
            raise SchemaError("label", name)
        attribute: dict[str, Any] = {"name": name, "label": label, "type": kind, "required": bool(given.get("required"))}
        low, high = given.get("minimum"), given.get("maximum")
        if low is not None and high is not None and low > high:
            raise SchemaError("range", name)
        attribute |= {k: given[k] for k in ("max_length", "minimum", "maximum", "unit") if given.get(k) is not None}
        domain = given.get("domain")
        if domain:
            values = [str(d.get("value", "")) for d in domain]
            if "" in values or len(set(values)) != len(values):
                raise SchemaError("domain", name)
            attribute["domain"] = [{"value": str(d["value"]), "label": dict(d.get("label") or {"zh-Hans": d["value"]})} for d in domain]
        result.append(attribute)
    return result


def checked_pattern(pattern: str) -> re.Pattern[str]:
    """Return the compiled pattern of codes; one that could take for ever on a long code is none."""
    if not pattern or len(pattern) > 120 or _SLOW.search(pattern):
        raise SchemaError("pattern", pattern[:60])
    try:
        return re.compile(pattern, re.ASCII)
    except re.error as error:
        raise SchemaError("pattern", pattern[:60]) from error


def fitted(attribute: Mapping[str, Any], value: Any) -> Any:
    """Return the value as the attribute stores it (None for nothing); a label of the domain is taken for its value.

    Raises
    ------
    ValueProblem
        missing, integer, number, boolean, date, long, low, high, domain.

    >>> fitted({"name": "floors", "type": "integer"}, "６ ")
    6
    """
    if isinstance(value, float) and math.isnan(value):
        value = None
    if isinstance(value, str):
        value = value.replace("\x00", "").strip()
    if value is None or value == "":
        if attribute.get("required"):
            raise ValueProblem("missing")
        return None
    if attribute.get("domain"):
        return _of_domain(attribute, value)
    convert = {"integer": _integer, "number": _number, "boolean": _boolean, "date": _date}.get(str(attribute.get("type")), _text)
    result = convert(value)
    if isinstance(result, str) and attribute["type"] != "date" and len(result) > int(attribute.get("max_length") or 1000):
        raise ValueProblem("long", most=int(attribute.get("max_length") or 1000))
    if isinstance(result, int | float) and not isinstance(result, bool):
        if attribute.get("minimum") is not None and result < attribute["minimum"]:
            raise ValueProblem("low", least=attribute["minimum"])
        if attribute.get("maximum") is not None and result > attribute["maximum"]:
            raise ValueProblem("high", most=attribute["maximum"])
    return result


def _of_domain(attribute: Mapping[str, Any], value: Any) -> str:
    text = _text(value)
    for entry in attribute["domain"]:
        if text == entry["value"]:
            return text
    for entry in attribute["domain"]:
        if text in entry["label"].values() or text.casefold() == str(entry["value"]).casefold():
            return str(entry["value"])
    examples = "、".join(str(e["label"].get("zh-Hans", e["value"])) for e in attribute["domain"][:5])
    raise ValueProblem("domain", allowed=examples)


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        return str(int(value))  # codes that a sheet took for numbers
    return str(value).strip()


def _integer(value: Any) -> int:
    number = _number(value)
    if not number.is_integer():
        raise ValueProblem("integer")
    return int(number)


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueProblem("number")
    try:
        number = float(value.replace(",", "") if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueProblem("number") from error
    if not math.isfinite(number):
        raise ValueProblem("number")
    return number


def _boolean(value: Any) -> bool:
    text = _text(value).casefold()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise ValueProblem("boolean")


def _date(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    text = _text(value)
    for form in _DATES:
        try:
            found = datetime.strptime(text, form)
        except ValueError:
            continue
        if 1900 <= found.year <= 2200:
            return found.date().isoformat()
    raise ValueProblem("date")
