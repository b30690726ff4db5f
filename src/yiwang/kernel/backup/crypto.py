"""Keys and streams. Data is encrypted by age (X25519, ChaCha20-Poly1305), so any age program opens it with the key.

The machine that makes backups needs the public half alone (`BACKUP_RECIPIENTS`); the secret half and the platform's
own keys travel in a key file of their own, locked by a passphrase, never in a backup.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any, Protocol

import pyrage
from django.conf import settings

from yiwang.kernel.backup.contracts import Manifest
from yiwang.kernel.backup.errors import KeyMissing

UNLOCK_TRIES = 5
PLATFORM_KEYS = ("SECRET_KEY", "FIELD_KEY", "BLIND_INDEX_KEY", "SEAL_KEY")


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Writable(Protocol):
    def write(self, data: bytes, /) -> object: ...


class Source:
    """A readable that counts and hashes what passes, and remembers the error that broke it."""

    def __init__(self, inner: Readable, moved: Callable[[int], None] | None = None) -> None:
        self.inner, self.moved = inner, moved
        self.size, self.digest = 0, hashlib.sha256()
        self.error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            data = self.inner.read(size)
            self.size += len(data)
            self.digest.update(data)
            if self.moved:
                self.moved(self.size)
        except BaseException as error:
            self.error = error
            raise
        return data

    def drain(self) -> None:
        """Read to the end, so that size and hash are of the whole."""
        while self.read(1 << 16):
            pass


class Sink:
    """A writable that counts and hashes what passes, and remembers the error that broke it."""

    def __init__(self, inner: Writable | None = None) -> None:
        self.inner = inner
        self.size, self.digest = 0, hashlib.sha256()
        self.error: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            if self.inner is not None:
                self.inner.write(data)
        except BaseException as error:
            self.error = error
            raise
        self.size += len(data)
        self.digest.update(data)
        return len(data)

    def flush(self) -> None:
        return None


def identity() -> Any | None:
    """Return the secret half if this machine has it."""
    text = str(settings.BACKUP_IDENTITY or "").strip()
    return pyrage.x25519.Identity.from_str(text) if text else None


def recipients() -> list[Any]:
    """Return the public keys for which backups are made.

    Raises
    ------
    KeyMissing
        Neither public keys nor the secret one are set.
    """
    given = [part for part in settings.BACKUP_RECIPIENTS if part]
    try:
        found = [pyrage.x25519.Recipient.from_str(part) for part in given]
    except Exception as error:
        raise KeyMissing(why=f"YIWANG_BACKUP_RECIPIENTS holds what is no age key: {error}") from error
    own = identity()
    if not found and own is not None:
        found = [own.to_public()]
    if not found:
        raise KeyMissing(why="Neither YIWANG_BACKUP_RECIPIENTS nor YIWANG_BACKUP_IDENTITY is set")
    return found


def require_identity() -> Any:
    """Return the secret half.

    Raises
    ------
    KeyMissing
        This machine cannot open backups.
    """
    own = identity()
    if own is None:
        raise KeyMissing(why="This machine has the public half alone and cannot open its own backups")
    return own


def encrypt(reader: Source, writer: Sink, to: list[Any]) -> None:
    """Encrypt a stream in pieces of 64 KB; an error of either end is raised as it was."""
    try:
        pyrage.encrypt_io(reader, writer, to)
    except Exception as error:
        raise (reader.error or writer.error or error) from None


def decrypt(reader: Source, writer: Sink, own: Any) -> None:
    """Decrypt a stream; what was changed is refused.

    Raises
    ------
    pyrage.DecryptError
        It was made for another key, cut off, or changed.
    """
    try:
        pyrage.decrypt_io(reader, writer, [own])
    except Exception as error:
        raise (reader.error or writer.error or error) from None
    reader.drain()


def file_name(sha256: str) -> str:
    """Return the name of a file's bytes in the store: keyed, so that nobody tests the store for a picture he has."""
    key = settings.BLIND_INDEX_KEY.encode()
    return hmac.new(key, b"yiwang-backup-file:" + sha256.encode(), hashlib.sha256).hexdigest()[:40]


def sign(manifest: Manifest) -> str:
    """Return the signature of a manifest: whoever only has the public key cannot put a backup of his own in place."""
    body = json.dumps(manifest.body(), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return hmac.new(settings.SEAL_KEY.encode(), b"yiwang-backup:" + body, hashlib.sha256).hexdigest()


def is_signed(manifest: Manifest) -> bool:
    return hmac.compare_digest(sign(manifest), manifest.mac)


def lock_keys(passphrase: str) -> bytes:
    """Return the key file: the backup's secret half and the platform's keys, locked by a passphrase (scrypt).

    Raises
    ------
    KeyMissing
        This machine has no secret half to hand out.
    """
    require_identity()
    body = {name: getattr(settings, name) for name in PLATFORM_KEYS} | {"BACKUP_IDENTITY": settings.BACKUP_IDENTITY}
    return bytes(pyrage.passphrase.encrypt(json.dumps(body).encode(), passphrase))


def _unlocked(blob: bytes, passphrase: str) -> bytes:
    """Unlock by scrypt. The library measures this machine first and refuses what would take it too long: one that is busy just then is asked again."""
    for left in reversed(range(UNLOCK_TRIES)):
        try:
            return bytes(pyrage.passphrase.decrypt(blob, passphrase))
        except pyrage.DecryptError as error:
            if not left or "Excessive work" not in str(error):
                raise
            time.sleep(1)
    raise AssertionError("unreachable")


def open_keys(blob: bytes, passphrase: str) -> dict[str, str]:
    """Return the keys of a key file by setting name.

    Raises
    ------
    KeyMissing
        The passphrase is wrong, or it is no key file.
    """
    try:
        found = json.loads(_unlocked(blob, passphrase))
    except Exception as error:
        raise KeyMissing(why="The key file does not open with this passphrase") from error
    return {str(key): str(value) for key, value in found.items()}


def use_keys(keys: dict[str, str]) -> None:
    """Work with these keys in this process (a restore on another machine)."""
    for name in (*PLATFORM_KEYS, "BACKUP_IDENTITY"):
        if name in keys:
            setattr(settings, name, keys[name])
