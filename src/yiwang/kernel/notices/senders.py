"""Real ways out (真实发送): text messages over the city's gateway, work chat over the robots of groups.

A gateway that is down or slow, answers with an error, or says 200 and means no, has failed: the message is tried again
by the room's own retry, and the gateway's own words stand on its receipt. Keys, addresses and texts are never logged:
`base.outgoing` logs the host alone, and words of a gateway that quote a key or a number lose them.
"""

import base64
import hashlib
import hmac
import re
import time
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from yiwang.kernel.base.outgoing import Answer, request
from yiwang.kernel.base.outgoing_errors import OutgoingFailed, OutgoingRefused
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.identity.queries import current_holdings
from yiwang.kernel.notices.channels import SendFailed, register_sender
from yiwang.kernel.notices.models import Channel, Notice

SHIPPED = Path(__file__).parent / "data" / "sms_providers.toml"
_DIGITS = re.compile(r"\d{7,}")
_MOST_ANSWER = 64 * 1024


def connect() -> None:
    """Put real senders in place of the stand-ins, for what the settings name."""
    if settings.SMS_URL:
        register_sender(Channel.SMS, SmsSender())
    if settings.CHAT_ROBOTS:
        register_sender(Channel.CHAT, ChatSender())


def spoken(text: str, *secrets: str) -> str:
    """Return a gateway's words as they may be kept: without our keys and without numbers of telephones."""
    for secret in secrets:
        if len(secret) > 3:
            text = text.replace(secret, "***")
    return _DIGITS.sub(lambda m: m[0][:3] + "***", text)[:160]


def call(url: str, *, purpose: str, headers: Mapping[str, str] | None = None, json: Any = None, content: bytes | None = None) -> Any:
    """Call a gateway and return its JSON answer.

    Raises
    ------
    SendFailed
        Refused by our own settings (for good), no answer, too slow, an error status, or an answer that is no JSON.
    """
    try:
        answer: Answer = request(
            "POST", url, purpose=purpose, headers=headers, json=json, content=content, timeout_s=settings.NOTICES_TIMEOUT_S, most_bytes=_MOST_ANSWER, most_redirects=0,
        )  # fmt: skip
    except OutgoingRefused as problem:
        raise SendFailed(f"not called from here: {problem.reason}"[:160], permanent=True) from problem
    except OutgoingFailed as problem:
        raise SendFailed(f"no answer: {problem.reason}"[:160]) from problem
    if not answer.is_ok:
        raise SendFailed(f"HTTP {answer.status}: {spoken(answer.body.decode('utf-8', 'replace'), settings.SMS_KEY, settings.SMS_SECRET)}")
    try:
        return answer.json()
    except ValueError as error:
        raise SendFailed(f"an answer that cannot be read: {spoken(answer.body.decode('utf-8', 'replace'), settings.SMS_KEY, settings.SMS_SECRET)}") from error


def at_path(value: Any, path: str) -> Any:
    """Return what stands at "a.b.0" in a JSON value; None when it has no such place.

    >>> at_path({"data": [{"code": 7}]}, "data.0.code")
    7
    """
    for part in path.split(".") if path else ():
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def filled(shape: Any, facts: Mapping[str, str]) -> Any:
    """Return the shape of a body with its places filled, in one pass: what is filled in is not looked at again."""
    if isinstance(shape, Mapping):
        return {key: filled(value, facts) for key, value in shape.items()}
    if isinstance(shape, list):
        return [filled(value, facts) for value in shape]
    if isinstance(shape, str):
        return re.sub(r"\{(\w+)\}", lambda m: facts.get(m[1], m[0]), shape)
    return shape


def said_of(notice: Notice, language: str) -> str:
    """Return the text of a message outside the platform, in one line."""
    title, body = pick(notice.title, language), pick(notice.body, language)
    text = title if not body or body == title else f"{title} {body}"
    return " ".join(text.split())


class SmsSender:
    """Text messages (短信) by the provider that the settings name."""

    def provider(self) -> dict[str, Any]:
        file = Path(settings.SMS_PROVIDERS_FILE) if settings.SMS_PROVIDERS_FILE else SHIPPED
        try:
            tables = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SendFailed(f"the file of providers cannot be read: {type(error).__name__}") from error
        if settings.SMS_PROVIDER not in tables:
            raise SendFailed(f"there is no provider {settings.SMS_PROVIDER!r}")
        return dict(tables[settings.SMS_PROVIDER])

    def send(self, notice: Notice, address: str, language: str) -> str:
        provider = self.provider()
        facts = {
            "phone": address, "text": said_of(notice, language)[:300], "sign": settings.SMS_SIGN, "template": settings.SMS_TEMPLATE, "key": settings.SMS_KEY,
            "secret": settings.SMS_SECRET, "uid": str(notice.uid), "link": notice.link,
        }  # fmt: skip
        headers, body = filled(provider.get("headers", {}), facts), filled(provider.get("body", {}), facts)
        if provider.get("encoding") == "form":
            headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", **headers}
            answer = call(settings.SMS_URL, purpose="sms", headers=headers, content=urlencode(body).encode())
        else:
            answer = call(settings.SMS_URL, purpose="sms", headers=headers, json=body)
        word = at_path(answer, str(provider.get("ok_path", "code")))
        if str(word) not in {str(w) for w in provider.get("ok", ("0",))}:
            why = at_path(answer, str(provider.get("words", "message")))
            words = spoken(f"{word}: {why}", settings.SMS_KEY, settings.SMS_SECRET, address)
            raise SendFailed(f"the gateway refused: {words}", permanent=str(word) in {str(w) for w in provider.get("permanent", ())})
        return spoken(f"{settings.SMS_PROVIDER}: {at_path(answer, str(provider.get('receipt', 'id'))) or 'accepted'}", settings.SMS_KEY, settings.SMS_SECRET, address)


class ChatSender:
    """Work chat (企业微信、钉钉、飞书): the robot of the receiver's own body's group, else the one for all others."""

    def send(self, notice: Notice, address: str, language: str) -> str:
        robot = self.robot(notice)
        build, ok_path, words = KINDS[str(robot.get("kind"))]
        text = f"{notice.account or ''}：{said_of(notice, language)}".strip("：")[:1800]
        url, body = build(str(robot["url"]), str(robot.get("secret", "")), text, int(time.time()))
        answer = call(url, purpose="chat", json=body)
        word = next((found for path in ok_path if (found := at_path(answer, path)) is not None), None)
        if word is None or str(word) != "0":
            said = spoken(f"{word}: {at_path(answer, words)}", str(robot.get("secret", "")), str(robot["url"]))
            raise SendFailed(f"the robot refused: {said}")
        return f"{robot['kind']}: taken"

    def robot(self, notice: Notice) -> dict[str, Any]:
        robots = [dict(r) for r in settings.CHAT_ROBOTS if r.get("kind") in KINDS and r.get("url")]
        mine = {h.post.organization.path for h in current_holdings(notice.account_id)} if notice.account_id else set()
        named = {r["org"]: r for r in robots if r.get("org")}
        if mine and named:
            for org in Organization.objects.filter(code__in=named).order_by("-path"):
                if any(path.startswith(org.path) for path in mine):
                    return named[org.code]
        usual = next((r for r in robots if not r.get("org")), None)
        if usual is None:
            raise SendFailed("no robot is set for this body", permanent=True)
        return usual


Build = Callable[[str, str, str, int], tuple[str, dict[str, Any]]]


def _wecom(url: str, secret: str, text: str, at: int) -> tuple[str, dict[str, Any]]:
    return url, {"msgtype": "text", "text": {"content": text}}


def _dingtalk(url: str, secret: str, text: str, at: int) -> tuple[str, dict[str, Any]]:
    """DingTalk signs with HMAC-SHA256 of "milliseconds, line end, secret" under the secret, in the address."""
    if secret:
        stamp = str(at * 1000)
        sign = base64.b64encode(hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()).decode()
        url += ("&" if "?" in url else "?") + urlencode({"timestamp": stamp, "sign": sign})
    return url, {"msgtype": "text", "text": {"content": text}}


def _feishu(url: str, secret: str, text: str, at: int) -> tuple[str, dict[str, Any]]:
    """Feishu signs with HMAC-SHA256 of nothing under "seconds, line end, secret", in the body."""
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
    if secret:
        sign = base64.b64encode(hmac.new(f"{at}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()
        body = {"timestamp": str(at), "sign": sign, **body}
    return url, body


KINDS: dict[str, tuple[Build, tuple[str, ...], str]] = {
    "wecom": (_wecom, ("errcode",), "errmsg"), "dingtalk": (_dingtalk, ("errcode",), "errmsg"), "feishu": (_feishu, ("code", "StatusCode"), "msg"),
}  # fmt: skip
