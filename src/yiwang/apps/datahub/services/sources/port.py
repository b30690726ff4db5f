"""What sources and forms ask of the landing: one whole file of rows, once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from yiwang.apps.datahub.lake.sources.base import key_of
from yiwang.apps.datahub.models import Dataset, RunState
from yiwang.apps.datahub.services import landing
from yiwang.kernel.base.actor import Actor


@dataclass(frozen=True, kw_only=True)
class Landed:
    """What became of it: rows = accepted + refused + duplicate. `refusal` says why it was refused as a whole."""

    uid: str
    rows: int = 0
    accepted: int = 0
    refused: int = 0
    duplicate: int = 0
    refusal: str = ""


def land(actor: Actor, dataset: Dataset, path: Path, *, name: str, source: str, idempotency_key: str) -> Landed:
    """Hand a file to the landing room. What was refused under one version of the contract may be taken under the next."""
    key = key_of(idempotency_key, dataset.contract_id)
    run = landing.land(actor, dataset, path, name=name, source=source, idempotency_key=key, is_sample=dataset.is_sample)
    refusal = str(run.error.get("words") or run.error.get("reason") or "?").rstrip("。. ") if run.state == RunState.REFUSED else ""
    return Landed(uid=str(run.uid), rows=run.rows_in, accepted=run.accepted, refused=run.refused, duplicate=run.duplicate, refusal=refusal)
