"""A form ready for its templates: `{% include "forms/form.html" with form=view %}` inside the page's own <form>."""

from collections.abc import Mapping, Sequence
from typing import Any

from yiwang.kernel.base.texts import pick
from yiwang.kernel.forms.contracts import FieldView, FormView, SectionView
from yiwang.kernel.forms.rules import conditions
from yiwang.kernel.forms.rules import schema as schemas

_INPUT_TYPES = {"text": "text", "number": "number", "date": "date", "datetime": "datetime-local", "phone": "tel"}


def view(
    form: Mapping[str, Any],
    answers: Mapping[str, Any] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    *,
    facts: Mapping[str, Any] | None = None,
    language: str | None = None,
    prefix: str = "",
) -> FormView:
    """Return what the templates show.

    Fields whose condition is not met by ``answers`` are left out; a field that others depend on is marked, so that the page
    can ask for the form again when it changes. ``errors`` are those of a FormErrors. Names get ``prefix``.
    """
    given = dict(answers or {})
    seen = {**(facts or {}), **given}
    wrong = {str(e["field"]): str(e["message"]) for e in reversed(list(errors))}
    asked: set[str] = set()
    for section in form["sections"]:
        for part in (section, *section["fields"]):
            asked |= conditions.names_in(part["visible_if"]) if part.get("visible_if") else set()
    sections = []
    for section in form["sections"]:
        if not conditions.holds(section.get("visible_if"), seen):
            continue
        fields = tuple(
            _field(f, given.get(f["id"]), wrong.get(f["id"], ""), language, prefix, f["id"] in asked)
            for f in section["fields"]
            if conditions.holds(f.get("visible_if"), seen)
        )
        if fields:
            sections.append(
                SectionView(
                    section.get("id", ""),
                    pick(section["title"], language),
                    pick(section.get("help"), language),
                    fields,
                )
            )
    shown = {f.id: f for s in sections for f in s.fields}
    summary = tuple(
        (shown[str(e["field"])].html_id if str(e["field"]) in shown else "", "", str(e["message"])) for e in errors
    )
    return FormView(pick(form.get("title"), language), tuple(sections), summary)


def _field(
    field: Mapping[str, Any], value: Any, error: str, language: str | None, prefix: str, asked: bool
) -> FieldView:
    kind = field["kind"]
    chosen = value if isinstance(value, list) else [value]
    return FieldView(
        id=field["id"],
        html_id=f"f-{prefix}{field['id']}",
        name=f"{prefix}{field['id']}",
        kind=kind,
        template=f"forms/fields/{'input' if kind in _INPUT_TYPES else kind}.html",
        label=pick(field["label"], language),
        help=pick(field.get("help"), language),
        required=bool(field.get("required")),
        value="" if value is None else value,
        error=error,
        options=tuple((o["value"], pick(o["label"], language), o["value"] in chosen) for o in field.get("options", ())),
        attributes=_attributes(field, language),
        asks_again=asked,
    )


def _attributes(field: Mapping[str, Any], language: str | None) -> dict[str, str]:
    kind = field["kind"]
    found = {"type": _INPUT_TYPES[kind]} if kind in _INPUT_TYPES else {}
    if kind in schemas.MAX_TEXT:
        found["maxlength"] = str(field.get("max_length", schemas.DEFAULT_TEXT[kind]))
    if kind == "number":
        found["step"] = "1" if field.get("integer") else "any"
        found["inputmode"] = "numeric" if field.get("integer") else "decimal"
    if kind == "phone":
        found["autocomplete"] = "tel"
    for name in ("min", "max"):
        limit = field.get(name)
        if kind in ("number", "date") and limit not in (None, "today"):
            found[name] = str(limit)
    if kind == "photos":
        found["max"] = str(field.get("max", 9))
    if placeholder := pick(field.get("placeholder"), language):
        found["placeholder"] = placeholder
    if unit := pick(field.get("unit"), language):
        found["unit"] = unit
    return found


def answers_of(form: Mapping[str, Any], data: Any, *, prefix: str = "") -> dict[str, Any]:
    """Read a posted HTML form (a QueryDict) into answers: lists, places and persons are put together again.

    ``lon``, ``lat`` and the parts of a person are posted as ``<field>.<part>``. Names that are no field are left to the page.
    """
    found: dict[str, Any] = {}
    for field in schemas.fields_of(form):
        name = f"{prefix}{field['id']}"
        if field["kind"] in ("place", "person"):
            parts = {key.removeprefix(f"{name}."): data.get(key) for key in data if key.startswith(f"{name}.")}
            if any(parts.values()):
                found[field["id"]] = {k: v for k, v in parts.items() if v}
        elif field["kind"] in ("multichoice", "photos"):
            if values := [v for v in data.getlist(name) if v]:
                found[field["id"]] = values
        elif name in data:
            found[field["id"]] = data.get(name)
    return found
