"""A field server that can be as bad as the street: it keeps what comes, drops answers, is slow, refuses, and signs out.

It stands in front of the real site (pages, files, sign-in are the site's own) and speaks /api/v1/city/field/ by itself, so that
a test of the phone says exactly what the server did.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

API = "/api/v1/city/field/"
REASONS = {200: "OK", 201: "Created", 304: "Not Modified", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict",
           422: "Unprocessable Content", 429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}  # fmt: skip


def problem(status: int, code: str, title: str, **more: Any) -> tuple[int, dict[str, Any]]:
    return status, {"type": f"urn:yiwang:problem:{code}", "code": code, "title": title, "status": status, "detail": "", "instance": "", **more}


@dataclass
class Field:
    """What the phone is told, what it sent, and how badly it is treated."""

    application: Any = None
    person: str = ""
    me: dict[str, Any] = field(default_factory=dict)
    pack: dict[str, Any] = field(default_factory=dict)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    acts: list[dict[str, Any]] = field(default_factory=list)  # each once, in the order in which they came
    repeats: list[str] = field(default_factory=list)
    tracks: list[dict[str, Any]] = field(default_factory=list)
    uploads: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    answers: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)  # by code of class or task: what an act is told
    drop_answers: int = 0  # so many acts are kept, and the line dies before the answer
    busy: int = 0  # so many requests are told to come back
    upload_s: float = 0.0
    tiles: list[tuple[str, int]] = field(default_factory=list)  # address and status of each that was asked for
    tiles_left: int | None = None  # so many are given, the rest is told to come back
    signed_out: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def around(self, application: Any) -> Callable[..., Iterable[bytes]]:
        self.application = application
        return self

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if self.signed_out and (path.startswith((API, "/api/v1/files")) or path == "/city/phone/token.json"):
            return self._say(start, *problem(401, "base.not-signed-in", "请先登录"))
        if path == "/api/v1/files" and environ["REQUEST_METHOD"] == "POST":
            if self.upload_s:
                time.sleep(self.upload_s)
            self.log.append("file")
            self.uploads.append(environ.get("HTTP_IDEMPOTENCY_KEY", ""))
            return self.application(environ, start)
        if path.startswith("/map/tiles/"):
            return self._tile(path, environ, start)
        if not path.startswith(API):
            return self.application(environ, start)
        if self.busy > 0 and environ["REQUEST_METHOD"] == "POST":
            self.busy -= 1
            return self._say(start, *problem(503, "base.busy", "请稍后再试"), ("Retry-After", "0"))
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) if environ["REQUEST_METHOD"] == "POST" else b""
        if environ["REQUEST_METHOD"] == "POST" and not environ.get("HTTP_X_CSRFTOKEN"):
            return self._say(start, *problem(403, "identity.forged-request", "没有令牌"))
        found = self._answer(path.removeprefix(API), environ, json.loads(body or b"{}"))
        if found is None:
            environ["wsgi.input"]._read.__self__.raw._sock.shutdown(socket.SHUT_RDWR)
            raise ConnectionAbortedError  # the line dies before the answer: what was done stays done
        status, answer, *more = found
        return self._say(start, status, answer, *more)

    def _tile(self, path: str, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        def heard(status: str, headers: Any, *more: Any) -> Any:
            self.tiles.append((path, int(status[:3])))
            return start(status, headers, *more)

        with self.lock:
            if self.tiles_left == 0:
                return self._say(heard, *problem(503, "base.busy", "请稍后再试"))
            if self.tiles_left is not None:
                self.tiles_left -= 1
        return self.application(environ, heard)

    def _say(self, start: Any, status: int, answer: Any, *more: tuple[str, str]) -> list[bytes]:
        body = b"" if status == 304 else json.dumps(answer, ensure_ascii=False).encode()
        kind = "application/problem+json" if status >= 400 else "application/json"
        start(f"{status} {REASONS[status]}", [("Content-Type", kind), ("Content-Length", str(len(body))), *more])
        return [body]

    def _answer(self, what: str, environ: dict[str, Any], body: dict[str, Any]) -> Any:
        now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
        if what == "me":
            return 200, {**self.me, "server_time": now}
        if what == "pack":
            etag = f'"{self.pack["version"]}"'
            return (304, {}, ("ETag", etag)) if environ.get("HTTP_IF_NONE_MATCH") == etag else (200, self.pack, ("ETag", etag))
        if what == "tasks":
            return 200, {"tasks": self.tasks, "as_of": now}
        if what == "messages":
            after = re.search(r"after=(\w+)", environ.get("QUERY_STRING", ""))
            return 200, {"messages": [] if after else self.messages, "next": "c1"}
        if what == "figures":
            return 200, {"today": {"reports": 6, "verified": 2, "checked": 1, "in_time": 9}, "month": {"reports": 124, "verified": 40, "checked": 31, "in_time": 190},
                         "cover": {"share": 0.62, "cells_seen": 31, "cells": 50}}  # fmt: skip
        with self.lock:
            return self._act(environ["HTTP_IDEMPOTENCY_KEY"], body) if what == "acts" else self._track(environ["HTTP_IDEMPOTENCY_KEY"], body)

    def _act(self, key: str, body: dict[str, Any]) -> Any:
        assert key == body["uid"]
        data = body["data"]
        for name in (data.get("class_code", ""), data.get("task_uid", ""), body["kind"]):
            if name in self.answers:
                self.log.append(f"no {body['kind']}")
                return self.answers[name]
        answer = {"uid": key, "outcome": "done", "case": {"uid": key, "number": f"371592-{len(self.acts) + 1:05d}", "state": "reported"}, "clock_off_s": 0}
        if body["kind"] == "shift_in":
            answer["shift"] = {"uid": key, "began_at": body["occurred_at"]}
        if any(one["uid"] == key for one in self.acts):
            self.repeats.append(key)
            return 200, answer
        self.acts.append(body)
        self.log.append(body["kind"])
        if self.drop_answers > 0:
            self.drop_answers -= 1
            return None
        return 201, answer

    def _track(self, key: str, body: dict[str, Any]) -> Any:
        assert key == body["uid"]
        if all(one["uid"] != key for one in self.tracks):
            self.tracks.append(body)
            self.log.append("track")
        return 200, {"kept": len(body["points"]), "refused": 0}


def square(west: float, south: float, side: float = 0.006) -> dict[str, Any]:
    ring = [[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


CLASSES = [
    {"code": "component:01001", "name": "上水井盖", "major": "公用设施", "kind": "component", "pinyin_initials": "ssjg", "frequent": True},
    {"code": "component:01002", "name": "污水井盖", "major": "公用设施", "kind": "component", "pinyin_initials": "wsjg", "frequent": True},
    {"code": "matter:02001", "name": "暴露垃圾", "major": "市容环境", "kind": "event", "pinyin_initials": "bllj", "frequent": True},
    {"code": "matter:02010", "name": "道路破损", "major": "市容环境", "kind": "event", "pinyin_initials": "dlps", "frequent": True},
    {"code": "matter:04002", "name": "占道经营", "major": "街面秩序", "kind": "event", "pinyin_initials": "zdjy", "frequent": True},
    {"code": "matter:01003", "name": "非法小广告", "major": "宣传广告", "kind": "event", "pinyin_initials": "ffxgg", "frequent": True},
    {"code": "component:05006", "name": "垃圾箱", "major": "园林绿化", "kind": "component", "pinyin_initials": "ljx", "frequent": False},
    {"code": "component:02011", "name": "交通信号灯", "major": "道路交通", "kind": "component", "pinyin_initials": "jtxhd", "frequent": False},
]


def street(field_: Field, person: str, name: str, *, west: float, south: float) -> Field:
    """Fill a field with an ordinary morning: one grid, eight classes, a verification, a check, a census, two messages."""
    soon = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() + 3000))
    late = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - 9000))
    later = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() + 90000))
    field_.person = person
    field_.me = {
        "person": {"uid": person, "name": name, "posts": ["监督员"]}, "shift": None, "known_point": None,
        "settings": {"photo_px": 800, "track_every_s": 10, "track_min_m": 15, "keep_days": 30, "big_characters_default": False, "no_fix_after_s": 180},
    }  # fmt: skip
    grid = square(west, south)
    field_.pack = {
        "version": "p1", "classes": CLASSES, "bounds": [west, south, west + 0.006, south + 0.006],
        "grids": [{"uid": "0192-g1", "code": "37159200100101", "name": "望湖一网格", "kind": "responsibility", "shape": grid}],
        "tiles": {"template": "/map/tiles/{layer}/{z}/{x}/{y}.mvt", "minzoom": 13, "maxzoom": 16, "layers": [{"code": "roads", "name": "道路", "kind": "lines", "minzoom": 13, "maxzoom": 16}, {"code": "assets", "name": "部件", "kind": "points", "minzoom": 15, "maxzoom": 16}]},
    }  # fmt: skip
    place = {"lon": west + 0.003, "lat": south + 0.003}
    yes_no = [{"code": "pass", "label": "属实", "needs_photo": True, "needs_reason": False}, {"code": "fail", "label": "不属实", "needs_photo": True, "needs_reason": True}]
    field_.tasks = [
        {"uid": "t-verify", "kind": "verify", "case": {"uid": "c1", "number": "", "title": "小区门口的垃圾好几天没人清运", "class_name": "暴露垃圾", "state": "reported"},
         "place": place, "address": "望湖路 18 号门前", "due_at": soon, "form": [], "actions": yes_no, "photos_before": []},
        {"uid": "t-check", "kind": "check", "case": {"uid": "c2", "number": "371592-2026-00017", "title": "井盖破损，边缘缺角", "class_name": "上水井盖", "state": "checking"},
         "place": {"lon": west + 0.004, "lat": south + 0.002}, "address": "望湖路与柳岸街交叉口东北 30 米", "due_at": late,
         "form": [{"name": "quality", "label": "处置质量", "type": "choice", "choices": [{"value": "good", "label": "良好"}, {"value": "poor", "label": "较差"}], "required": True}],
         "actions": [{"code": "pass", "label": "核查通过", "needs_photo": True, "needs_reason": False}, {"code": "fail", "label": "未处理好", "needs_photo": True, "needs_reason": True}],
         "photos_before": []},
        {"uid": "t-census", "kind": "census", "case": {"uid": "o1", "number": "371592-P-0001", "title": "井盖普查", "class_name": "", "state": "open"}, "place": None, "address": "望湖一网格", "due_at": later, "photos_before": [], "actions": [],
         "form": [],
         "census": {"order_uid": "o1", "asks": ["status", "address"], "asks_photo": False, "asks_new": True, "most_metres": 30, "classes": [{"code": "01001", "name": "上水井盖"}], "items": [
             {"uid": f"a{i}", "code": f"3715920100{i:07d}", "class_code": "01001", "name": "上水井盖", "place": {"lon": west + 0.003 + i * 0.0001, "lat": south + 0.003}, "address": "望湖路", "status": "intact", "state": "asked"} for i in range(8)]}},
    ]  # fmt: skip
    field_.messages = [
        {"uid": "m1", "kind": "urge", "title": "井盖核查请抓紧", "text": "望湖路井盖案卷今日 17 时前须核查。", "at": soon},
        {"uid": "m2", "kind": "notice", "title": "今日重点：占道经营", "text": "上午十点前巡查望湖路早市。", "at": later},
    ]  # fmt: skip
    return field_
