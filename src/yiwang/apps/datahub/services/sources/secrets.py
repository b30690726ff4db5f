"""A source's secrets: one cipher text in the table, opened only while it is read or tried."""

from __future__ import annotations

import json
from collections.abc import Mapping

from yiwang.kernel.identity import cipher

NAMES = ("password", "token", "private_key", "passphrase")


def closed(secrets: Mapping[str, str]) -> str:
    """Return the secrets as the table keeps them; nothing for none."""
    kept = {k: v for k, v in secrets.items() if k in NAMES and v}
    return cipher.encrypt(json.dumps(kept)) if kept else ""


def opened(text: str) -> dict[str, str]:
    """Return what was closed.

    Raises
    ------
    ValueError
        The installation's field key is another one.
    """
    return dict(json.loads(cipher.decrypt(text))) if text else {}
