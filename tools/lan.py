"""`./dev up --lan NAME`: HTTPS for the phones of this network, by a certificate authority of this data folder's own.

Over plain http phones give a page neither camera nor place nor an offline store. The authority (CA) is made once and may
sign for NAME and private addresses alone, so whoever stole its key could pretend to be nobody else. The server's
certificate is made anew when the addresses change or a month before it ends; phones trust the authority and notice nothing.
"""

from __future__ import annotations

import ipaddress
import json
import re
import secrets
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import segno
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tools.database import REPO_DIR
from tools.place import Place, read_json, write_whole
from tools.say import Stop

CA_DAYS, SERVER_DAYS, RENEW_DAYS = 3650, 395, 30  # browsers refuse a server's certificate of more than 398 days
HTTPS_PORT, PAGE_PORT = 8443, 8480
PHONE = "/city/phone/"
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.IGNORECASE)
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10", "::1/128")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Lan:
    """How phones reach this machine: the name, the addresses, the ports of HTTPS and of the page that says how to begin."""

    folder: Path
    name: str
    addresses: tuple[str, ...]
    https_port: int
    page_port: int

    @property
    def url(self) -> str:
        return f"https://{_in_url(self.name)}:{self.https_port}"

    @property
    def pages(self) -> list[str]:
        """Addresses of the page, by which a phone gets the authority's certificate: by number, which needs no name service."""
        hosts = [a for a in self.addresses if ":" not in a] or list(self.addresses) or [self.name]
        return [f"http://{_in_url(host)}:{self.page_port}/" for host in hosts]

    @property
    def environment(self) -> dict[str, str]:
        """Settings of the process that serves phones."""
        hosts = ["localhost", "127.0.0.1", "[::1]", self.name, *(_in_url(a) for a in self.addresses)]
        origins = [f"https://{_in_url(host)}:{self.https_port}" for host in dict.fromkeys((self.name, *self.addresses))]
        return {
            "YIWANG_HOSTS": ",".join(dict.fromkeys(hosts)), "YIWANG_ORIGINS": ",".join(origins), "YIWANG_TLS": "1", "YIWANG_URL": self.url,
            "YIWANG_LIVE_URL": "",  # the stream has a port of its own, without TLS; phones ask by themselves
        }  # fmt: skip

    @property
    def services(self) -> list[dict[str, object]]:
        """The processes besides the usual ones: the pages by HTTPS on all interfaces, and the page that says how to begin."""
        serve = [
            sys.executable, "-m", "granian", "--host", "0.0.0.0", "--workers", "1", "--no-ws", "--log-level", "warning", "--interface", "wsgi",  # noqa: S104
            "--port", str(self.https_port), "--blocking-threads", "4", "--ssl-certificate", str(self.folder / "server.crt"),
            "--ssl-keyfile", str(self.folder / "server.key"), "--ssl-protocol-min", "tls1.2", "yiwang.site.wsgi:application",
        ]  # fmt: skip
        page = [sys.executable, str(REPO_DIR / "tools" / "lan_page.py"), str(self.folder), str(self.page_port)]
        return [
            {"name": "lan", "command": serve, "env": {**self.environment, "YIWANG_DB_POOL": "6", "YIWANG_PROCESS": "lan"}},
            {"name": "lan_page", "command": page, "env": {}},
        ]


def prepare(where: Place, name: str) -> Lan:
    """Make or renew what HTTPS needs and write the page.

    Raises
    ------
    Stop
        NAME is none, or a port that phones know already is taken by somebody else.
    """
    name = checked(name)
    folder = where.data / "lan"
    folder.mkdir(mode=0o700, exist_ok=True)
    kept = read_json(folder / "lan.json")
    ports = [_port(int(kept.get(key) or 0), usual) for key, usual in (("https_port", HTTPS_PORT), ("page_port", PAGE_PORT))]
    lan = Lan(folder, name, tuple(a for a in own_addresses() if a != name), ports[0], ports[1])
    authority(lan)
    certificate(lan)
    write_whole(folder / "lan.json", json.dumps({"name": name, "https_port": ports[0], "page_port": ports[1]}) + "\n")
    write_whole(folder / "index.html", page(lan))
    return lan


def checked(name: str) -> str:
    """Return NAME as it stands in addresses: a host name or an address of this machine."""
    name = name.strip().rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        pass
    if not _NAME.fullmatch(name):
        raise Stop(f"{name!r} is no host name.", "Give the name or address by which phones reach this machine: ./dev up --lan yiwang.local")
    return name


def own_addresses() -> list[str]:
    """Return the addresses of this machine that others may reach, the one towards the network first."""
    found: list[str] = []
    for family, far in ((socket.AF_INET, "10.255.255.255"), (socket.AF_INET6, "fd00::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:  # connecting sends nothing; it chooses the way
                probe.connect((far, 9))
                found.append(str(probe.getsockname()[0]))
        except OSError:
            continue
    try:
        table = Path("/proc/net/fib_trie").read_text(encoding="ascii")
        found += re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", table)
    except OSError:
        pass
    usable = [a for a in dict.fromkeys(found) if not ipaddress.ip_address(a).is_loopback and not ipaddress.ip_address(a).is_link_local]
    return usable[:8]


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _port(kept: int, usual: int) -> int:
    """Return the port that phones know from the last time, else the usual one or the next free.

    Raises
    ------
    Stop
        The known port is taken: the app on a phone belongs to one address, another port would be another app.
    """
    if kept:
        if not _free(kept):
            raise Stop(f"Port {kept} is taken, and phones know this platform by it.", "Stop what uses it, then run the same command again.")
        return kept
    for port in range(usual, usual + 40):
        if _free(port):
            return port
    raise Stop(f"No port from {usual} to {usual + 39} is free.", "Stop something that uses them.")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 - phones come over all interfaces
        except OSError:
            return False
    return True


# --- certificates ------------------------------------------------------------------------------------------------------


def authority(lan: Lan) -> None:
    """Make the authority, once for each NAME: it may sign for that name and private addresses alone."""
    found = _read(lan.folder / "ca.crt")
    if found is not None and _named(found) == lan.name and found.not_valid_after_utc > datetime.now(UTC) + timedelta(days=SERVER_DAYS):
        return
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Yiwang"),
        x509.NameAttribute(NameOID.COMMON_NAME, f"Yiwang {lan.name}"[:64]),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, secrets.token_hex(4)),
    ])  # fmt: skip
    permitted: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_network(net)) for net in PRIVATE]
    permitted += [x509.IPAddress(ipaddress.ip_network(a)) for a in _public(lan)]
    permitted += [x509.DNSName("localhost"), x509.DNSName(lan.name if not _is_address(lan.name) else "invalid")]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    _write_key(lan.folder / "ca.key", key)
    write_whole(lan.folder / "ca.crt", made.public_bytes(serialization.Encoding.PEM).decode())
    (lan.folder / "server.crt").unlink(missing_ok=True)


def certificate(lan: Lan) -> None:
    """Make the server's certificate for NAME and the addresses, unless the present one still fits."""
    ca = _read(lan.folder / "ca.crt")
    if ca is None:
        raise Stop("The certificate authority of this data folder cannot be read.", f"Remove {lan.folder} and run the same command again.")
    wanted = _names(lan)
    found = _read(lan.folder / "server.crt")
    if found is not None and (lan.folder / "server.key").is_file() and found.not_valid_after_utc > datetime.now(UTC) + timedelta(days=RENEW_DAYS):
        there = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if set(there) == set(wanted):
            return
    signer = serialization.load_pem_private_key((lan.folder / "ca.key").read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise Stop("The key of the certificate authority is of another kind.", f"Remove {lan.folder} and run the same command again.")
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, lan.name[:64])])).issuer_name(ca.subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=SERVER_DAYS))
        .add_extension(x509.SubjectAlternativeName(wanted), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )  # fmt: skip
    _write_key(lan.folder / "server.key", key)
    write_whole(lan.folder / "server.crt", made.public_bytes(serialization.Encoding.PEM).decode())


def _names(lan: Lan) -> list[x509.GeneralName]:
    hosts = [lan.name, *lan.addresses, "localhost", "127.0.0.1", "::1"]
    return [x509.IPAddress(ipaddress.ip_address(h)) if _is_address(h) else x509.DNSName(h) for h in dict.fromkeys(hosts)]


def _public(lan: Lan) -> list[str]:
    """Return the addresses of this machine that lie in no private network."""
    nets = [ipaddress.ip_network(net) for net in PRIVATE]
    hosts = [ipaddress.ip_address(h) for h in (lan.name, *lan.addresses) if _is_address(h)]
    return [str(h) for h in hosts if not any(h in net for net in nets if net.version == h.version)]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _read(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None


def _named(ca: x509.Certificate) -> str:
    return str(ca.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value).removeprefix("Yiwang ")


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_whole(path, pem.decode())
    path.chmod(0o600)


def fingerprint(lan: Lan) -> str:
    """Return the authority's SHA-256 in pairs, as phones show it."""
    found = _read(lan.folder / "ca.crt")
    return found.fingerprint(hashes.SHA256()).hex(":").upper() if found is not None else ""


# --- the page ----------------------------------------------------------------------------------------------------------


def page(lan: Lan) -> str:
    """Return the page that leads a phone in: its own address as a QR code, the authority, the app."""
    app = lan.url + PHONE
    codes = "".join(
        f'<figure><div class="code">{segno.make(address, error="m", micro=False).svg_inline(scale=5, border=2)}</div>'
        f"<figcaption>{caption}<br><a href=\"{escape(address)}\">{escape(address)}</a></figcaption></figure>"
        for address, caption in ((lan.pages[0], "① 本页 This page"), (app, "③ 城管通 The app"))
    )
    pairs = fingerprint(lan).split(":")
    shown = "<br>".join(":".join(pairs[n : n + 8]) for n in range(0, len(pairs), 8))
    return _PAGE.format(codes=codes, fingerprint=shown, app=escape(app), name=escape(lan.name))


_PAGE = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>城管通 · 安装</title>
<style>
:root {{ color-scheme: light dark; --ink: #1b2430; --paper: #fff; --line: #c9d2dc; --blue: #1f5fa8; --quiet: #55616f; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #e8edf3; --paper: #141a21; --line: #3a4654; --blue: #8bbcf3; --quiet: #a7b3c1; }} }}
body {{ margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 46rem; font: 1rem/1.6 system-ui, "Noto Sans CJK SC", sans-serif; color: var(--ink); background: var(--paper); }}
h1 {{ font-size: 1.5rem; margin: 0; }} h2 {{ font-size: 1.1rem; margin: 1.6rem 0 0.3rem; }} p, ol {{ margin: 0.3rem 0; }} a {{ color: var(--blue); overflow-wrap: anywhere; }}
.codes {{ display: flex; flex-wrap: wrap; gap: 1.5rem; margin: 1rem 0; }} figure {{ margin: 0; text-align: center; flex: 1 1 14rem; }}
.code {{ background: #fff; display: inline-block; border: 1px solid var(--line); border-radius: 0.5rem; }} .code svg {{ display: block; max-width: 100%; height: auto; }}
.go {{ display: inline-block; padding: 0.8rem 1.4rem; border-radius: 0.5rem; background: #1f5fa8; color: #fff; text-decoration: none; font-weight: 600; margin: 0.4rem 0; }}
code {{ font: 0.85rem/1.5 ui-monospace, monospace; }} .quiet {{ color: var(--quiet); font-size: 0.9rem; }} li {{ margin: 0.2rem 0; }}
</style></head><body>
<h1>城管通 · 安装到手机</h1><p class="quiet">Install the inspector's app on a phone of this network</p>
<div class="codes">{codes}</div>
<h2>① 用手机打开本页</h2><p>手机与本机连同一无线网，用相机扫左侧二维码。<span class="quiet">Join the same Wi-Fi and scan the left code.</span></p>
<h2>② 安装根证书（每部手机一次）</h2>
<p><a class="go" href="/ca.crt" download="yiwang-{name}.crt">下载根证书 · Download the certificate</a></p>
<ol><li>安卓：设置 → 安全 → 加密与凭据 → 安装证书 → CA 证书，选择刚下载的文件。<span class="quiet">Android: Settings, Security, Install a certificate, CA certificate.</span></li>
<li>苹果：设置 → 已下载描述文件 → 安装；再到 通用 → 关于本机 → 证书信任设置，打开此证书。<span class="quiet">iPhone: install the profile, then General, About, Certificate Trust Settings.</span></li>
<li>鸿蒙：设置 → 安全 → 更多安全设置 → 加密和凭据 → 从存储设备安装。</li></ol>
<p>安装时核对 SHA-256 指纹，须与终端显示一致：<span class="quiet">Compare with the terminal:</span><br><code>{fingerprint}</code></p>
<p class="quiet">此证书只能为“{name}”和内网地址签名，不能用于其他网站。私钥只在本机。It can sign for this name and private addresses alone.</p>
<h2>③ 打开并安装城管通</h2>
<p><a class="go" href="{app}">打开城管通 · Open the app</a></p>
<p>登录后，在浏览器菜单选择“安装应用”或“添加到主屏幕”。<span class="quiet">Sign in, then “Install app” or “Add to home screen” in the browser's menu.</span></p>
</body></html>
"""
