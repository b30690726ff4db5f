"""The live stream (server-sent events): who may see a case hears that it moved. One process, one LISTEN, many viewers.

A viewer that was cut off comes back with `Last-Event-ID` and gets what it missed, up to `MOST_CATCH_UP` events; beyond
that it is told to reload. Nothing personal is sent: case uid, number, state, position.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl

import django.db
import psycopg
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections, connection

from yiwang.kernel.audit import queries as record
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base import headers as base_headers
from yiwang.kernel.base import heartbeats, logs
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.http import request_id_from
from yiwang.kernel.cases.models import CaseOrg
from yiwang.kernel.exchange import boards
from yiwang.kernel.exchange.boards import Seen
from yiwang.kernel.exchange.relay import CHANNEL
from yiwang.kernel.identity.gate import actor_of_session
from yiwang.kernel.identity.models import Organization

log = logging.getLogger("yiwang.stream")
access = logging.getLogger("yiwang.access")
MOST_CATCH_UP = 500
HEARTBEAT_S = 15.0
LOOK_AGAIN_S = 10.0
BEFORE = 200  # so many positions back reach the first numbers that go out for an area: pages were read a moment before
SESSION_LOOK_S = 60.0  # how soon an ended session, or a right that was taken away, is heard no more

OrgPaths = Mapping[int, Collection[str]]  # of the bodies of a case, by the case's id
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]


@dataclass(eq=False)
class Viewer:
    actor: Actor
    queue: asyncio.Queue[tuple[int | None, bytes]] = field(default_factory=lambda: asyncio.Queue(maxsize=1000))
    told: int = 0  # the last position that went out to him
    board: Seen | None = None  # the numbers that he looks at, when his page shows some


def may_hear(actor: Actor, event: Event, org_paths: OrgPaths) -> bool:
    """Say whether the event's case concerns the actor: in his areas, or of a body of his, leading, consulted (会办) or before."""
    app = event.matter.split(".", 1)[0]
    paths = org_paths.get(event.case_id or 0) or ("",)
    return any(actor.may(f"{app}.case.view", area_path=event.area_path, org_path=path) for path in paths)


def org_paths_of(events: Collection[Event]) -> dict[int, set[str]]:
    """Return the bodies that the events' cases concern or concerned, by case: two queries for a whole batch."""
    found: dict[int, set[str]] = {e.case_id: set() for e in events if e.case_id}
    leading = {e.case_org_id for e in events if e.case_org_id}
    paths = dict(Organization.objects.filter(pk__in=leading).values_list("pk", "path"))
    for event in events:
        if event.case_id and event.case_org_id in paths:
            found[event.case_id].add(paths[event.case_org_id])
    for case_id, path in CaseOrg.objects.filter(case__in=list(found)).values_list("case_id", "org_path"):
        found[case_id].add(path)
    return found


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
        self.org_paths: OrgPaths = {}
        self._task: asyncio.Task[None] | None = None
        self._moved: dict[Seen, Actor] = {}  # numbers that are not true any more, and somebody who may read them
        self._told: dict[Seen, int] = {}  # up to which position numbers went out
        self._awake = asyncio.Event()
        self._teller: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Know from where on we hear before anybody is let in: what lies before is his to catch up on."""
        if not self.position:
            found = await sync_to_async(_position)()
            self.position = max(self.position, found)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())
        if self._teller is None or self._teller.done():
            self._teller = asyncio.create_task(self._tell_boards())

    async def _listen(self) -> None:
        """Read what is new whenever the relay says so, and after every reconnect."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**_dsn(), autocommit=True) as conn:
                    await conn.execute(f"LISTEN {CHANNEL}")
                    while True:
                        await self._feed()
                        # A relay that was killed between its commit and its notice wakes nobody, hence the look now and then.
                        async for _notice in conn.notifies(timeout=LOOK_AGAIN_S, stop_after=1):
                            pass
            except (psycopg.Error, django.db.Error, OSError):
                log.warning("the live stream lost the database; trying again")
                await asyncio.sleep(1)

    async def _feed(self) -> None:
        while events := await self._next():
            self._hand_out(events)

    async def _next(self) -> list[Event]:
        events, self.org_paths = await sync_to_async(_read)(self.position)
        return events

    def _hand_out(self, events: list[Event]) -> None:
        for event in events:
            self.position = event.position
            line = encode(event)
            for viewer in list(self.viewers):
                if may_hear(viewer.actor, event, self.org_paths):
                    self._put(viewer, event.position, line)
                    self.wants(viewer)

    def wants(self, viewer: Viewer) -> None:
        """Have the numbers that he looks at read again."""
        if viewer.board is not None:
            self._moved[viewer.board] = viewer.actor
            self._awake.set()

    async def _tell_boards(self) -> None:
        """Read numbers that moved once for all who look at the same, and send them; at most once in `boards.GAP_S`."""
        while True:
            await self._awake.wait()
            self._awake.clear()
            began = time.monotonic()
            moved, self._moved = self._moved, {}
            for seen, actor in moved.items():
                try:
                    position, line = await sync_to_async(_read_board)(seen, actor, self._told.get(seen, max(0, self.position - BEFORE)))
                except Exception as error:  # whoever looks asks by himself when nothing comes
                    log.warning("numbers could not be read", extra={"facts": {"board": seen.name, "error": type(error).__name__}})
                    continue
                self._told[seen] = position
                for viewer in [v for v in self.viewers if v.board == seen]:
                    self._put(viewer, None, line)
            looked_at = {v.board for v in self.viewers}
            self._told = {seen: at for seen, at in self._told.items() if seen in looked_at}
            await asyncio.sleep(max(boards.GAP_S / 4, boards.GAP_S - (time.monotonic() - began)))

    def _put(self, viewer: Viewer, position: int | None, line: bytes) -> None:
        try:
            viewer.queue.put_nowait((position, line))
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


def _read(position: int) -> tuple[list[Event], OrgPaths]:
    close_old_connections()
    try:
        events = record.events_after(position, limit=500)
        return events, org_paths_of(events)
    finally:
        connection.close()


def _actor_of(session_key: str) -> Actor | None:
    """Return who is signed in with the session; None for nobody."""
    close_old_connections()
    try:
        return actor_of_session(session_key)
    finally:
        connection.close()


def _read_board(seen: Seen, actor: Actor, since: int) -> tuple[int, bytes]:
    close_old_connections()
    try:
        return boards.read(seen, actor, since)
    finally:
        connection.close()


def _board_of(actor: Actor, query: dict[str, str]) -> Seen | None:
    close_old_connections()
    try:
        return boards.seen_by(actor, query)
    finally:
        connection.close()


hub = Hub()


def _header(scope: MutableMapping[str, Any], name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in scope["headers"] if k.lower() == name), "")


def _headers(kind: str) -> list[tuple[bytes, bytes]]:
    found = {"Content-Type": kind, **base_headers.of_stream()}
    return [(name.lower().encode(), value.encode()) for name, value in found.items()]


async def _plain(send: Send, status: int, text: str) -> None:
    await send({"type": "http.response.start", "status": status, "headers": _headers("text/plain; charset=utf-8")})
    await send({"type": "http.response.body", "body": text.encode()})


def _allowed_origin(scope: MutableMapping[str, Any]) -> bytes | None:
    """Return the page's origin when its host is ours: the stream has a port of its own beside the web's."""
    origin = _header(scope, b"origin")
    host = origin.split("://", 1)[-1].rsplit(":", 1)[0]
    own = settings.ALLOWED_HOSTS if settings.PRODUCTION else [*settings.ALLOWED_HOSTS, "localhost", "127.0.0.1"]
    return origin.encode() if origin and host in own else None


async def application(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """ASGI: GET /live/ streams; /healthz answers. Each call is one line of the log, when it ends."""
    if scope["type"] != "http":
        return
    began, said = time.perf_counter(), Said(send)
    with logs.bound(request_id=request_id_from(_header(scope, b"x-request-id"))):
        try:
            await _answer(scope, receive, said)
        finally:
            if scope["path"] != "/healthz":
                ms = round((time.perf_counter() - began) * 1000)
                access.info("stream", extra={"facts": {"status": said.status, "ms": ms, "viewers": len(hub.viewers)}})


class Said:
    """Sends on, with the request's id on the answer, and remembers the status."""

    def __init__(self, send: Send) -> None:
        self.send, self.status = send, 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], (b"x-request-id", logs.request_id().encode())]
        await self.send(message)


async def _answer(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    if scope["path"] == "/healthz":
        await _plain(send, 200, "ok")
        return
    if scope["path"] != "/live/":
        await _plain(send, 404, "not here")
        return
    cookie = SimpleCookie(_header(scope, b"cookie")).get(settings.SESSION_COOKIE_NAME)
    try:
        actor = await sync_to_async(_actor_of)(cookie.value) if cookie else None
        if actor is not None:
            await hub.begin()
    except django.db.Error:
        await _plain(send, 503, "the database is away; try again")
        return
    if actor is None:
        await _plain(send, 401, "sign in first")
        return
    await _stream(scope, receive, send, actor, cookie.value if cookie else "")


def _last_heard(scope: MutableMapping[str, Any]) -> str:
    """Return what the viewer heard last: a browser says it by itself, or in the address when it had to begin anew."""
    return _header(scope, b"last-event-id") or _query(scope).get("last", "")


def _query(scope: MutableMapping[str, Any]) -> dict[str, str]:
    return dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))


async def _may_go_on(viewer: Viewer, session_key: str, query: dict[str, str]) -> bool:
    """Look whether the session still stands, and take over what its owner may see now; a lost database ends nothing."""
    try:
        actor = await sync_to_async(_actor_of)(session_key)
        if actor is not None:
            viewer.actor, viewer.board = actor, await sync_to_async(_board_of)(actor, query)
    except django.db.Error:
        return True
    return actor is not None


async def _stream(scope: MutableMapping[str, Any], receive: Receive, send: Send, actor: Actor, session_key: str) -> None:
    headers = [*_headers("text/event-stream"), (b"x-accel-buffering", b"no")]
    if origin := _allowed_origin(scope):
        headers += [(b"access-control-allow-origin", origin), (b"access-control-allow-credentials", b"true"), (b"vary", b"Origin")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    query = _query(scope)
    viewer = Viewer(actor)
    hub.viewers.add(viewer)
    try:
        viewer.board = await sync_to_async(_board_of)(actor, query)
        hub.wants(viewer)  # he begins with numbers that are true now
    except django.db.Error:
        log.warning("whose numbers they are could not be read; the page asks by itself")
    gone = asyncio.create_task(_until_gone(receive))
    try:
        last = _last_heard(scope)
        # Who has heard nothing yet is told where he came in: cut off before the first event, he misses none.
        hello = "retry: 2000\n\n" if last else f"retry: 2000\nid: {hub.position}\n\n"
        await send({"type": "http.response.body", "body": hello.encode(), "more_body": True})
        await _catch_up(last, viewer, send)
        asked = time.monotonic()
        while viewer in hub.viewers and not gone.done():
            if time.monotonic() - asked >= SESSION_LOOK_S:
                asked = time.monotonic()
                if not await _may_go_on(viewer, session_key, query):
                    break
            try:
                position, line = await asyncio.wait_for(viewer.queue.get(), HEARTBEAT_S)
                if position is not None and position <= viewer.told:
                    continue  # he has caught up on it
                viewer.told = viewer.told if position is None else position
            except TimeoutError:
                line = b": still here\n\n"
            await send({"type": "http.response.body", "body": line, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        hub.viewers.discard(viewer)
        gone.cancel()


def beat_for_ever() -> None:
    """Say every few seconds that this process lives and how many listen (a thread of the live process)."""
    while True:
        try:
            heartbeats.beat("live", viewers=len(hub.viewers))
        except Exception as error:  # the database restarts: the next beat tells
            log.warning("no sign of life could be written", extra={"facts": {"error": type(error).__name__}})
        finally:
            connection.close()
        time.sleep(heartbeats.BEAT_S)


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
        viewer.told = event.position
        if may_hear(viewer.actor, event, org_paths):
            await send({"type": "http.response.body", "body": encode(event), "more_body": True})
