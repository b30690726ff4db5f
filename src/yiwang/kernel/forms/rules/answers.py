"""Do the answers fit the form? Everything that somebody typed passes here before it is stored."""

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime, tzinfo
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from yiwang.kernel.base.texts import pick
from yiwang.kernel.forms.errors import FormErrors
from yiwang.kernel.forms.rules import conditions, kinds, schema

Schema = Mapping[str, Any]


def clean(
    form: Schema,
    answers: Mapping[str, Any],
    language: str | None = None,
    *,
    facts: Mapping[str, Any] | None = None,
    now: datetime,
    zone: tzinfo = UTC,
) -> dict[str, Any]:
    """Return the answers as they are stored, by field id; fields left empty or not shown are left out.

    Parameters
    ----------
    answers : mapping
        As posted: texts, or what JSON holds. Several values of one name come as a list.
    facts : mapping
        What conditions may ask besides the fields: ``channel``, ``signed_in``.
    now, zone :
        The moment that "today" and "now" mean, and the zone of times written without one.

    Raises
    ------
    FormErrors
        Every answer that does not fit, and every name that is no field; nothing is taken then.
    """
    with override(language) if language else nullcontext():
        return _clean(form, answers, dict(facts or {}), kinds.Setting(now, zone))


def _clean(form: Schema, answers: Mapping[str, Any], facts: dict[str, Any], setting: kinds.Setting) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    errors: list[dict[str, str]] = []
    fields = list(schema.fields_of(form))
    known = {f["id"] for f in fields}
    sections = schema.section_conditions(form)
    for field in fields:
        seen = {**facts, **cleaned}
        if not (conditions.holds(sections.get(field["id"]), seen) and conditions.holds(field.get("visible_if"), seen)):
            continue
        given = answers.get(field["id"])
        try:
            value = None if _is_empty(given) else kinds.read(field, given, setting)
        except kinds.WrongError as wrong:
            errors.append({"field": field["id"], "code": wrong.code, "message": wrong.message})
            continue
        if value is None or value in ("", [], {}):
            if field.get("required"):
                errors.append({"field": field["id"], "code": "required", "message": _required(field)})
        else:
            cleaned[field["id"]] = value
    for name in answers:
        if name not in known:
            shown = str(name)[:60]
            errors.append(
                {"field": shown, "code": "unknown", "message": _("The form has no field “%(name)s”.") % {"name": shown}}
            )
    if errors:
        raise FormErrors(errors=tuple(errors[:200]))
    return cleaned


def _is_empty(given: object) -> bool:
    return given is None or (isinstance(given, str) and not given.strip()) or given in ([], {})


def _required(field: Mapping[str, Any]) -> str:
    label = pick(field.get("label"))
    if field["kind"] == "photos":
        return _("“%(label)s”: add at least one photo.") % {"label": label}
    if field["kind"] in ("choice", "multichoice", "class", "component", "place"):
        return _("“%(label)s”: please choose.") % {"label": label}
    return _("“%(label)s”: please fill in.") % {"label": label}


def split_personal(form: Schema, cleaned: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part the answers into what may stand with the case and what is personal, both by field id."""
    personal_ids = {f["id"] for f in schema.fields_of(form) if personal_kind(f)}
    plain = {k: v for k, v in cleaned.items() if k not in personal_ids}
    return plain, {k: v for k, v in cleaned.items() if k in personal_ids}


def personal_kind(field: Mapping[str, Any]) -> str:
    """Return phone, name, id_number, address or person for a personal field, else ""."""
    if field["kind"] in ("person", "phone"):
        return "person" if field["kind"] == "person" else str(field.get("personal", "phone"))
    return str(field.get("personal", ""))


def person_values(form: Schema, personal: Mapping[str, Any]) -> dict[str, Any]:
    """Put personal answers together as name, phone, id_number, address, secret, wants_answer; {} without any.

    The first answer of each kind counts.
    """
    values: dict[str, Any] = {}
    for field in schema.fields_of(form):
        if field["id"] not in personal:
            continue
        kind, value = personal_kind(field), personal[field["id"]]
        for name, part in (value if kind == "person" else {kind: value}).items():
            values.setdefault(name, part)
    return values
