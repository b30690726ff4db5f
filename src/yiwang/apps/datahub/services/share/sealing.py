"""Secrets of sharing under the platform's keys: the signing key of a grant, cursors, keys of rows, hashes of subjects."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from yiwang.apps.datahub.rules import masking


def _key(use: str) -> bytes:
    return hmac.new(settings.FIELD_KEY.encode(), f"datahub.share.{use}".encode(), hashlib.sha256).digest()


def seal(use: str, content: bytes) -> str:
    """Return content that only this platform opens again."""
    return Fernet(base64.urlsafe_b64encode(_key(use))).encrypt(content).decode()


def unseal(use: str, text: str) -> bytes | None:
    """Return sealed content; None for what was not sealed here for this use."""
    try:
        return Fernet(base64.urlsafe_b64encode(_key(use))).decrypt(text.encode())
    except (InvalidToken, ValueError):
        return None


def subject_hash(kind: str, value: str) -> str:
    """Return what a person's value is called in logs: the same value always the same, without the key not to be guessed back."""
    return hmac.new(_key("subjects"), f"{kind}:{masking.clean(kind, value).upper()}".encode(), hashlib.sha256).hexdigest()[:32]
