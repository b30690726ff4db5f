"""The port for virus scanning: nothing by default, clamd when `CLAMD` names its socket or host:port.

Without a scanner files are kept as `unscanned`. While one does not answer, uploads are refused, or with
`YIWANG_SCANNER_DOWN=quarantine` taken in and shown to nobody until the scanner has seen them.
"""

import socket
import struct
from pathlib import Path
from typing import Protocol

from django.conf import settings

from yiwang.kernel.files.errors import Infected, ScannerDown


class Scanner(Protocol):
    def scan(self, path: Path, name: str) -> str:
        """Return the scan state (clean, unscanned), or raise Infected or ScannerDown."""


class NoScanner:
    def scan(self, path: Path, name: str) -> str:
        return "unscanned"


class ClamdScanner:
    """Speaks clamd's INSTREAM over a unix socket (a path) or TCP (host:port)."""

    def __init__(self, address: str, timeout_s: float = 30.0) -> None:
        self.address, self.timeout_s = address, timeout_s

    def _connect(self) -> socket.socket:
        if self.address.startswith("/"):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(self.timeout_s)
            try:
                connection.connect(self.address)
            except OSError:
                connection.close()
                raise
            return connection
        host, _, port = self.address.rpartition(":")
        return socket.create_connection((host or "127.0.0.1", int(port)), timeout=self.timeout_s)

    def scan(self, path: Path, name: str) -> str:
        try:
            with self._connect() as connection, path.open("rb") as source:
                connection.sendall(b"zINSTREAM\0")
                while block := source.read(65536):
                    connection.sendall(struct.pack(">I", len(block)) + block)
                connection.sendall(struct.pack(">I", 0))
                answer = b""
                while not answer.endswith(b"\0") and (part := connection.recv(4096)):
                    answer += part
        except (OSError, ValueError) as error:
            raise ScannerDown from error
        said = answer.rstrip(b"\0\n ")
        if said.endswith(b"FOUND"):
            signature = said.removeprefix(b"stream: ").removesuffix(b" FOUND").decode("ascii", "replace")[:120]
            raise Infected(name=name, signature=signature)
        if not said.endswith(b"OK"):
            raise ScannerDown
        return "clean"


def scanner() -> Scanner:
    address: str = settings.CLAMD
    return ClamdScanner(address) if address else NoScanner()
