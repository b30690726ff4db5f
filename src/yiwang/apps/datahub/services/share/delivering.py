"""Files and batches of changed rows that are handed out, and the proof that they were deleted when the grant ended.

What a subscriber had last is kept as hashes by key beside his deliveries, so that each batch holds what changed and nothing
twice: the batch is written, then counted in the database, and only a counted batch is the base of the next.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings as django_settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import GrantClosed, NotGranted, NotNow
from yiwang.apps.datahub.lake import connect, quoted
from yiwang.apps.datahub.models import DatasetState
from yiwang.apps.datahub.models.share import Delivery, GrantState, SharingGrant, Way
from yiwang.apps.datahub.queries.share import requests as queries
from yiwang.apps.datahub.queries.share import rows as lake_rows
from yiwang.apps.datahub.rules import masking
from yiwang.apps.datahub.rules.share import requests as rules
from yiwang.apps.datahub.services.share.sandboxing import bounded_with
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound

_FORMULA = "'^[ \\t]*[=+@\\t\\r-]'"


def folder(grant: SharingGrant) -> Path:
    """Return where a grant's deliveries lie; made when it is not there."""
    made = Path(django_settings.DATA_DIR) / "shared" / str(grant.uid)
    made.mkdir(parents=True, exist_ok=True)
    return made


@transaction.atomic
def deliver(actor: Actor, grant: SharingGrant) -> Delivery | None:
    """Write the next file (way `file`) or batch of changes (way `table`); None when nothing has changed since the last.

    Raises
    ------
    NotGranted, GrantClosed, NotNow, LakeBusy
        Another way of delivery; the grant is closed; no rows have landed, or changes without a key; too much to read.
    """
    row = SharingGrant.objects.select_for_update(of=("self",)).select_related("dataset__contract", "request").get(pk=grant.pk)
    if row.way not in (Way.FILE, Way.TABLE):
        raise NotGranted(what=_("this way of delivery"))
    if row.state != GrantState.ACTIVE or row.valid_until < now() or row.dataset.state != DatasetState.PUBLISHED:
        raise GrantClosed(why=str(GrantState(row.state).label), reason=row.state_reason)
    files, contract = lake_rows.paths(row.dataset), lake_rows.contract_of(row.dataset)
    if contract is None or not files or (row.way == Way.TABLE and not contract.key):
        raise NotNow(state=_("no rows have landed, or the set has no key"))
    last = Delivery.objects.filter(grant=row).aggregate(last=Max("seq"))["last"] or 0
    name = f"{row.dataset.code}-{last + 1:06}.{'csv' if row.way == Way.FILE else 'jsonl'}"
    place = folder(row)
    with connect(reads=[*files, place]) as con:
        made = _file(con, row, contract, files, place / name) if row.way == Way.FILE else _changes(con, row, contract, files, place, last, name)
    if made is None:
        return None
    content = place / name
    with content.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    done: Delivery = Delivery.objects.create(
        grant=row, seq=last + 1, kind="file" if row.way == Way.FILE else "changes", name=name, rows=made[0], removed=made[1], bytes=content.stat().st_size, sha256=digest,
        made_at=now(), delete_by=row.valid_until,
    )  # fmt: skip
    audit.record(actor, action="datahub.delivery.made", area_path=row.area_path, data={"grant": row.key_id, "seq": done.seq, "rows": done.rows, "sha256": digest})
    return done


def _selected(row: SharingGrant, contract: Any, con: Any, files: list[Path], guard: bool) -> tuple[str, list[Any], list[str]]:
    """Return (SELECT of the granted rows and columns, masked, parameters, names)."""
    source = lake_rows.source_of(files)
    there = set(lake_rows.columns_in(con, source))
    masks = {c: s for c, s in row.masks.items() if c in there}
    where, given = rules.filter_sql(row.row_filter, {c.name: c.kind for c in contract.columns})
    listed = masking.select_list(contract.columns, masks)
    names = [c.name for c in contract.columns if c.name in masks]
    inner = f"SELECT {listed} FROM {source} WHERE {where}"
    if guard:  # a text that a sheet would take for a formula is kept a text
        kinds = {c.name: c.kind for c in contract.columns}
        cells = [
            quoted(n) if kinds[n] in ("integer", "decimal", "date", "datetime", "boolean") and masks[n] == masking.PLAIN
            else f"CASE WHEN regexp_matches(CAST({quoted(n)} AS VARCHAR), {_FORMULA}) THEN '''' || {quoted(n)} ELSE CAST({quoted(n)} AS VARCHAR) END AS {quoted(n)}"
            for n in names
        ]  # fmt: skip
        inner = f"SELECT {', '.join(cells)} FROM ({inner})"
    return inner, given, names


def _file(con: Any, row: SharingGrant, contract: Any, files: list[Path], target: Path) -> tuple[int, int]:
    inner, given, _names = _selected(row, contract, con, files, guard=True)
    found, _columns = bounded_with(con, f"COPY ({inner}) TO {_text(target)} (FORMAT csv, HEADER true)", given, 300.0, 1)
    return int(found[0][0]), 0


def _changes(con: Any, row: SharingGrant, contract: Any, files: list[Path], place: Path, last: int, name: str) -> tuple[int, int] | None:
    """Write what changed since the last batch: `put` rows whole, `gone` rows by their key alone as the grant shows it."""
    _inner, given, names = _selected(row, contract, con, files, guard=False)
    source = lake_rows.source_of(files)
    where, _same = rules.filter_sql(row.row_filter, {c.name: c.kind for c in contract.columns})
    shown = masking.select_list(contract.columns, {n: row.masks[n] for n in names})
    key_names = [k for k in contract.key if k in names]
    hidden = {k: quoted(f"__key_{k}") for k in contract.key}
    listed = ", ".join(map(quoted, names))
    raw = ", ".join(f"CAST({quoted(k)} AS VARCHAR) AS {hidden[k]}" for k in contract.key)
    con.execute(
        f"CREATE TABLE present AS SELECT sha256(concat_ws('|', {', '.join(hidden.values())})) AS __k, sha256(CAST(ROW({listed}) AS VARCHAR)) AS __h, {listed}"
        f" FROM (SELECT {shown}, {raw} FROM {source} WHERE {where})",
        given,
    )
    before = place / f"state-{last:06}.parquet"
    keyed = ", ".join(f"CAST({quoted(k)} AS VARCHAR) AS {quoted(k)}" for k in key_names)
    if before.exists():
        con.execute(f"CREATE TABLE past AS SELECT * FROM read_parquet({_text(before)})")
    else:
        con.execute(f"CREATE TABLE past AS SELECT __k, __h{', ' + keyed if keyed else ''} FROM present LIMIT 0")
    put = con.execute("SELECT count(*) FROM present p ANTI JOIN past o ON o.__k = p.__k AND o.__h = p.__h").fetchone()[0]
    gone = con.execute("SELECT count(*) FROM past o ANTI JOIN present p ON p.__k = o.__k").fetchone()[0]
    if not put and not gone:
        return None
    blank = ", ".join(quoted(n) if n in key_names else f"NULL AS {quoted(n)}" for n in names)
    con.execute(
        f"COPY (SELECT 'put' AS __op, {listed} FROM present p ANTI JOIN past o ON o.__k = p.__k AND o.__h = p.__h UNION ALL BY NAME"
        f" SELECT 'gone' AS __op, {blank} FROM past o ANTI JOIN present p ON p.__k = o.__k) TO {_text(place / name)} (FORMAT json)"
    )
    con.execute(f"COPY (SELECT __k, __h{', ' + keyed if keyed else ''} FROM present) TO {_text(place / f'state-{last + 1:06}.parquet')} (FORMAT parquet)")
    if before.exists():
        before.unlink()
    return int(put) + int(gone), int(gone)


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def read_batch(grant: SharingGrant, after: str, served: Any) -> None:
    """Put the first batch after a number into `served` (services.share.calls.Served); no rows when there is none yet."""
    if not after.isdecimal():
        raise BadInput.one("after", "number", _("This is no number."))
    row = Delivery.objects.filter(grant=grant, kind="changes", seq__gt=int(after), deleted_at__isnull=True).order_by("seq").first()
    served.params["after"] = after
    if row is not None:
        content = (folder(grant) / row.name).read_text(encoding="utf-8")
        served.rows = [json.loads(line) for line in content.splitlines() if line]
        served.next, served.columns, served.more = str(row.seq), list(grant.masks), {"sha256": row.sha256}
        if row.fetched_at is None:
            Delivery.objects.filter(pk=row.pk).update(fetched_at=now())


def fetched(actor: Actor, grant: SharingGrant, seq: int) -> tuple[Delivery, bytes]:
    """Return a delivery's content for the receiving bureau; on record.

    Raises
    ------
    NotPermitted, NotFound
        Another bureau's; there is none, or it was deleted.
    """
    actor.require(queries.REQUEST, org_path=grant.org_path, area_path=grant.org.area.path)
    with transaction.atomic():
        row = Delivery.objects.select_for_update(of=("self",)).filter(grant=grant, seq=seq, deleted_at__isnull=True).first()
        path = folder(grant) / (row.name if row else "-")
        if row is None or not path.exists() or grant.state != GrantState.ACTIVE:
            raise NotFound(what="delivery")
        row.fetched_at = row.fetched_at or now()
        row.save(update_fields=["fetched_at"])
        audit.record(actor, action="datahub.delivery.fetched", area_path=grant.area_path, data={"grant": grant.key_id, "seq": seq, "sha256": row.sha256})
    return row, path.read_bytes()


@transaction.atomic
def prove_deletion(actor: Actor, grant: SharingGrant, seq: int, how: str) -> Delivery:
    """Keep the receiver's declaration that his copy is deleted: who, when, how, of which content. Once, and an event of the record.

    Raises
    ------
    NotPermitted, NotFound, NotNow, BadInput
        Another bureau's; no such delivery; declared before; without saying how.
    """
    actor.require(queries.REQUEST, org_path=grant.org_path, area_path=grant.org.area.path)
    row = Delivery.objects.select_for_update(of=("self",)).filter(grant=grant, seq=seq).first()
    if row is None:
        raise NotFound(what="delivery")
    if row.proof:
        raise NotNow(state=_("its deletion was declared before"))
    if not how.strip():
        raise BadInput.one("how", "required", _("Say how it was deleted, and where copies lay."))
    event = audit.record(actor, action="datahub.delivery.proved", area_path=grant.area_path, data={"grant": grant.key_id, "seq": seq, "sha256": row.sha256, "how": how.strip()[:500]})
    row.proof = {"by": actor.recorded_name, "at": now().isoformat(), "how": how.strip()[:500], "sha256": row.sha256, "event": str(event.uid), "event_hash": event.hash.hex()}
    row.save(update_fields=["proof"])
    return row


@transaction.atomic
def delete_ended(actor: Actor) -> int:
    """Delete here what grants that ended had delivered, and keep that it is gone; returns how many. For the clock."""
    done = 0
    for row in Delivery.objects.select_for_update(of=("self",), skip_locked=True).select_related("grant").filter(deleted_at__isnull=True).exclude(grant__state__in=("active", "suspended")):
        place = folder(row.grant)
        (place / row.name).unlink(missing_ok=True)
        row.deleted_at = now()
        row.save(update_fields=["deleted_at"])
        audit.record(actor, action="datahub.delivery.deleted", area_path=row.grant.area_path, data={"grant": row.grant.key_id, "seq": row.seq, "sha256": row.sha256})
        done += 1
        if not Delivery.objects.filter(grant=row.grant, deleted_at__isnull=True).exists():
            shutil.rmtree(place, ignore_errors=True)
    return done


def unproved_for(uid: UUID, days: int = 10) -> list[Delivery]:
    """Return the deliveries of a grant whose deletion nobody has declared although it is over for so many days."""
    late = now() - timedelta(days=days)
    return list(Delivery.objects.filter(grant__uid=uid, proof={}, fetched_at__isnull=False, delete_by__lt=late))
