"""One reader for each kind of field: what was typed in, what is stored out, or why not."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from yiwang.kernel.base.texts import pick
from yiwang.kernel.forms.rules import schema
from yiwang.kernel.forms.rules.times import read_date, read_datetime

_PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}(?:-\d{1,6})?|\d{7,8}|[48]00-?\d{3}-?\d{4}|1\d{4}|\+\d{6,15}")
_CLASS = re.compile(r"(?:(?:component|matter):)?\d{4,11}")
_COMPONENT = re.compile(r"\d{16,17}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Characters that turn the direction of writing or hide themselves make one text look like another.
_DECEIVING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF, 0xFFFD}
_PERSON_PARTS = {"name": 60, "phone": 30, "id_number": 18, "address": 200}
_YES, _NO = ("true", "on", "1", "yes"), ("false", "off", "0", "no")


class WrongError(ValueError):
    """An answer that does not fit; the message is in the reader's language."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class Setting:
    """What an answer is judged by besides its field: the moment, and the zone of times without one."""

    now: datetime
    zone: tzinfo


def read(field: Mapping[str, Any], given: Any, setting: Setting) -> Any:
    """Return the answer as it is stored. Raises WrongError."""
    value: Any = _READERS[field["kind"]](field, given, setting)
    return value


def text(given: object, most: int, label: str, *, lines: bool = False) -> str:
    """Return a text in NFC without outer space. Control characters and what deceives the eye are refused, not dropped."""
    if not isinstance(given, str):
        raise WrongError("kind", _("“%(label)s” has to be a text.") % {"label": label})
    if len(given) > most * 2 + 1000:  # before any work on it
        raise WrongError("too_long", _too_long(label, len(given), most))
    value = unicodedata.normalize("NFC", given.replace("\r\n", "\n").replace("\r", "\n")).strip()
    for character in value:
        if (character == "\n" and lines) or character == "\t":
            continue
        if unicodedata.category(character) in ("Cc", "Cs") or ord(character) in _DECEIVING:
            code = f"U+{ord(character):04X}"
            message = _("“%(label)s” contains a character that cannot be stored (%(code)s). Type the text again.")
            raise WrongError("control", message % {"label": label, "code": code})
    if len(value) > most:
        raise WrongError("too_long", _too_long(label, len(value), most))
    return value


def _too_long(label: str, size: int, most: int) -> str:
    return _("“%(label)s” has %(size)s characters; at most %(most)s are taken.") % {
        "label": label,
        "size": size,
        "most": most,
    }


def _label(field: Mapping[str, Any]) -> str:
    return pick(field.get("label")) or str(field["id"])


def _text(field: Mapping[str, Any], given: Any, setting: Setting) -> str:
    kind, label = field["kind"], _label(field)
    value = text(given, field.get("max_length", schema.DEFAULT_TEXT[kind]), label, lines=kind == "textarea")
    if value and len(value) < field.get("min_length", 0):
        raise WrongError(
            "too_short",
            _("“%(label)s”: please write at least %(least)s characters.")
            % {"label": label, "least": field["min_length"]},
        )
    if value and (pattern := field.get("pattern")) and not re.fullmatch(pattern, value):
        raise WrongError(
            "pattern",
            pick(field.get("pattern_help")) or _("“%(label)s” is not written as expected.") % {"label": label},
        )
    return _personal(str(field.get("personal", "")), value, label)


def _personal(kind: str, value: str, label: str) -> str:
    if kind == "phone":
        return phone(value, label)
    if kind == "id_number":
        return id_number(value, label)
    return value


def phone(value: str, label: str) -> str:
    """Return a telephone number without spaces. Mobile, landline with or without area code, 400/800, short and foreign ones."""
    number = re.sub(r"[\s()（）]", "", unicodedata.normalize("NFKC", value)).replace("—", "-")
    if number and not _PHONE.fullmatch(number):
        raise WrongError(
            "phone", _("“%(label)s” is no telephone number. Example: 13800001234 or 0635-8241234.") % {"label": label}
        )
    return number


def id_number(value: str, label: str) -> str:
    """Return an identity number (公民身份号码, GB 11643-1999) of 18 characters with a right check character."""
    number = unicodedata.normalize("NFKC", value).strip().upper()
    if not number:
        return ""
    if re.fullmatch(r"\d{17}[\dX]", number):
        total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17]))
        if "10X98765432"[total % 11] == number[17] and read_date(f"{number[6:10]}-{number[10:12]}-{number[12:14]}"):
            return number
    raise WrongError("id_number", _("“%(label)s” is no valid identity number of 18 characters.") % {"label": label})


def _phone(field: Mapping[str, Any], given: Any, setting: Setting) -> str:
    return phone(text(given, 40, _label(field)), _label(field))


def _choice(field: Mapping[str, Any], given: Any, setting: Setting) -> str:
    value = given[0] if isinstance(given, list) and len(given) == 1 else given
    if not isinstance(value, str) or value not in {o["value"] for o in field["options"]}:
        raise WrongError("choice", _("“%(label)s”: please choose one of the list.") % {"label": _label(field)})
    return value


def _multichoice(field: Mapping[str, Any], given: Any, setting: Setting) -> list[str]:
    values = given if isinstance(given, list) else [given]
    order = [o["value"] for o in field["options"]]
    if not all(isinstance(v, str) and v in order for v in values):
        raise WrongError("choice", _("“%(label)s”: please choose from the list.") % {"label": _label(field)})
    chosen = [v for v in order if v in values]
    _count(field, len(chosen))
    return chosen


def _count(field: Mapping[str, Any], count: int) -> None:
    least, most = field.get("min", 0), field.get("max")
    if count < least:
        raise WrongError(
            "too_few", _("“%(label)s”: at least %(least)s are needed.") % {"label": _label(field), "least": least}
        )
    if most is not None and count > most:
        raise WrongError(
            "too_many", _("“%(label)s”: at most %(most)s are taken.") % {"label": _label(field), "most": most}
        )


def _number(field: Mapping[str, Any], given: Any, setting: Setting) -> int | float:
    label = _label(field)
    wrong = WrongError("number", _("“%(label)s” has to be a number, such as 12 or 3.5.") % {"label": label})
    if (
        isinstance(given, bool)
        or not isinstance(given, int | float | str)
        or (isinstance(given, str) and len(given) > 40)
    ):
        raise wrong
    written = unicodedata.normalize("NFKC", str(given)).strip()
    if not re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,9})?", written) and not isinstance(given, float):
        raise wrong
    try:
        value = Decimal(written)
    except InvalidOperation as error:
        raise wrong from error
    if not value.is_finite() or not math.isfinite(float(value)) or abs(value) >= 10**15:
        raise wrong
    if field.get("integer") and value != value.to_integral_value():
        raise WrongError("integer", _("“%(label)s” has to be a whole number.") % {"label": label})
    _between(field, value, label)
    return int(value) if value == value.to_integral_value() else float(value)


def _between(field: Mapping[str, Any], value: Decimal, label: str) -> None:
    for name, outside in (("min", lambda limit: value < limit), ("max", lambda limit: value > limit)):
        limit = field.get(name)
        if limit is not None and outside(Decimal(str(limit))):
            message = (
                _("“%(label)s” must not be less than %(limit)s.")
                if name == "min"
                else _("“%(label)s” must not be more than %(limit)s.")
            )
            raise WrongError(name, message % {"label": label, "limit": limit})


def _date(field: Mapping[str, Any], given: Any, setting: Setting) -> str:
    label = _label(field)
    value = read_date(given)
    if value is None:
        raise WrongError("date", _("“%(label)s” has to be a date such as 2026-07-01.") % {"label": label})
    today = setting.now.astimezone(setting.zone).date()
    limits = {name: today if field.get(name) == "today" else read_date(field.get(name)) for name in ("min", "max")}
    _in_time(value, limits, label)
    return value.isoformat()


def _datetime(field: Mapping[str, Any], given: Any, setting: Setting) -> str:
    label = _label(field)
    value = read_datetime(given)
    if value is None:
        raise WrongError(
            "datetime", _("“%(label)s” has to be a date and time such as 2026-07-01 08:30.") % {"label": label}
        )
    limits = {}
    for name in ("min", "max"):
        limit = setting.now if field.get(name) == "now" else read_datetime(field.get(name))
        limits[name] = limit.replace(tzinfo=limit.tzinfo or setting.zone) if limit else None
    value = value if value.tzinfo else value.replace(tzinfo=setting.zone)
    _in_time(value, limits, label)
    return value.isoformat()


def _in_time(value: Any, limits: Mapping[str, Any], label: str) -> None:
    if limits["min"] is not None and value < limits["min"]:
        raise WrongError(
            "min",
            _("“%(label)s” is too early: not before %(limit)s.") % {"label": label, "limit": _shown(limits["min"])},
        )
    if limits["max"] is not None and value > limits["max"]:
        raise WrongError(
            "max", _("“%(label)s” is too late: not after %(limit)s.") % {"label": label, "limit": _shown(limits["max"])}
        )


def _shown(limit: Any) -> str:
    return limit.isoformat(" ", "minutes") if isinstance(limit, datetime) else str(limit)


def _bool(field: Mapping[str, Any], given: Any, setting: Setting) -> bool:
    if isinstance(given, bool):
        return given
    word = given.strip().lower() if isinstance(given, str) else ""
    if word not in (*_YES, *_NO):
        raise WrongError("bool", _("“%(label)s”: please say yes or no.") % {"label": _label(field)})
    return word in _YES


def _place(field: Mapping[str, Any], given: Any, setting: Setting) -> dict[str, Any]:
    """``{"lon", "lat"}`` in WGS84 degrees, with ``address`` and ``accuracy_m`` where known; or only an address."""
    label = _label(field)
    if not isinstance(given, Mapping) or not set(given) <= {"lon", "lat", "address", "accuracy_m"}:
        raise WrongError(
            "place", _("“%(label)s”: please choose a point on the map or write an address.") % {"label": label}
        )
    place: dict[str, Any] = {}
    if given.get("address"):
        place["address"] = text(given["address"], 256, label)
    if given.get("lon") not in (None, "") or given.get("lat") not in (None, ""):
        for name, most in (("lon", 180), ("lat", 90)):
            degrees = _degrees(given.get(name))
            if degrees is None or abs(degrees) > most:
                raise WrongError("place", _("“%(label)s” is no point on earth.") % {"label": label})
            place[name] = round(degrees, 7)
        accuracy = _degrees(given.get("accuracy_m"))
        if accuracy is not None and 0 <= accuracy < 100_000:
            place["accuracy_m"] = round(accuracy, 1)
    return place


def _degrees(value: object) -> float | None:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float | str)
        or (isinstance(value, str) and len(value) > 40)
    ):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _photos(field: Mapping[str, Any], given: Any, setting: Setting) -> list[str]:
    """Ids of attachments that were uploaded before."""
    values = given if isinstance(given, list) else [given]
    if len(values) > schema.MAX_PHOTOS:
        raise WrongError(
            "too_many",
            _("“%(label)s”: at most %(most)s are taken.")
            % {"label": _label(field), "most": field.get("max", schema.MAX_PHOTOS)},
        )
    found: list[str] = []
    for value in values:
        try:
            uid = str(UUID(value if isinstance(value, str) else ""))
        except ValueError as error:
            raise WrongError(
                "photo", _("“%(label)s”: a photo was not received. Add it again.") % {"label": _label(field)}
            ) from error
        if uid not in found:
            found.append(uid)
    _count({"max": 9, **field}, len(found))
    return found


def _person(field: Mapping[str, Any], given: Any, setting: Setting) -> dict[str, Any]:
    label = _label(field)
    if not isinstance(given, Mapping) or not set(given) <= {*_PERSON_PARTS, "secret", "wants_answer"}:
        raise WrongError("person", _("“%(label)s” is not written as expected.") % {"label": label})
    person: dict[str, Any] = {}
    for name, most in _PERSON_PARTS.items():
        if given.get(name):
            person[name] = _personal(name, text(given[name], most + 20, label), label)
            if len(person[name]) > most:
                raise WrongError("too_long", _too_long(label, len(person[name]), most))
    if not any(person.values()):
        return {}
    for name in ("secret", "wants_answer"):
        if given.get(name) not in (None, ""):
            person[name] = _bool(field, given[name], setting)
    return person


def _class(field: Mapping[str, Any], given: Any, setting: Setting) -> str:
    if not isinstance(given, str) or not _CLASS.fullmatch(given.strip()):
        raise WrongError("class", _("“%(label)s”: please choose a class from the list.") % {"label": _label(field)})
    return given.strip()


def _component(field: Mapping[str, Any], given: Any, setting: Setting) -> str:
    if not isinstance(given, str) or not _COMPONENT.fullmatch(given.strip().lower()):
        raise WrongError(
            "component", _("“%(label)s”: please choose a component on the map.") % {"label": _label(field)}
        )
    return given.strip().lower()


_READERS = {
    "text": _text, "textarea": _text, "choice": _choice, "multichoice": _multichoice, "number": _number, "date": _date,
    "datetime": _datetime, "bool": _bool, "place": _place, "photos": _photos, "person": _person, "phone": _phone,
    "component": _component, "class": _class,
}  # fmt: skip
