"""Helpers of the sources' tests: what was landed, a MariaDB of Debian's on a private socket, an SFTP server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paramiko

from yiwang.apps.datahub.lake.engine import connect
from yiwang.apps.datahub.lake.sources.staging import text_of
from yiwang.apps.datahub.models import Dataset
from yiwang.apps.datahub.queries.landing import present

REPO = Path(__file__).resolve().parents[5]


UPSERT = """
dataset: civil-relief
name: {zh-Hans: 低保对象}
landing: upsert
columns:
  - {name: id, type: integer, required: true}
  - {name: name, type: string, personal: name}
  - {name: changed_at, type: datetime}
key: [id]
"""
STRICT = UPSERT.replace("{name: name,", "{name: name, required: true,")


def landed() -> dict[str, dict[str, str]]:
    """Return the present rows of the tests' data set by their id, as the landing keeps them."""
    dataset = Dataset.objects.select_related("contract").get(code="civil-relief")
    with connect() as con:
        rows = present.relation(con, dataset)
        return {str(row[0]): dict(zip(rows.columns, (text_of(v) for v in row), strict=True)) for row in rows.fetchall()}


def mariadbd() -> Path | None:
    """Return Debian's server: installed, or unpacked beside the checkout by ./dev."""
    for place in (shutil.which("mariadbd"), "/usr/sbin/mariadbd", REPO / ".cache" / "mariadb" / "usr" / "sbin" / "mariadbd"):
        if place and Path(place).exists():
            return Path(place)
    return None


@contextmanager
def maria(folder: Path) -> Iterator[Path]:
    """Run a MariaDB with the account reader / 'right-secret' on a socket of its own; gives the socket."""
    binary = mariadbd()
    assert binary is not None
    usr = binary.parents[1]
    libraries = ":".join(str(p) for p in (usr / "lib").glob("*-linux-gnu"))
    env = {**os.environ, "LD_LIBRARY_PATH": libraries}
    data, made = folder / "data", usr / "share" / "mysql"
    data.mkdir()
    common = [str(binary), "--no-defaults", f"--datadir={data}", f"--lc-messages-dir={made}", f"--character-sets-dir={made / 'charsets'}", "--innodb-buffer-pool-size=16M",
              "--innodb-log-file-size=4M", "--skip-log-bin", f"--tmpdir={folder}", "--user=root" if os.getuid() == 0 else "--skip-name-resolve"]  # fmt: skip
    tables = "".join((made / name).read_text(encoding="utf-8", errors="replace") for name in ("mysql_system_tables.sql", "mysql_system_tables_data.sql"))
    begin = f"CREATE DATABASE mysql;\nUSE mysql;\n{tables}\n"  # one statement a line
    subprocess.run([*common, "--bootstrap", "--skip-grant-tables"], input=begin, text=True, env=env, check=True, capture_output=True, timeout=60)
    accounts = folder / "accounts.sql"
    accounts.write_text(
        "CREATE DATABASE bureau CHARACTER SET utf8mb4;\nCREATE USER 'writer'@'localhost' IDENTIFIED BY 'w';\nGRANT ALL ON bureau.* TO 'writer'@'localhost';\n"
        "CREATE USER 'reader'@'localhost' IDENTIFIED BY 'right-secret';\nGRANT ALL ON bureau.* TO 'reader'@'localhost';\n"
    )
    sock = folder / "m.sock"
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*common, "--skip-networking", f"--socket={sock}", f"--pid-file={folder / 'pid'}", f"--init-file={accounts}"], env=env, stdout=subprocess.DEVNULL, stderr=log
        )
    try:
        deadline = time.monotonic() + 40
        while True:
            try:
                with socket.socket(socket.AF_UNIX) as probe:
                    probe.connect(str(sock))
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((folder / "log").read_text()[-2000:]) from None
                time.sleep(0.1)
        yield sock
    finally:
        process.kill()
        process.wait(20)


class _Server(paramiko.ServerInterface):
    def __init__(self, key: paramiko.PKey) -> None:
        self.key = key

    def check_auth_password(self, username: str, password: str) -> int:
        return paramiko.AUTH_SUCCESSFUL if (username, password) == ("civil", "right-secret") else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL if key == self.key else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


def _sftp_of(root: Path) -> type[paramiko.SFTPServerInterface]:
    class Files(paramiko.SFTPServerInterface):
        def _at(self, path: str) -> str:
            return str(root / path.lstrip("/"))

        def list_folder(self, path: str) -> Any:
            return [paramiko.SFTPAttributes.from_stat(e.stat(), e.name) for e in os.scandir(self._at(path))]

        def stat(self, path: str) -> Any:
            return paramiko.SFTPAttributes.from_stat(os.stat(self._at(path))) if os.path.exists(self._at(path)) else paramiko.SFTP_NO_SUCH_FILE

        lstat = stat

        def open(self, path: str, flags: int, attr: Any) -> Any:
            handle = paramiko.SFTPHandle(flags)
            handle.readfile = open(self._at(path), "rb")  # type: ignore[attr-defined]  # noqa: SIM115
            return handle

        def rename(self, oldpath: str, newpath: str) -> int:
            os.rename(self._at(oldpath), self._at(newpath))
            return paramiko.SFTP_OK

        def mkdir(self, path: str, attr: Any) -> int:
            os.mkdir(self._at(path))
            return paramiko.SFTP_OK

        def remove(self, path: str) -> int:
            if not os.path.exists(self._at(path)):
                return paramiko.SFTP_NO_SUCH_FILE
            os.remove(self._at(path))
            return paramiko.SFTP_OK

    return Files


@contextmanager
def sftp(root: Path, client_key: paramiko.PKey) -> Iterator[tuple[int, paramiko.PKey]]:
    """Run an SFTP server over `root`; gives its port and its host key. Account civil / 'right-secret', or the key."""
    host_key = paramiko.ECDSAKey.generate()
    listener = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transports.append(transport)
            transport.add_server_key(host_key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _sftp_of(root))
            try:
                transport.start_server(server=_Server(client_key))
            except (paramiko.SSHException, EOFError):
                continue

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1], host_key
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for transport in transports:
            transport.close()
