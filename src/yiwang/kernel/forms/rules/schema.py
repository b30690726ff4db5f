"""What a form definition may say. The JSON is described in ``docs/reference/forms.md``."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from yiwang.kernel.forms.contracts import FormFinding
from yiwang.kernel.forms.rules.conditions import problem
from yiwang.kernel.forms.rules.times import read_date, read_datetime

KINDS = (
    "text", "textarea", "choice", "multichoice", "number", "date", "datetime", "bool", "place", "photos", "person", "phone",
    "component", "class",
)  # fmt: skip
PERSONAL = ("phone", "name", "id_number", "address")
MAX_TEXT = {"text": 500, "textarea": 5_000}
DEFAULT_TEXT = {"text": 200, "textarea": 2_000}
MAX_FIELDS = 200
MAX_OPTIONS = 500
MAX_PHOTOS = 30
RELATIVE = {"date": ("today",), "datetime": ("now",)}

_ID = re.compile(r"[a-z][a-z0-9_]{0,59}")
_COMMON = {"id", "kind", "label", "help", "required", "visible_if", "placeholder"}
_ALLOWED = {
    "text": {"max_length", "min_length", "pattern", "pattern_help", "personal"},
    "textarea": {"max_length", "min_length", "personal"},
    "choice": {"options"},
    "multichoice": {"options", "min", "max"},
    "number": {"min", "max", "integer", "unit"},
    "date": {"min", "max"},
    "datetime": {"min", "max"},
    "photos": {"min", "max"},
    "phone": {"personal"},
}
# A pattern is tried on what strangers type, so nothing in it may cost more than the length of the text: no groups that
# repeat what repeats, no back references, no look-around.
_SAFE_PATTERN = re.compile(
    r"(?:\\[dwsDWS.\-/()\[\]+*?]|\[(?:\\.|[^\]\\])+\]|[^\\\[\](){}|*+?.^$])(?:\{\d{1,3}(?:,\d{1,3})?\}|[?+*])?"
)


def fields_of(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the fields in the order of the form."""
    for section in schema.get("sections", ()):
        yield from section.get("fields", ())


def section_conditions(schema: Mapping[str, Any]) -> dict[str, str]:
    """Return the section's condition by field id, where there is one."""
    return {
        f["id"]: s["visible_if"] for s in schema.get("sections", ()) if s.get("visible_if") for f in s.get("fields", ())
    }


def pattern_is_safe(pattern: str) -> bool:
    """May the pattern be tried on any text? A plain row of characters and classes, at most one of them open-ended."""
    body = pattern.removeprefix("^").removesuffix("$")
    at = open_ended = 0
    while at < len(body):
        match = _SAFE_PATTERN.match(body, at)
        if match is None or match.end() == at:
            return False
        open_ended += match.group()[-1] in "+*" and match.group()[-2:] not in ("\\+", "\\*")
        at = match.end()
    try:
        re.compile(pattern)
    except re.error:
        return False
    return len(pattern) <= 200 and open_ended <= 1


def validate(schema: object) -> list[FormFinding]:
    """Return what is wrong with a definition; empty = it may be published."""
    checker = _Checker()
    checker.form(schema)
    return checker.findings


class _Checker:
    def __init__(self) -> None:
        self.findings: list[FormFinding] = []
        self.ids: set[str] = set()

    def say(self, path: str, message: str, mend: str) -> None:
        self.findings.append(FormFinding(path, message, mend))

    def form(self, schema: object) -> None:
        if not isinstance(schema, Mapping):
            self.say("$", _("The form is not a JSON object."), _('Begin with {"sections": [...]}.'))
            return
        self._unknown(schema, {"code", "title", "help", "sections"}, "$")
        self._texts(schema.get("title"), "title", needed=False)
        sections = schema.get("sections")
        if not isinstance(sections, list) or not sections:
            self.say("sections", _("The form has no sections."), _("Add a section with fields."))
            return
        for number, section in enumerate(sections):
            self._section(section, f"sections[{number}]")
        if len(self.ids) > MAX_FIELDS:
            self.say(
                "sections",
                _("The form has more than %(most)s fields.") % {"most": MAX_FIELDS},
                _("Split it into several forms."),
            )

    def _section(self, section: object, path: str) -> None:
        if not isinstance(section, Mapping):
            self.say(path, _("This is not a JSON object."), _('Write {"id": ..., "title": ..., "fields": [...]}.'))
            return
        self._unknown(section, {"id", "title", "help", "fields", "visible_if"}, path)
        self._texts(section.get("title"), f"{path}.title")
        self._texts(section.get("help"), f"{path}.help", needed=False)
        self._condition(section.get("visible_if"), f"{path}.visible_if")
        fields = section.get("fields")
        if not isinstance(fields, list) or not fields:
            self.say(f"{path}.fields", _("The section has no fields."), _("Add a field, or remove the section."))
            return
        for number, field in enumerate(fields):
            self._field(field, f"{path}.fields[{number}]")

    def _field(self, field: object, path: str) -> None:
        if not isinstance(field, Mapping):
            self.say(path, _("This is not a JSON object."), _('Write {"id": ..., "kind": ..., "label": ...}.'))
            return
        kind = field.get("kind")
        if kind not in KINDS:
            self.say(
                f"{path}.kind",
                _("The kind “%(kind)s” is not known.") % {"kind": kind},
                _("Use one of: %(known)s.") % {"known": ", ".join(KINDS)},
            )
            return
        field_id = field.get("id")
        if not isinstance(field_id, str) or not _ID.fullmatch(field_id):
            self.say(
                f"{path}.id",
                _("The field has no usable id."),
                _("Use small letters, digits and _ only, with a letter first."),
            )
        elif field_id in self.ids:
            self.say(
                f"{path}.id", _("The id “%(id)s” is used twice.") % {"id": field_id}, _("Give each field its own id.")
            )
        self._condition(field.get("visible_if"), f"{path}.visible_if")
        self.ids.add(str(field_id))
        self._unknown(field, _COMMON | _ALLOWED.get(kind, set()), path)
        self._texts(field.get("label"), f"{path}.label")
        for name in ("help", "placeholder", "unit", "pattern_help"):
            self._texts(field.get(name), f"{path}.{name}", needed=False)
        if not isinstance(field.get("required", False), bool):
            self.say(
                f"{path}.required",
                _("This has to be true or false."),
                _("Write true or false without quotation marks."),
            )
        self._limits(kind, field, path)

    def _limits(self, kind: str, field: Mapping[str, Any], path: str) -> None:
        if kind in ("choice", "multichoice"):
            self._options(field.get("options"), f"{path}.options")
        if kind in MAX_TEXT:
            for name in ("max_length", "min_length"):
                value = field.get(name)
                if value is not None and not (_whole(value) and 1 <= value <= MAX_TEXT[kind]):
                    self.say(
                        f"{path}.{name}",
                        _("The length has to be a whole number from 1 to %(most)s.") % {"most": MAX_TEXT[kind]},
                        _("Correct the number."),
                    )
        if (pattern := field.get("pattern")) is not None and not (
            isinstance(pattern, str) and pattern_is_safe(pattern)
        ):
            self.say(
                f"{path}.pattern", _("The pattern cannot be used."),
                _("Use characters, classes such as [0-9] and counts such as {4,8}; no groups, and only one + or *."),
            )  # fmt: skip
        personal = field.get("personal")
        if personal is not None and personal not in PERSONAL:
            self.say(
                f"{path}.personal",
                _("The mark “%(mark)s” is not known.") % {"mark": personal},
                _("Use one of: %(known)s.") % {"known": ", ".join(PERSONAL)},
            )
        low, high = field.get("min"), field.get("max")
        for name, value in (("min", low), ("max", high)):
            if value is not None and not _limit_fits(kind, value):
                self.say(
                    f"{path}.{name}",
                    _("The limit does not fit the kind of field."),
                    _("Write a number, or a date such as 2026-07-01; today and now are allowed for dates."),
                )
                return
        if (
            low is not None
            and high is not None
            and isinstance(low, int | float)
            and isinstance(high, int | float)
            and low > high
        ):
            self.say(f"{path}.min", _("The lower limit is above the upper one."), _("Correct one of the two."))

    def _options(self, options: object, path: str) -> None:
        if not isinstance(options, list) or not options:
            self.say(path, _("There is nothing to choose from."), _("Add options with value and label."))
            return
        if len(options) > MAX_OPTIONS:
            self.say(
                path,
                _("There are more than %(most)s options.") % {"most": MAX_OPTIONS},
                _("Use fewer, or a class field."),
            )
        seen: set[object] = set()
        for number, option in enumerate(options):
            where = f"{path}[{number}]"
            value = option.get("value") if isinstance(option, Mapping) else None
            if not isinstance(value, str) or not value or len(value) > 100 or value in seen:
                self.say(
                    f"{where}.value",
                    _("The option has no value of its own."),
                    _("Give each option a different value, a text."),
                )
            elif isinstance(option, Mapping):
                self._texts(option.get("label"), f"{where}.label")
                self._unknown(option, {"value", "label"}, where)
            seen.add(value if isinstance(value, str) else number)

    def _texts(self, texts: object, path: str, *, needed: bool = True) -> None:
        if texts is None and not needed:
            return
        good = isinstance(texts, Mapping) and all(isinstance(t, str) and t.strip() for t in texts.values())
        if not good or not isinstance(texts, Mapping) or not {"zh-Hans", "en"} <= set(texts):
            self.say(
                path, _("The text is missing in one of the two languages."), _('Write {"zh-Hans": "...", "en": "..."}.')
            )

    def _condition(self, text: object, path: str) -> None:
        if text is None:
            return
        if why := problem(text, self.ids):
            self.say(path, why, _('Write a condition over fields above, such as kind = "cover".'))

    def _unknown(self, given: Mapping[str, Any], known: set[str], path: str) -> None:
        for key in given:
            if key not in known:
                self.say(
                    f"{path}.{key}",
                    _("This is not known here."),
                    _("Use one of: %(known)s.") % {"known": ", ".join(sorted(known))},
                )


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _limit_fits(kind: str, value: object) -> bool:
    if kind in ("number",):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "photos":
        return _whole(value) and 0 <= value <= MAX_PHOTOS  # type: ignore[operator]
    if kind == "multichoice":
        return _whole(value) and 0 <= value <= MAX_OPTIONS  # type: ignore[operator]
    if kind in RELATIVE:
        return isinstance(value, str) and (
            value in RELATIVE[kind] or (read_date if kind == "date" else read_datetime)(value) is not None
        )
    return False
