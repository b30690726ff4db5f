"""Versions of data elements, code lists and mappings: made, never changed, the newest counts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import CodeListRefused
from yiwang.apps.datahub.models import CodeList, CodeMapping, DataElement, StandardState
from yiwang.apps.datahub.queries.standards import dictionary as queries
from yiwang.apps.datahub.rules.contract import PERSONAL
from yiwang.apps.datahub.rules.standards import codelists, elements
from yiwang.apps.datahub.rules.standards.elements import Element
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.texts import is_showable

NAMES = {"sex": ("性别", "GB/T 2261.1-2003"), "marriage": ("婚姻状况", "GB/T 2261.2-2003"), "yes-no": ("是否", "")}


@transaction.atomic
def load() -> None:
    """Put the shipped elements and lists there as version 1 where nobody has any. Part of `setup`; safe to repeat."""
    there = set(DataElement.objects.values_list("code", flat=True))
    for code, element in elements.shipped().items():
        if code not in there:
            DataElement.objects.create(code=code, version=1, name=element.name, body=element.as_dict(), reason="随平台提供", made_at=now())
    known = set(CodeList.objects.values_list("code", flat=True))
    folder = files("yiwang.apps.datahub").joinpath("data/codes")
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        code = file.name.removesuffix(".csv")
        if code in known or not file.name.endswith(".csv"):
            continue
        rows = codelists.parse(file.read_text(encoding="utf-8"))
        name, source = NAMES.get(code, (code, ""))
        CodeList.objects.create(code=code, version=1, name=name, source=source, entries=_stored(rows), size=len(rows), reason="随平台提供", made_at=now())


def _stored(rows: Sequence[codelists.Entry]) -> list[list[str]]:
    return [[e.code, e.label, e.parent] for e in rows]


def _slug(field: str, text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{1,59}", text):
        raise BadInput.one(field, "form", _("Letters a to z, figures, _ and -, beginning with a letter."))
    return text


def _words(field: str, text: str, most: int, *, least: int = 0) -> str:
    text = text.strip()
    if not least <= len(text) <= most or not is_showable(text):
        raise BadInput.one(field, "length", _("Write %(least)s to %(most)s characters.") % {"least": least, "most": most})
    return text


def define_element(actor: Actor, code: str, given: Mapping[str, Any], *, reason: str, state: str = StandardState.STANDARD) -> DataElement:
    """Write a new version of an element, or its first one. The same again is no new version.

    Raises
    ------
    NotPermitted
    BadInput
        A name, type, format, grade or list that is none; a change without its reason.
    """
    queries.require_edit(actor)
    code = _slug("code", code).replace("-", "_")
    made = _element(code, given, state)
    for field, why in elements.problems(made):
        raise BadInput.one(field, why, _wrong(field, why))
    if made.codes and made.codes not in queries.list_codes():
        raise BadInput.one("codes", "choice", _("There is no such code list. Make it first."))
    with transaction.atomic():
        last = DataElement.objects.select_for_update().filter(code=code, is_present=True).first()
        if last is not None and last.body == made.as_dict() and last.state == state:
            return last
        if last is not None and not reason.strip():
            raise BadInput.one("reason", "required", _("Say why it changes."))
        if last is not None:
            DataElement.objects.filter(pk=last.pk).update(is_present=False)
        row = DataElement.objects.create(
            code=code, version=last.version + 1 if last else 1, name=made.name, body=made.as_dict(), state=state, reason=reason.strip()[:500],
            made_by_name=actor.recorded_name[:120], made_at=now(),
        )  # fmt: skip
        record(actor, action="datahub.element.defined", data={"element": code, "version": row.version, "state": state})
        return row


def _element(code: str, given: Mapping[str, Any], state: str) -> Element:
    def listed(name: str) -> tuple[str, ...]:
        value = given.get(name) or ()
        parts = re.split(r"[,，、;；\n]", value) if isinstance(value, str) else value
        return tuple(dict.fromkeys(_words(name, str(p), 60) for p in parts if str(p).strip()))[:40]

    personal = str(given.get("personal") or "")
    if personal not in PERSONAL:
        raise BadInput.one("personal", "choice", _("This cannot stand here."))
    return Element(
        code=code, name=_words("name", str(given.get("name") or ""), 60, least=1), english=_words("english", str(given.get("english") or ""), 80),
        means=_words("means", str(given.get("means") or ""), 300), object=_words("object", str(given.get("object") or ""), 40), type=str(given.get("type") or "string"),
        format=str(given.get("format") or "").strip(), codes=str(given.get("codes") or ""), unit=_words("unit", str(given.get("unit") or ""), 20), personal=personal,
        grade=int(given.get("grade") or 1), synonyms=listed("synonyms"), names=listed("names"), source=_words("source", str(given.get("source") or ""), 120), state=state,
    )  # fmt: skip


def _wrong(field: str, why: str) -> str:
    return {
        ("code", "form"): _("Letters a to z, figures, _ and -, beginning with a letter."),
        ("format", "form"): _("Write it as GB/T 19488.1 does: an18, a..30, n..10,2 or YYYYMMDD."),
        ("codes", "required"): _("A code needs the list that it is taken from."),
    }.get((field, why)) or _("This cannot stand here.")


def _refuse(error: codelists.ListError) -> CodeListRefused:
    said = {
        "header": _("The first line names the columns: code,label or 代码,名称 (of a mapping: from,to)."), "empty": _("Code or meaning is empty."),
        "twice": _("The code %(what)s stands there twice."), "parent": _("The code above %(what)s is not in the list, or goes round."),
        "long": _("The code %(what)s or its meaning is too long."), "many": _("A list has at most 20,000 codes."), "code": _("The code %(what)s has signs that cannot be shown."),
        "pair": _("%(what)s is in neither of the two lists where it stands."),
    }  # fmt: skip
    return CodeListRefused(line=error.line, words=said[error.why] % {"what": error.what})


def define_list(actor: Actor, code: str, *, name: str, text: str, source: str = "", reason: str = "", state: str = StandardState.STANDARD) -> CodeList:
    """Write a new version of a code list, or its first one, from a table. Columns that name the list meet it at their next delivery.

    Raises
    ------
    NotPermitted, BadInput
    CodeListRefused
        Which line, and why.
    """
    queries.require_edit(actor)
    code = _slug("code", code)
    name, source = _words("name", name, 60, least=1), _words("source", source, 120)
    try:
        rows = codelists.parse(text)
    except codelists.ListError as error:
        raise _refuse(error) from error
    with transaction.atomic():
        last = CodeList.objects.select_for_update().filter(code=code, is_present=True).first()
        if last is not None and queries.entries(last) == rows and (last.name, last.source, last.state) == (name, source, state):
            return last
        if last is not None and not reason.strip():
            raise BadInput.one("reason", "required", _("Say why it changes."))
        if last is not None:
            CodeList.objects.filter(pk=last.pk).update(is_present=False)
        made = CodeList.objects.create(
            code=code, version=last.version + 1 if last else 1, name=name, source=source, entries=_stored(rows), size=len(rows), state=state,
            reason=reason.strip()[:500], made_by_name=actor.recorded_name[:120], made_at=now(),
        )  # fmt: skip
        change = codelists.difference(queries.entries(last), rows) if last is not None else codelists.Change()
        told = {"added": len(change.added), "removed": [e.code for e in change.removed][:100], "changed": len(change.changed)}
        record(actor, action="datahub.code_list.defined", data={"list": code, "version": made.version, **told})
        return made


def define_mapping(actor: Actor, source: str, target: str, *, text: str, reason: str = "") -> CodeMapping:
    """Write which code of one list is which of another, for their present versions. The same again is no new version.

    Raises
    ------
    NotPermitted, NotFound, CodeListRefused, BadInput
    """
    queries.require_edit(actor)
    ours, theirs = queries.list_version(source), queries.list_version(target)
    if ours.pk == theirs.pk:
        raise BadInput.one("target", "choice", _("Choose another list."))
    try:
        pairs = codelists.parse_pairs(text, (e.code for e in queries.entries(ours)), (e.code for e in queries.entries(theirs)))
    except codelists.ListError as error:
        raise _refuse(error) from error
    with transaction.atomic():
        CodeList.objects.select_for_update().get(pk=ours.pk)
        last = queries.mapping_row(source, target)
        kept = [list(p) for p in pairs]
        if last is not None and (last.pairs, last.source_version, last.target_version) == (kept, ours.version, theirs.version):
            return last
        if last is not None and not reason.strip():
            raise BadInput.one("reason", "required", _("Say why it changes."))
        made = CodeMapping.objects.create(
            source=source, target=target, version=last.version + 1 if last else 1, source_version=ours.version, target_version=theirs.version, pairs=kept,
            reason=reason.strip()[:500], made_by_name=actor.recorded_name[:120], made_at=now(),
        )  # fmt: skip
        record(actor, action="datahub.code_mapping.defined", data={"from": source, "to": target, "version": made.version, "pairs": len(kept)})
        return made

