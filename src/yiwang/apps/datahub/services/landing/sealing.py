"""Refused rows at rest: AES-256-GCM under the installation's field key, bound to run and row."""

import hashlib
import json
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings


def _cipher() -> AESGCM:
    return AESGCM(hashlib.sha256(settings.FIELD_KEY.encode()).digest())


def sealed(texts: dict[str, str], *, run: str, number: int) -> bytes:
    """Return nonce and ciphertext of a row's texts."""
    nonce = os.urandom(12)
    return nonce + _cipher().encrypt(nonce, json.dumps(texts, ensure_ascii=False).encode(), f"refused row {run} {number}".encode())


def opened(blob: bytes | memoryview, *, run: str, number: int) -> dict[str, str]:
    """Return the texts; InvalidTag when somebody wrote into the table."""
    raw = bytes(blob)
    found: dict[str, str] = json.loads(_cipher().decrypt(raw[:12], raw[12:], f"refused row {run} {number}".encode()))
    return found
