"""Rows of a source come in: only what the county may hold is kept, versions by content, nothing deleted."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.models import BaseSource, IdMap, SourceRecord, Subject
from yiwang.apps.datahub.rules.base import compare
from yiwang.apps.datahub.services.base import books, golden, linking, sealed
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound

CHUNK = 500
MOST_TEXT = 400


@dataclass
class Loaded:
    """What became of the rows: sent = fresh + changed + same + refused."""

    fresh: int = 0
    changed: int = 0
    same: int = 0
    ended: int = 0
    joined: int = 0  # rows that found a golden record that was there
    pairs: int = 0  # new questions for the review desk
    left_out: dict[str, int] = field(default_factory=dict)  # fields that the county may not hold, with how many values
    refused: list[tuple[int, str]] = field(default_factory=list)


def load_rows(actor: Actor, source_code: str, rows: Iterable[Mapping[str, object]], *, complete: bool = False) -> Loaded:
    """Take rows of a source: `key` is the source's own id, `at` when it was so there (ISO), the rest are fields.

    With `complete` the rows are all that the source has: whoever is not among them is ended (not deleted). Loading the same
    rows again changes nothing. Each 500 rows are a transaction; a load that broke off is simply done again.

    Raises
    ------
    NotFound, NotPermitted
        No such source, or another bureau's.
    BadInput
        The source is a remote one: its rows stay where they are.
    """
    source = BaseSource.objects.select_related("org").filter(code=source_code, is_active=True).first()
    if source is None:
        raise NotFound(what="source")
    actor.require("datahub.base.load", org_path=source.org_path)
    if source.is_remote:
        raise BadInput.one("source", "remote", _("The rows of this source stay where they are; it is only asked (核验)."))
    loaded, seen, chunk = Loaded(), set[str](), list[tuple[str, dict[str, str], str]]()
    for number, raw in enumerate(rows, 1):
        taken = _taken(source, raw, loaded)
        if isinstance(taken, str):
            loaded.refused.append((number, taken))
            continue
        if taken[0] in seen:
            loaded.refused.append((number, _("The same id stands twice in this delivery.")))
            continue
        seen.add(taken[0])
        chunk.append(taken)
        if len(chunk) == CHUNK:
            _store(source, chunk, loaded)
            chunk = []
    if chunk:
        _store(source, chunk, loaded)
    with transaction.atomic():
        if complete:
            _end(source, {sealed.key_of(source.code, key) for key in seen}, loaded)
        BaseSource.objects.filter(pk=source.pk).update(loaded_at=now())
        record(actor, action="datahub.base.loaded", area_path=source.org.area.path if source.org.area else "", data={
            "source": source.code, "fresh": loaded.fresh, "changed": loaded.changed, "same": loaded.same, "ended": loaded.ended, "joined": loaded.joined,
            "pairs": loaded.pairs, "refused": len(loaded.refused), "left_out": loaded.left_out,
        })  # fmt: skip
    return loaded


def _taken(source: BaseSource, raw: Mapping[str, object], loaded: Loaded) -> tuple[str, dict[str, str], str] | str:
    book = books.in_force(source.kind)
    key, at = str(raw.get("key") or "").strip(), str(raw.get("at") or "").strip()
    if not key or len(key) > 120:
        return _("The row has no id of its source.")
    if at and not re.fullmatch(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?", at):
        return _("The day of the row is no date: write 2026-11-23.")
    values: dict[str, str] = {}
    for name, value in raw.items():
        text = " ".join(str(value).split()) if value is not None else ""
        if name in ("key", "at") or not text:
            continue
        if name not in source.fields or name not in book.names:
            loaded.left_out[name] = loaded.left_out.get(name, 0) + 1
        elif len(text) > MOST_TEXT:
            return _("The value of %(field)s is too long.") % {"field": name}
        else:
            values[name] = text
    if not values.get("name") and not values.get("id_number") and not values.get("credit_code"):
        return _("The row names nobody: neither name nor number.")
    return key, values, at


def _hash(values: Mapping[str, str]) -> str:
    text = json.dumps(values, ensure_ascii=False, sort_keys=True)
    return hmac.new(settings.BLIND_INDEX_KEY.encode(), text.encode(), sha256).hexdigest()


@transaction.atomic
def _store(source: BaseSource, chunk: list[tuple[str, dict[str, str], str]], loaded: Loaded) -> None:
    BaseSource.objects.select_for_update().get(pk=source.pk)  # one load of a source at a time
    book, moment = books.in_force(source.kind), now()
    keys = {sealed.key_of(source.code, key): (key, values, at) for key, values, at in chunk}
    known = {r.key_index: r for r in SourceRecord.objects.filter(source=source, key_index__in=keys, is_current=True)}
    made, replaced = [], []
    for index, (key, values, at) in keys.items():
        digest, old = _hash(values), known.get(index)
        if old is not None and old.hash == digest and old.ended_at is None:
            loaded.same += 1
            continue
        if old is not None:
            replaced.append(old.pk)
        made.append(SourceRecord(
            kind=source.kind, source=source, key_index=index, version=old.version + 1 if old else 1, hash=digest, loaded_at=moment,
            body=sealed.seal_body({"key": key, "values": values, "at": at}),
            blocks=[sealed.block_of(b) for b in compare.blocks(book, linking.enriched(values))],
        ))  # fmt: skip
        if old is None:
            loaded.fresh += 1
        else:
            loaded.changed += 1
    SourceRecord.objects.filter(pk__in=replaced).update(is_current=False)
    SourceRecord.objects.bulk_create(made)
    linked = linking.link_records(source.kind, made)
    loaded.joined += linked.joined
    loaded.pairs += linked.pairs


def _end(source: BaseSource, present: set[str], loaded: Loaded) -> None:
    missing = SourceRecord.objects.filter(source=source, is_current=True, ended_at=None).exclude(key_index__in=present)
    keys = list(missing.values_list("key_index", flat=True))
    loaded.ended = missing.update(ended_at=now())
    wanted = IdMap.objects.filter(source=source, key_index__in=keys, valid_to=None).values("subject_id")
    golden.rebuild(Subject.objects.select_for_update().filter(pk__in=wanted).order_by("pk"))
