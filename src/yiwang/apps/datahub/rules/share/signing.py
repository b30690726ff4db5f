"""Signatures of calls and the chain of their log: what both sides compute alike.

A call is signed with HMAC-SHA256 over its canonical text; the key is the SHA-256 of the secret, so the secret itself is kept
nowhere. Each call's line holds the hash of the one before it, as the messages between X-Road's security servers do.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

SCHEME = "YW-HMAC-SHA256"
LINE = ("grant", "seq", "at", "nonce", "kind", "purpose", "address", "params", "subjects", "columns", "rows", "bytes", "status", "code", "request_hash",
        "payload_hash", "previous")  # fmt: skip
RECEIPT = ("grant", "seq", "at", "request_hash", "payload_hash", "rows", "status", "previous", "hash", "mac")


def signing_key(secret: str) -> bytes:
    """Return the key that signatures are made with."""
    return hashlib.sha256(secret.encode()).digest()


def canonical(method: str, path: str, query: Iterable[tuple[str, str]], ts: str, nonce: str, purpose: str, body: bytes) -> str:
    """Return the text that is signed: one line each, the query sorted and percent-encoded.

    Examples
    --------
    >>> print(canonical("GET", "/api/v1/data/relief/rows", [("limit", "2"), ("fields", "name")], "1", "n", "P", b"")[:-64])
    GET
    /api/v1/data/relief/rows
    fields=name&limit=2
    1
    n
    P
    <BLANKLINE>
    """
    pairs = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in sorted(query))
    return "\n".join((method.upper(), path, pairs, ts, nonce, purpose, hashlib.sha256(body).hexdigest()))


def sign(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def genuine(key: bytes, text: str, signature: str) -> bool:
    return hmac.compare_digest(sign(key, text), signature)


def header(key_id: str, key: bytes, method: str, path: str, query: Iterable[tuple[str, str]], ts: str, nonce: str, purpose: str = "", body: bytes = b"") -> str:
    """Return the Authorization header of a call; what a bureau's program sends.

    Examples
    --------
    >>> header("k1", signing_key("s"), "GET", "/x", [], "1", "n")[:44]
    'YW-HMAC-SHA256 key=k1,ts=1,nonce=n,signature'
    """
    return f"{SCHEME} key={key_id},ts={ts},nonce={nonce},signature={sign(key, canonical(method, path, query, ts, nonce, purpose, body))}"


def read_header(text: str) -> dict[str, str] | None:
    """Return key, ts, nonce and signature of an Authorization header; None when it is none of ours."""
    scheme, _, rest = text.partition(" ")
    parts = dict(p.strip().partition("=")[::2] for p in rest.split(","))
    wanted = ("key", "ts", "nonce", "signature")
    if scheme != SCHEME or any(not parts.get(name) or len(parts[name]) > 128 for name in wanted):
        return None
    return {name: parts[name] for name in wanted}


def plain(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return JSON in its one form: sorted keys, no blanks."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def payload_hash(rows: Sequence[Any]) -> str:
    return hashlib.sha256(plain(rows).encode()).hexdigest()


def line_hash(line: Mapping[str, Any]) -> str:
    """Return the hash of a call's line: of all fields of `LINE`, the hash of the line before among them."""
    return hashlib.sha256(plain({name: line[name] for name in LINE}).encode()).hexdigest()


def receipt(line: Mapping[str, Any], key: bytes) -> dict[str, Any]:
    """Return what the caller keeps of a call: enough to show later that the log was not changed, signed with his key."""
    made = {name: line[name] for name in RECEIPT if name != "mac"}
    return made | {"mac": sign(key, plain(made))}


@dataclass(frozen=True)
class Compared:
    """What comparing receipts with the log found; every tuple holds numbers of calls, `chain` the first broken line or None."""

    same: tuple[int, ...]
    changed: tuple[int, ...]  # the two sides say something else
    unknown: tuple[int, ...]  # a receipt of a call that the log does not hold
    unkept: tuple[int, ...]  # calls of the log without a receipt, between the first and the last receipt
    chain: int | None

    @property
    def is_whole(self) -> bool:
        return self.chain is None and not self.changed and not self.unknown


def broken_at(lines: Sequence[Mapping[str, Any]], previous: str = "") -> int | None:
    """Return the number of the first line of a log that does not follow from the one before; None when all do."""
    for n, line in enumerate(lines):
        if line["previous"] != previous or line["hash"] != line_hash(line) or (n and line["seq"] != lines[n - 1]["seq"] + 1):
            return int(line["seq"])
        previous = line["hash"]
    return None


def compare(receipts: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]]) -> Compared:
    """Compare one grant's receipts with its log from its beginning."""
    log = {int(line["seq"]): line for line in lines}
    kept = {int(r["seq"]): r for r in receipts}
    fields = [name for name in RECEIPT if name != "mac"]
    same: list[int] = []
    changed: list[int] = []
    for seq in sorted(set(log) & set(kept)):
        alike = all(kept[seq].get(f) == log[seq][f] for f in fields) and log[seq]["hash"] == line_hash(log[seq])
        (same if alike else changed).append(seq)
    unkept = [s for s in sorted(log) if kept and min(kept) < s < max(kept) and s not in kept]
    return Compared(tuple(same), tuple(changed), tuple(sorted(set(kept) - set(log))), tuple(unkept), broken_at(lines))
