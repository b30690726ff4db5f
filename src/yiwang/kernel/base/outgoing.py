"""The one way out over HTTP (对外请求): every request to another system goes through `request`, and nothing else does.

A name is resolved once, all its addresses are checked, and the connection goes to the address that was checked, so a name
that changes its mind between check and use (DNS rebinding) gains nothing. Redirects are followed by hand, each checked
anew. Time and size are bounded. The log names host and purpose, never path, query, header or body, where secrets are.

Examples
--------
>>> answer = request("POST", "https://sms.example.cn/send", purpose="sms", json={"to": "..."})   # doctest: +SKIP
>>> answer.status, answer.json()                                                                 # doctest: +SKIP
"""

import base64
import json as json_
import logging
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

import httpcore
import httpx
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base import logs, metrics
from yiwang.kernel.base.addresses import is_inside, networks
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.outgoing_errors import OutgoingFailed, OutgoingRefused, OutgoingUntrusted

log = logging.getLogger("yiwang.outgoing")
Address = IPv4Address | IPv6Address
TIMEOUT_S, MOST_BYTES, MOST_REDIRECTS = 20.0, 5 * 1024 * 1024, 3
# Answered by the machine room itself (Azure's and Alibaba's inner services), and what older Pythons take for public.
_INNER = ("168.63.129.16/32", "100.100.100.200/32", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "fec0::/10", "100::/64")
_EMBEDDED = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))  # IPv4 inside IPv6 (NAT64)
_HARMLESS = ("accept", "accept-encoding", "accept-language", "content-type", "user-agent", "x-request-id")  # go on to another host


@dataclass(frozen=True)
class Answer:
    """What came back. `body` is empty when it was written into a sink."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        return json_.loads(self.body)


def request(
    method: str, url: str, *, purpose: str, headers: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None,
    json: Any = None, content: bytes | Iterable[bytes] | None = None, timeout_s: float = TIMEOUT_S, most_bytes: int = MOST_BYTES,
    most_redirects: int = MOST_REDIRECTS, sink: BinaryIO | None = None,
) -> Answer:  # fmt: skip
    """Call another system and return its answer, whatever its status.

    Parameters
    ----------
    purpose : str
        A word for the log: sms, webhook, level-up, backup.
    timeout_s : float
        For everything together, redirects and a body that drips included.
    sink : file
        Where a successful answer's body is written instead of being kept in memory.

    Raises
    ------
    OutgoingRefused
        The address, or one it redirects to, is not to be called from here.
    OutgoingFailed
        No connection, too slow, too large, too many redirects.
    """
    began, deadline = time.monotonic(), time.monotonic() + timeout_s
    sent = httpx.Headers(dict(headers or {}))
    sent.setdefault("User-Agent", "Yiwang")
    sent["Accept-Encoding"] = "identity"  # a small answer may unpack to gigabytes
    if number := logs.request_id():
        sent["X-Request-Id"] = number
    target, answer = _read_url(url).copy_merge_params(dict(params or {})), None
    body: dict[str, Any] = {"json": json} if json is not None else {"content": content} if content is not None else {}
    try:
        with _client() as client:
            for _hop in range(most_redirects + 1):
                answer = _once(client, method, target, sent, body, deadline, most_bytes, sink)
                onward = answer.headers.get("location") if answer.status in (301, 302, 303, 307, 308) else None
                if onward is None:
                    return answer
                before, target = target, _joined(target, onward)
                if before.scheme == "https" and target.scheme != "https":
                    raise OutgoingRefused(host=target.host, reason=str(_("it redirects from HTTPS to plain HTTP")))
                if (before.scheme, before.host, before.port) != (target.scheme, target.host, target.port):
                    sent = httpx.Headers({k: v for k, v in sent.items() if k.lower() in _HARMLESS})
                if answer.status in (301, 302, 303) and method not in ("GET", "HEAD"):
                    method, body = "GET", {}
                elif body and not isinstance(content, bytes | None):
                    raise OutgoingFailed(host=target.host, reason=str(_("it redirects a body that cannot be sent twice")))
        raise OutgoingFailed(host=target.host, reason=str(_("it redirects too often")))
    except ProblemError as problem:
        log.warning("outgoing %s %s to %s: %s", purpose, method, _host(target), problem.code)
        metrics.OUTGOING.labels(purpose=purpose, result=problem.code).inc()
        raise
    finally:
        ms = (time.monotonic() - began) * 1000
        log.info("outgoing %s %s to %s: %s in %.0f ms", purpose, method, _host(target), answer.status if answer else "-", ms)
        if answer is not None:
            metrics.OUTGOING.labels(purpose=purpose, result=str(answer.status)).inc()


def _read_url(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except httpx.InvalidURL as error:
        raise OutgoingRefused(host="-", reason=str(_("its address cannot be read"))) from error


def _joined(before: httpx.URL, onward: str) -> httpx.URL:
    try:
        return before.join(onward)
    except httpx.InvalidURL as error:
        raise OutgoingRefused(host=before.host, reason=str(_("it redirects to an address that cannot be read"))) from error


def _host(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.host}" + (f":{url.port}" if url.port else "")


def _once(
    client: httpx.Client, method: str, url: httpx.URL, headers: httpx.Headers, body: Mapping[str, Any], deadline: float,
    most_bytes: int, sink: BinaryIO | None,
) -> Answer:  # fmt: skip
    _check_url(url)
    left = deadline - time.monotonic()
    if left <= 0:
        raise OutgoingFailed(host=url.host, reason=str(_("it took too long")))
    try:
        with client.stream(method, url, headers=headers, timeout=left, **body) as response:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise OutgoingFailed(host=url.host, reason=str(_("it sent packed data that was not asked for")))
            kept, size = bytearray(), 0
            for part in response.iter_raw():
                size += len(part)
                if size > most_bytes:
                    raise OutgoingFailed(host=url.host, reason=str(_("its answer is larger than allowed")))
                if time.monotonic() > deadline:
                    raise OutgoingFailed(host=url.host, reason=str(_("it took too long")))
                if sink is not None and response.is_success:
                    sink.write(part)
                else:
                    kept += part
            return Answer(response.status_code, response.headers, bytes(kept), str(url))
    except httpx.TimeoutException as error:
        raise OutgoingFailed(host=url.host, reason=str(_("it took too long"))) from error
    except (httpx.TransportError, httpx.InvalidURL) as error:
        if (refused := _certificate(error)) is not None:
            raise OutgoingUntrusted(host=url.host, reason=str(_UNTRUSTED.get(refused.verify_code, _UNKNOWN_ISSUER))) from error
        raise OutgoingFailed(host=url.host, reason=type(error).__name__) from error


_UNKNOWN_ISSUER = _("nobody whom we trust has issued its certificate")
_UNTRUSTED = {  # OpenSSL's codes of refused certificates (X509_V_ERR_...)
    9: _("its certificate is not valid yet; is one of the clocks wrong?"), 10: _("its certificate has expired"),
    23: _("its certificate was taken back by its issuer"), 62: _("its certificate is for another name"), 64: _("its certificate is for another address"),
}  # fmt: skip


def _certificate(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """Return what the check of the other side's certificate said, if that is why there is no connection."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error
        error = error.__cause__ or error.__context__
    return None


def _check_url(url: httpx.URL) -> None:
    if url.scheme not in ("http", "https") or not url.host:
        raise OutgoingRefused(host=url.host, reason=str(_("only http and https addresses are called")))
    if url.userinfo:
        raise OutgoingRefused(host=url.host, reason=str(_("a password in an address is not taken")))
    if url.scheme == "http" and settings.PRODUCTION and not _is_named(url.host):
        raise OutgoingRefused(host=url.host, reason=str(_("plain HTTP leaves the building unprotected")))


# --- where to ----------------------------------------------------------------------------------------------------------


def _allowed() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the allowed networks and the allowed host names of this installation."""
    names, nets = [], []
    for entry in settings.OUTGOING_ALLOW:
        try:
            networks((entry,))
            nets.append(entry)
        except ValueError:
            names.append(entry.lower().rstrip("."))
    return tuple(nets), tuple(names)


def _is_named(host: str) -> bool:
    nets, names = _allowed()
    return host.lower().rstrip(".") in names or is_inside(host, nets)


def _plain(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one carries, else the address itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address.sixtofour:
            return address.sixtofour
        if address.teredo:
            return address.teredo[1]
        if any(address in network for network in _EMBEDDED):
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_open(address: Address, host: str = "") -> bool:
    """Say whether we may connect there: a public address, or one that a setting allows.

    A host allowed by name may have private addresses, but never one of this machine or of the link (metadata services):
    those are allowed by network alone.
    """
    found, (nets, names) = _plain(address), _allowed()
    if is_inside(str(found), nets):
        return True
    special = found.is_loopback or found.is_link_local or found.is_multicast or found.is_unspecified or found.is_reserved
    if special or is_inside(str(found), _INNER):
        return False
    return found.is_global or host.lower().rstrip(".") in names


def lookup(host: str, port: int) -> list[Address]:
    """Ask the resolver once; the order is the one in which to try."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutgoingFailed(host=host, reason=str(_("its name is not known"))) from error
    return list(dict.fromkeys(ip_address(str(row[4][0]).split("%")[0]) for row in found))


def checked(host: str, port: int) -> list[Address]:
    """Return the addresses of a host, all of them allowed; one that is not spoils the name."""
    try:
        found: list[Address] = [ip_address(host.strip("[]"))]
    except ValueError:
        found = lookup(host, port)
    for address in found:
        if not is_open(address, host):
            raise OutgoingRefused(host=host, reason=str(_("it is an address of an inner network")))
    if not found:
        raise OutgoingFailed(host=host, reason=str(_("its name is not known")))
    return found


class _GuardedBackend(httpcore.NetworkBackend):
    """Opens connections only to addresses that were checked, through the proxy where one is set."""

    def __init__(self) -> None:
        self.inner = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        failed: Exception | None = None
        for address in checked(host, port):
            try:
                if settings.OUTGOING_PROXY:
                    return self._through_proxy(str(address), port, timeout)
                return self.inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed or httpcore.ConnectError("no address")

    def _through_proxy(self, address: str, port: int, timeout: float | None) -> httpcore.NetworkStream:
        """Open a tunnel to the checked address, so that the proxy does not resolve the name a second time."""
        proxy = urlsplit(settings.OUTGOING_PROXY)
        stream = self.inner.connect_tcp(proxy.hostname or "", proxy.port or 3128, timeout)
        there = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        lines = [f"CONNECT {there} HTTP/1.1", f"Host: {there}"]
        if proxy.username:
            secret = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
            lines.append("Proxy-Authorization: Basic " + base64.b64encode(secret.encode()).decode())
        stream.write(("\r\n".join(lines) + "\r\n\r\n").encode(), timeout)
        said = b""
        while b"\r\n\r\n" not in said and len(said) < 8192:
            part = stream.read(1024, timeout)
            if not part:
                break
            said += part
        status = said.split(b"\r\n", 1)[0].split(b" ")
        if len(status) < 2 or status[1] != b"200":
            stream.close()
            raise httpcore.ConnectError("the proxy did not connect")
        return stream

    def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("not over a socket file")

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class _Body(httpx.SyncByteStream):
    def __init__(self, parts: Iterable[bytes]) -> None:
        self.parts = parts

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self.parts

    def close(self) -> None:
        if hasattr(self.parts, "close"):
            self.parts.close()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Turn what the connection raises into httpx's own."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise httpx.ReadTimeout(str(error)) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, httpcore.UnsupportedProtocol) as error:
        raise httpx.NetworkError(type(error).__name__) from error


@lru_cache(maxsize=2)
def _tls(own_ca: str) -> ssl.SSLContext:
    """Reading the system's certificates takes 0.1 s, so it is done once a process."""
    context = ssl.create_default_context(cafile=own_ca or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _GuardedTransport(httpx.BaseTransport):
    def __init__(self) -> None:
        context = _tls(settings.OUTGOING_CA)
        self.pool = httpcore.ConnectionPool(ssl_context=context, network_backend=_GuardedBackend(), max_connections=2)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        with _as_httpx():
            response = self.pool.handle_request(httpcore.Request(
                method=request.method, headers=request.headers.raw, content=request.stream, extensions=request.extensions,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            ))  # fmt: skip
        return httpx.Response(
            status_code=response.status, headers=response.headers, stream=_Body(response.stream), extensions=response.extensions  # type: ignore[arg-type]
        )

    def close(self) -> None:
        self.pool.close()


def _client() -> httpx.Client:
    return httpx.Client(transport=_GuardedTransport(), trust_env=False, follow_redirects=False)
