"""Personal values of the base databases in the tables: encrypted whole, found by keyed hashes."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from yiwang.apps.datahub.rules.base.compare import plain
from yiwang.apps.datahub.rules.base.keys import identity_of
from yiwang.kernel.cases.services.parties import blind_index, decrypt, encrypt

NUMBERS = ("id_number", "credit_code", "legal_representative_number", "parent_credit_code")
_BODY, _LOST = "base record", "base lost"  # bound into each text: it opens nowhere else


def seal_body(body: Mapping[str, Any]) -> bytes:
    return encrypt(json.dumps(body, ensure_ascii=False, sort_keys=True), _BODY)


def open_body(blob: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(decrypt(blob, _BODY))
    return found


def seal_value(value: str, field: str) -> bytes:
    return encrypt(value, f"base {field}")


def open_value(blob: bytes, field: str) -> str:
    return decrypt(blob, f"base {field}")


def seal_lost(lost: Iterable[Mapping[str, Any]]) -> bytes:
    rows = list(lost)
    return encrypt(json.dumps(rows, ensure_ascii=False), _LOST) if rows else b""


def open_lost(blob: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(decrypt(blob, _LOST)) if blob else []
    return found


def index_of(value: str, field: str) -> str:
    """Return the keyed hash of a value as it is compared: 王 芳 and 王芳, 15 figures and 18 give the same."""
    if not value:
        return ""
    if field in NUMBERS:
        value = identity_of(value) or plain(value)
    elif field.endswith(("_date", "_on")):
        value = "".join(c for c in value if c.isdigit())
    elif field != "phone":
        value = plain(value)
    return blind_index(value, "phone" if field == "phone" else f"base {field}")


def block_of(text: str) -> str:
    return blind_index(text, "base block")[:16]


def key_of(source_code: str, key: str) -> str:
    return blind_index(key, f"base key {source_code}")
