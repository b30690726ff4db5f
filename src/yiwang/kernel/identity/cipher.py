"""Secrets of second factors, encrypted in the table (AES-256-GCM under the installation's field key)."""

import base64
import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_USE = b"yiwang second factor"  # bound into each text: it opens nowhere else


def _cipher() -> AESGCM:
    return AESGCM(hashlib.sha256(settings.FIELD_KEY.encode()).digest())


def encrypt(text: str) -> str:
    nonce = os.urandom(12)
    return base64.b64encode(nonce + _cipher().encrypt(nonce, text.encode(), _USE)).decode()


def decrypt(text: str) -> str:
    """Return what was encrypted.

    Raises
    ------
    ValueError
        The field key is another one, or somebody wrote into the table.
    """
    raw = base64.b64decode(text)
    try:
        return _cipher().decrypt(raw[:12], raw[12:], _USE).decode()
    except InvalidTag as error:
        raise ValueError("a second factor's secret does not open with this installation's field key") from error
