"""Pulling from a real HTTP server of the test's own: paging, tokens, what is new, retries, a source that dies."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from yiwang.apps.datahub.errors import SourceChanged, SourceCountsDiffer, SourceUnreachable
from yiwang.apps.datahub.lake.sources import Reading, http, read

ROWS = [{"id": i, "who": {"name": f"甲{i}"}, "tags": ["a", "b"], "changed": f"2026-11-{i:02d}"} for i in range(1, 26)]


class Api:
    """What the server answers, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.broken: list[int] = []  # statuses to answer first
        self.rows: list[dict[str, Any]] = ROWS
        self.total: int | None = None
        self.dies_after = 10**6
        self.onward = ""


@pytest.fixture
def api(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    made = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            split = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(split.query).items()}
            made.asked.append({"path": split.path, "auth": self.headers.get("Authorization"), "key": self.headers.get("X-Key"), **query})
            if len(made.asked) > made.dies_after:
                self.connection.close()
                return None
            if made.broken:
                return self.answer(made.broken.pop(0), {"error": "secret-token"}, {"Retry-After": "7"})
            rows = [r for r in made.rows if r["changed"] > query.get("since", "")]
            total = len(rows) if made.total is None else made.total
            size = int(query.get("size", 10))
            at = (int(query["page"]) - 1) * size if "page" in query else int(query.get("offset") or query.get("cursor") or 0)
            part, more = rows[at : at + size], at + size < len(rows)
            host = made.onward or f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
            links = {"Link": f'<{host}/rows?offset={at + size}&size={size}>; rel="next"'} if more else {}
            self.answer(200, {"data": {"items": part, "total": total}, "next": str(at + size) if more else None}, links)
            return None

        def answer(self, status: int, body: Any, headers: dict[str, str]) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(raw)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_a: Any) -> None: ...

    settings.OUTGOING_ALLOW = ("127.0.0.0/8",)
    made.waited = []  # type: ignore[attr-defined]
    monkeypatch.setattr(http, "pause", made.waited.append)  # type: ignore[attr-defined]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}/rows"  # type: ignore[attr-defined]
    yield made
    server.shutdown()
    server.server_close()


def reading(api: Any, tmp_path: Path, mark: dict[str, Any] | None = None, **settings: Any) -> Reading:
    given = {"url": api.url, "rows": "data.items", "total": "data.total", **settings}
    return Reading(number="s", kind="api", settings=given, secrets={"token": "secret-token"}, watermark=mark or {}, workspace=tmp_path)


@pytest.mark.parametrize(
    ("style", "calls"),
    [({"paging": "page", "size_param": "size", "page_size": 10}, 3), ({"paging": "offset", "size_param": "size", "page_size": 5}, 5),
     ({"paging": "cursor", "cursor": "next"}, 3), ({"paging": "link"}, 3), ({"paging": "none", "params": {"size": "100"}}, 1)],
)  # fmt: skip
def test_every_style_of_paging_brings_every_row_once(api: Any, tmp_path: Path, style: dict[str, Any], calls: int) -> None:
    (portion,) = read(reading(api, tmp_path, **style))
    lines = portion.path.read_text(encoding="utf-8").splitlines()
    assert (portion.rows, portion.rows_there, len(api.asked)) == (25, 25, calls)
    assert lines[0] == "id,who_name,tags,changed"
    assert [line.split(",")[0] for line in lines[1:]] == [str(i) for i in range(1, 26)]
    assert "甲7" in lines[7]


def test_tokens_go_where_they_are_wanted(api: Any, tmp_path: Path) -> None:
    once = {"paging": "none", "params": {"size": "100"}}
    for settings, field, wanted in (
        ({"auth": "bearer"}, "auth", "Bearer secret-token"), ({"auth": "header", "auth_name": "X-Key"}, "key", "secret-token"),
        ({"auth": "query", "auth_name": "ak"}, "ak", "secret-token"),
    ):  # fmt: skip
        list(read(reading(api, tmp_path, **once, **settings)))
        assert api.asked[-1][field] == wanted


def test_only_what_is_new_since_the_mark(api: Any, tmp_path: Path) -> None:
    style = {"paging": "page", "size_param": "size", "page_size": 10, "since_param": "since", "since_column": "changed"}
    (first,) = read(reading(api, tmp_path, **style))
    assert first.watermark["since"] == "2026-11-25"
    assert list(read(reading(api, tmp_path, first.watermark, **style))) == []
    api.rows = [*ROWS, {"id": 26, "who": {"name": "乙"}, "tags": [], "changed": "2026-11-26", "new_column": 1}]
    (second,) = read(reading(api, tmp_path, first.watermark, **style))
    assert (second.rows, second.watermark["since"], second.columns[-1]) == (1, "2026-11-26", "new_column")


def test_what_time_can_heal_is_tried_again(api: Any, tmp_path: Path) -> None:
    api.broken = [503, 500, 429]
    (portion,) = read(reading(api, tmp_path, paging="none", params={"size": "100"}))
    assert (portion.rows, api.waited) == (25, [7.0, 7.0, 7.0])  # as long as the server says


def test_what_it_cannot_is_not(api: Any, tmp_path: Path) -> None:
    api.broken = [401]
    with pytest.raises(SourceUnreachable) as caught:
        list(read(reading(api, tmp_path, auth="bearer")))
    assert (caught.value.reason, len(api.asked), api.waited) == ("HTTP 401", 1, [])


def test_source_that_dies_in_mid_pull_gives_nothing(api: Any, tmp_path: Path) -> None:
    api.dies_after = 1
    with pytest.raises(SourceUnreachable) as caught:
        list(read(reading(api, tmp_path, paging="page", size_param="size", page_size=10)))
    assert len(api.waited) == http.TRIES - 1
    assert api.waited == [1.0, 2.0, 4.0, 8.0]
    assert "secret-token" not in str(caught.value.detail())
    assert not (tmp_path / "rows.csv").exists()


def test_counts_shape_and_host_are_checked(api: Any, tmp_path: Path) -> None:
    api.total = 99
    with pytest.raises(SourceCountsDiffer):
        list(read(reading(api, tmp_path, paging="page", size_param="size", page_size=10)))
    with pytest.raises(SourceChanged):
        list(read(reading(api, tmp_path, rows="data.rows")))
    api.onward = "http://169.254.169.254"  # an answer that sends us, with our token, elsewhere
    with pytest.raises(SourceChanged) as caught:
        list(read(reading(api, tmp_path, paging="link")))
    assert caught.value.reason == "169.254.169.254"
    assert not (tmp_path / "rows.csv").exists()
