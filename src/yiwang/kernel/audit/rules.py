"""The hash of a line, the chain of a case, the Merkle root and the seal: pure functions, the same for every writer."""

import hashlib
import hmac
import json
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from yiwang.kernel.audit.contracts import ChainHead

NOT_HASHED = frozenset({"position", "xid", "hash"})  # the first two are given by the database after hashing
LATER = frozenset({"register", "basis", "subject_uid", "secrecy"})  # columns of the access log that older lines have not
_LEAF = struct.Struct(">QQ32s")
Leaf = tuple[int, int, bytes]  # position, xid, hash of the line


def plain(value: Any) -> Any:
    """Return the value as JSON that survives PostgreSQL's jsonb unchanged.

    Raises
    ------
    ValueError
        A number that is not finite, a NUL or lone surrogate in a text, or something JSON has no word for.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("a text holds a NUL character")
        value.encode()  # refuses lone surrogates
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError("a number is not finite")
        # jsonb writes 1e20 as an integer, so whole floats are integers from the start.
        return int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        return {plain(str(k)): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(v) for v in value)
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def _moment(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("a moment has no time zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def event_hash(fields: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of all columns of a line except position, xid and hash, in canonical JSON.

    Columns that came later (`LATER`) are covered only where they hold something: a line written before them keeps its
    hash, one written with them cannot lose them, and none can be given them afterwards.
    """
    body = {key: plain(value) for key, value in fields.items() if key not in NOT_HASHED and not (value is None and key in LATER)}
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


def chained(fields: Mapping[str, Any], chain: ChainHead | None) -> dict[str, Any]:
    """Return the line with its number in the case, the hash before it and its own."""
    line = {
        **fields,
        "case_seq": None if chain is None else chain.count + 1,
        "prev_hash": b"" if chain is None else chain.head,
    }
    return line | {"hash": event_hash(line)}


class Chains:
    """The heads of many cases at once, for writers that copy in bulk; `heads` is what the cases then keep."""

    def __init__(self, heads: Mapping[int, ChainHead] | None = None) -> None:
        self.heads: dict[int, ChainHead] = dict(heads or {})

    def append(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        case_id = fields.get("case_id")
        if case_id is None:
            return chained(fields, None)
        line = chained(fields, self.heads.get(case_id, ChainHead()))
        self.heads[case_id] = ChainHead(line["case_seq"], line["hash"])
        return line


def chain_rows(rows: Iterable[Mapping[str, Any]], chains: Chains | None = None) -> Iterator[dict[str, Any]]:
    """Yield each line (as made by `contracts`-shaped `services.line`) with number, previous hash and hash.

    Lines of one case must come in their order; different cases may be mixed.
    """
    kept = chains or Chains()
    for row in rows:
        yield kept.append(row)


def merkle_root(leaves: Sequence[Leaf]) -> bytes:
    """Return the root over the leaves in their order (RFC 6962 prefixes; an odd node is carried up)."""
    level = [hashlib.sha256(b"\x00" + _LEAF.pack(*leaf)).digest() for leaf in leaves]
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + ([level[-1]] if len(level) % 2 else [])
    return level[0]


def pack_leaves(leaves: Sequence[Leaf]) -> bytes:
    return zlib.compress(b"".join(_LEAF.pack(*leaf) for leaf in leaves), 6)


def unpack_leaves(blob: bytes) -> list[Leaf]:
    """Return the leaves; a blob that was tampered with gives an empty list (the root will not fit)."""
    try:
        return [(p, x, h) for p, x, h in _LEAF.iter_unpack(zlib.decompress(blob))]
    except (zlib.error, struct.error):
        return []


def seal_hash(header: Mapping[str, Any]) -> bytes:
    """Return the hash of a seal's header (stream, number, range, count, root, previous seal, moment)."""
    return hashlib.sha256(json.dumps(plain(header), sort_keys=True, separators=(",", ":")).encode()).digest()


def seal_mac(key: str, digest: bytes) -> bytes:
    return hmac.new(key.encode(), b"yiwang-seal:" + digest, hashlib.sha256).digest()
