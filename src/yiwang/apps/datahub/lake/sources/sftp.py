"""A front-end machine over SFTP. The machine must show the agreed host key; its files are taken as those of a folder.

Settings: host, port, user, path, pattern, completion marker|quiet, quiet_s, `host_key` (SHA256:... as ssh-keygen prints it).
Secrets: `password`, or `private_key` (OpenSSH's text) with `passphrase`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import posixpath
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import paramiko

from yiwang.apps.datahub.errors import SourceSettingsWrong, SourceUnreachable
from yiwang.apps.datahub.lake.sources.base import Portion, Reading, key_of
from yiwang.apps.datahub.lake.sources.folder import QUIET_S
from yiwang.apps.datahub.lake.sources.staging import check_space
from yiwang.apps.datahub.rules.sources import names
from yiwang.kernel.base import outgoing

TIMEOUT_S = 20


def fingerprint(key: Any) -> str:
    """Return a host key as people compare it: SHA256 and 43 letters."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")


def _private(reading: Reading) -> Any:
    text = reading.secrets.get("private_key", "")
    if not text:
        return None
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text), password=reading.secrets.get("passphrase") or None)
        except (paramiko.SSHException, ValueError, IndexError):
            continue
    raise SourceSettingsWrong(field="private_key", reason="OpenSSH")


@contextmanager
def _client(reading: Reading) -> Iterator[Any]:
    given: Any = reading.settings
    port = int(given.get("port") or 22)
    address = str(outgoing.checked(str(given["host"]), port)[0])
    key, transport = _private(reading), None
    try:
        transport = paramiko.Transport(socket.create_connection((address, port), timeout=TIMEOUT_S))
        transport.banner_timeout = transport.auth_timeout = transport.handshake_timeout = TIMEOUT_S
        transport.start_client(timeout=TIMEOUT_S)
        shown = fingerprint(transport.get_remote_server_key())
        if shown != str(given.get("host_key") or ""):  # before any secret is sent
            raise SourceUnreachable(reason=f"host key {shown}")
        if key is not None:
            transport.auth_publickey(str(given["user"]), key)
        else:
            transport.auth_password(str(given["user"]), reading.secrets.get("password", ""))
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        client.get_channel().settimeout(TIMEOUT_S)  # type: ignore[union-attr]
        yield client
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise SourceUnreachable(reason=reading.scrubbed(error) or type(error).__name__) from None
    finally:
        if transport is not None:
            transport.close()


def _waiting(reading: Reading, client: Any) -> list[Any]:
    given: Any = reading.settings
    entries = {e.filename: e for e in client.listdir_attr(str(given.get("path") or "."))}
    by_marker, quiet = given.get("completion") == "marker", int(given.get("quiet_s", QUIET_S))
    found = []
    for name, entry in sorted(entries.items(), key=lambda e: (e[1].st_mtime or 0, e[0])):
        if not stat.S_ISREG(entry.st_mode or 0) or not names.is_wanted(name, str(given.get("pattern") or "*")):
            continue
        if (by_marker and f"{name}.done" not in entries) or (not by_marker and time.time() - (entry.st_mtime or 0) < quiet):
            continue
        found.append(entry)
    return found


def test(reading: Reading) -> list[str]:
    with _client(reading) as client:
        return [e.filename for e in _waiting(reading, client)]


def read(reading: Reading) -> Iterator[Portion]:
    folder = str(reading.settings.get("path") or ".")
    with _client(reading) as client:
        for number, entry in enumerate(_waiting(reading, client)):
            there, staged = posixpath.join(folder, entry.filename), reading.workspace / f"{number:05d}-{names.safe(entry.filename)}"
            check_space(reading.workspace, entry.st_size or 0)
            client.get(there, str(staged))  # checks the size itself
            after = client.stat(there)
            if (after.st_size, after.st_mtime) != (entry.st_size, entry.st_mtime):
                staged.unlink()
                continue
            sha = hashlib.sha256(staged.read_bytes()).hexdigest()
            yield Portion(
                path=staged, name=entry.filename, key=key_of(reading.number, sha), sha256=sha, again=reading.known(sha),
                watermark={**reading.watermark, "last": entry.filename},
                taken=lambda n=entry.filename: _move(client, folder, n, "taken"),  # type: ignore[misc]
                set_aside=lambda why, n=entry.filename: _move(client, folder, n, "refused"),  # type: ignore[misc]
            )  # fmt: skip
            staged.unlink(missing_ok=True)


def _move(client: Any, folder: str, name: str, into: str) -> None:
    target = posixpath.join(folder, into)
    try:
        present = set(client.listdir(target))
    except OSError:
        client.mkdir(target)
        present = set()
    client.rename(posixpath.join(folder, name), posixpath.join(target, names.free(name, present.__contains__)))
    with suppress(OSError):  # it had no marker
        client.remove(posixpath.join(folder, f"{name}.done"))
