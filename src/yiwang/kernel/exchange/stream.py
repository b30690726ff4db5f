"""The live stream (server-sent events): who may see a case hears that it moved. One process, one LISTEN, many viewers.

A viewer that was cut off comes back with `Last-Event-ID` and gets what it missed, up to `MOST_CATCH_UP` events; beyond
that it is told to reload. Nothing personal is sent: case uid, number, state, position.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

import psycopg
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import close_old_connections, connection

from yiwang.kernel.audit import queries as record
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.exchange.relay import CHANNEL
from yiwang.kernel.identity import queries as people
from yiwang.kernel.identity.models import Account, Organization

log = logging.getLogger("yiwang.stream")
MOST_CATCH_UP = 500
HEARTBEAT_S = 15.0

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]


@dataclass(eq=False)
class Viewer:
    actor: Actor
    queue: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(maxsize=1000))


def may_hear(actor: Actor, event: Event, org_paths: dict[int, str]) -> bool:
    """Say whether the event's case concerns the actor, from what the event itself carries."""
    app = event.matter.split(".", 1)[0]
    org_path = org_paths.get(event.case_org_id or 0, "")
    return actor.may(f"{app}.case.view", area_path=event.area_path, org_path=org_path)


def encode(event: Event) -> bytes:
    body = {
        "case": str(event.case_uid), "action": event.action, "state": event.to_state, "step": event.step,
        "at": event.occurred_at.isoformat(), "area": event.area_path,
    }
    return f"id: {event.position}\nevent: case\ndata: {json.dumps(body)}\n\n".encode()


class Hub:
    """All viewers of this process, fed by one task that listens."""

    def __init__(self) -> None:
        self.viewers: set[Viewer] = set()
        self.position = 0
        self.org_paths: dict[int, str] = {}
        self._task: asyncio.Task[None] | None = None

    def ensure(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        """Read what is new whenever the relay says so, and after every reconnect."""
        while True:
            try:
                self.position = self.position or await sync_to_async(_position)()
                async with await psycopg.AsyncConnection.connect(**_dsn(), autocommit=True) as conn:
                    await conn.execute(f"LISTEN {CHANNEL}")
                    await self._feed()
                    async for _notice in conn.notifies():
                        await self._feed()
            except (psycopg.Error, OSError):
                log.warning("the live stream lost the database; trying again")
                await asyncio.sleep(1)

    async def _feed(self) -> None:
        events, self.org_paths = await sync_to_async(_read)(self.position)
        for event in events:
            self.position = event.position
            line = encode(event)
            for viewer in list(self.viewers):
                if may_hear(viewer.actor, event, self.org_paths):
                    self._put(viewer, line)

    def _put(self, viewer: Viewer, line: bytes) -> None:
        try:
            viewer.queue.put_nowait(line)
        except asyncio.QueueFull:
            self.viewers.discard(viewer)  # too slow to follow: it reconnects and catches up


def _dsn() -> dict[str, Any]:
    config = settings.DATABASES["default"]
    found = {"dbname": config["NAME"], "user": config["USER"], "host": config["HOST"], "port": config["PORT"] or None,
             "password": config.get("PASSWORD") or None}
    return {key: value for key, value in found.items() if value}


def _position() -> int:
    close_old_connections()
    return record.safe_position()


def _read(position: int) -> tuple[list[Event], dict[int, str]]:
    close_old_connections()
    try:
        events = record.events_after(position, limit=500)
        orgs = {e.case_org_id for e in events if e.case_org_id}
        return events, dict(Organization.objects.filter(pk__in=orgs).values_list("pk", "path"))
    finally:
        connection.close()


def _actor_of(session_key: str) -> Actor | None:
    """Return who is signed in with the session; None for nobody."""
    close_old_connections()
    try:
        account_id = SessionStore(session_key=session_key).get("_auth_user_id")
        account = Account.objects.filter(pk=account_id, is_active=True).first() if account_id else None
        return people.actor_for(account) if account else None
    finally:
        connection.close()


hub = Hub()


def _header(scope: MutableMapping[str, Any], name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in scope["headers"] if k.lower() == name), "")


async def _plain(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


def _allowed_origin(scope: MutableMapping[str, Any]) -> bytes | None:
    """Return the page's origin when its host is ours: the stream has a port of its own beside the web's."""
    origin = _header(scope, b"origin")
    host = origin.split("://", 1)[-1].rsplit(":", 1)[0]
    return origin.encode() if origin and host in [*settings.ALLOWED_HOSTS, "localhost", "127.0.0.1"] else None


async def application(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """ASGI: GET /live/ streams; /healthz answers."""
    if scope["type"] != "http":
        return
    if scope["path"] == "/healthz":
        await _plain(send, 200, "ok")
        return
    if scope["path"] != "/live/":
        await _plain(send, 404, "not here")
        return
    cookie = SimpleCookie(_header(scope, b"cookie")).get(settings.SESSION_COOKIE_NAME)
    actor = await sync_to_async(_actor_of)(cookie.value) if cookie else None
    if actor is None:
        await _plain(send, 401, "sign in first")
        return
    await _stream(scope, receive, send, actor)


async def _stream(scope: MutableMapping[str, Any], receive: Receive, send: Send, actor: Actor) -> None:
    hub.ensure()
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]
    if origin := _allowed_origin(scope):
        headers += [(b"access-control-allow-origin", origin), (b"access-control-allow-credentials", b"true"), (b"vary", b"Origin")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    viewer = Viewer(actor)
    hub.viewers.add(viewer)
    gone = asyncio.create_task(_until_gone(receive))
    try:
        await send({"type": "http.response.body", "body": b"retry: 2000\n\n", "more_body": True})
        await _catch_up(_header(scope, b"last-event-id"), viewer, send)
        while viewer in hub.viewers and not gone.done():
            try:
                line = await asyncio.wait_for(viewer.queue.get(), HEARTBEAT_S)
            except TimeoutError:
                line = b": still here\n\n"
            await send({"type": "http.response.body", "body": line, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        hub.viewers.discard(viewer)
        gone.cancel()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _catch_up(last: str, viewer: Viewer, send: Send) -> None:
    if not (last.isascii() and last.isdigit() and len(last) <= 18):
        return
    events, org_paths = await sync_to_async(_read)(int(last))
    if len(events) >= MOST_CATCH_UP:
        await send({"type": "http.response.body", "body": b"event: reload\ndata: {}\n\n", "more_body": True})
        return
    for event in events:
        if event.position <= hub.position and may_hear(viewer.actor, event, org_paths):
            await send({"type": "http.response.body", "body": encode(event), "more_body": True})
