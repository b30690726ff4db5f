"""One call with a grant: its signature, bounds and quota judged, rows read masked, the call chained into the log, a receipt returned."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import GrantClosed, NotGranted, RateExceeded, WrongKey
from yiwang.apps.datahub.models import DatasetState
from yiwang.apps.datahub.models.share import GrantCall, GrantState, SharingGrant
from yiwang.apps.datahub.queries.share import requests as queries
from yiwang.apps.datahub.queries.share import rows as lake_rows
from yiwang.apps.datahub.rules.share import signing
from yiwang.apps.datahub.services.share import delivering, reading, sandboxing, sealing
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, ProblemError

CLOCK_S = 300  # by so much the two sides' clocks may differ


@dataclass(frozen=True, kw_only=True)
class Call:
    """What came over the wire."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    authorization: str
    purpose: str = ""
    address: str = ""
    body: bytes = b""
    dataset: str = ""
    kind: str = "rows"  # rows, query


@dataclass
class Served:
    """What goes back, and what is noted of it."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    next: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    subjects: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)
    problem: ProblemError | None = None


def serve(call: Call) -> dict[str, Any]:
    """Answer a signed call: rows, the next page's mark and a receipt. Refused calls with a good signature are on record too.

    Raises
    ------
    WrongKey
        No grant of this key, another set, a signature that does not fit, a clock that is off, the same call again.
    GrantClosed, RateExceeded, NotGranted, BadInput, LakeBusy
        The key was replaced or the grant is closed; too many calls; beyond the grant; a wrong parameter; too much to read.
    """
    parts = signing.read_header(call.authorization)
    if parts is None:
        raise WrongKey
    begun = time.monotonic()
    _replaced(parts["key"], call)
    with transaction.atomic():
        grant = _grant(parts["key"])
        key = sealing.unseal("grant", grant.sealed) if grant is not None and grant.sealed else None
        if grant is None or grant.dataset.code != call.dataset:
            raise WrongKey
        text = signing.canonical(call.method, call.path, call.query, parts["ts"], parts["nonce"], call.purpose, call.body)
        if key is None or not signing.genuine(key, text, parts["signature"]) or not _timely(parts["ts"]):
            raise WrongKey
        if GrantCall.objects.filter(grant=grant, nonce=parts["nonce"][:64]).exists():
            raise WrongKey
        served = _judged(grant, call)
        line = _noted(grant, call, served, parts["nonce"][:64], hashlib.sha256(text.encode()).hexdigest(), begun)
    if served.problem is not None:
        raise served.problem
    return {"rows": served.rows, "next": served.next, **served.more, "receipt": signing.receipt(line, key)}


def _replaced(key: str, call: Call) -> None:
    """Refuse a key that was replaced: whoever holds it is told so, and that it was tried stands on record."""
    grant = SharingGrant.objects.filter(old_key_ids__contains=[key]).select_related("dataset").first()
    if grant is not None and grant.dataset.code == call.dataset:
        with transaction.atomic():
            audit.record(system("datahub"), action="datahub.grant.old_key", area_path=grant.area_path, data={"grant": grant.key_id, "old": key, "address": call.address})
        raise GrantClosed(why=_("this key was replaced"), reason="")


def run_query(grant: SharingGrant, *, purpose: str, address: str, nonce: str) -> dict[str, Any]:
    """Run a grant's approved query for one of the applicant's people, who came in by his own account; on record as any call."""
    begun = time.monotonic()
    call = Call(method="POST", path="page", query=(), authorization="", purpose=purpose[:80], address=address, dataset=grant.dataset.code, kind="query")
    with transaction.atomic():
        row = _grant(grant.key_id)
        assert row is not None
        served = _judged(row, call)
        _noted(row, call, served, nonce[:64], hashlib.sha256(f"page:{nonce}".encode()).hexdigest(), begun)
    if served.problem is not None:
        raise served.problem
    return {"rows": served.rows, **served.more}


def _grant(key: str) -> SharingGrant | None:
    rows = SharingGrant.objects.select_for_update(of=("self",)).select_related("dataset__contract", "request")
    return rows.filter(key_id=key).first()


def _timely(ts: str) -> bool:
    try:
        return abs(time.time() - int(ts)) <= CLOCK_S
    except ValueError:
        return False


def _judged(grant: SharingGrant, call: Call) -> Served:
    """Return what the call gets; a refusal is kept in it, so that it goes on record before it is told."""
    served = Served(params={k: v for k, v in call.query if k in ("limit", "fields")})
    try:
        _open(grant, call)
        _within(grant)
        if call.kind == "query":
            found = sandboxing.run(grant)
            served.rows = [dict(zip(found.names, row, strict=True)) for row in found.rows]
            served.columns, served.more = list(found.names), {"hidden_groups": found.hidden, "k": found.k}
        elif call.kind == "changes":
            delivering.read_batch(grant, dict(call.query).get("after", "0"), served)
        else:
            reading.read(grant, list(call.query), served)
    except ProblemError as problem:
        served.rows, served.next, served.problem = [], "", problem
    return served


def _open(grant: SharingGrant, call: Call) -> None:
    words = {GrantState.SUSPENDED: _("suspended"), GrantState.REVOKED: _("revoked"), GrantState.ENDED: _("ended")}
    if grant.state != GrantState.ACTIVE:
        raise GrantClosed(why=words[GrantState(grant.state)], reason=grant.state_reason)
    if grant.valid_until < now():
        raise GrantClosed(why=_("its time is over"), reason="")
    if grant.dataset.state != DatasetState.PUBLISHED:
        raise GrantClosed(why=_("the data set was withdrawn"), reason="")
    if grant.addresses and call.address not in grant.addresses:
        raise NotGranted(what=_("calls from this address"))
    if grant.way != {"query": "query", "changes": "table"}.get(call.kind, "api"):
        raise NotGranted(what=_("this way of delivery"))
    contract = lake_rows.contract_of(grant.dataset)
    personal = contract is not None and any(c.personal for c in contract.columns if c.name in grant.masks)
    if personal and not call.purpose.strip():
        raise BadInput.one("purpose", "required", _("Say for which case or service item: header X-Yiwang-Purpose."))


def _within(grant: SharingGrant) -> None:
    moment = now()
    good = GrantCall.objects.filter(grant=grant, status=200)
    recent = good.filter(at__gt=moment - timedelta(seconds=60)).order_by("at")
    if recent.count() >= grant.per_minute:
        first = recent.values_list("at", flat=True)[0]
        raise RateExceeded(retry_after_s=max(1, int(60 - (moment - first).total_seconds()) + 1), most=grant.per_minute, per=_("minute"))
    if good.filter(at__date=localdate(moment)).count() >= grant.per_day:
        raise RateExceeded(retry_after_s=3600, most=grant.per_day, per=_("day"))


def _noted(grant: SharingGrant, call: Call, served: Served, nonce: str, request_hash: str, begun: float) -> dict[str, Any]:
    shown = signing.plain(served.rows)
    made = GrantCall(
        grant=grant, seq=grant.calls + 1, at=now(), nonce=nonce, kind=call.kind, purpose=call.purpose[:80], address=call.address[:45], params=served.params,
        subjects=served.subjects, columns=served.columns, rows=len(served.rows), bytes=len(shown.encode()), status=served.problem.status if served.problem else 200,
        code=served.problem.code if served.problem else "", ms=int((time.monotonic() - begun) * 1000), request_hash=request_hash,
        payload_hash=signing.payload_hash(served.rows), previous=grant.head,
    )  # fmt: skip
    line = queries.line_of(made, str(grant.uid))
    made.hash = line["hash"] = signing.line_hash(line)
    made.save(force_insert=True)
    grant.calls, grant.head = made.seq, made.hash
    grant.save(update_fields=["calls", "head"])
    return line
