"""Pulling from an HTTP interface (接口): pages of JSON until there are no more, as one portion.

Settings: url, params, `rows` (path of the list, say data.items), paging none|page|offset|cursor|link with page_param, size_param,
page_size, cursor (path), first_page; auth none|bearer|header|query|basic with auth_name and user; since_param with since_column;
total (path of the count). The secret is `token`, or `password` for basic.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from yiwang.apps.datahub.errors import SourceChanged, SourceCountsDiffer, SourceUnreachable
from yiwang.apps.datahub.lake.sources.base import Portion, Reading, key_of
from yiwang.apps.datahub.lake.sources.staging import Stage, check_space
from yiwang.kernel.base import outgoing
from yiwang.kernel.base.outgoing_errors import OutgoingFailed

TRIES, MOST_PAGES, MOST_BYTES = 5, 100_000, 64 * 1024 * 1024
pause = time.sleep  # tests do not wait


def at(body: Any, path: str) -> Any:
    """Return what lies at a dotted path of an answer, None when nothing does.

    Examples
    --------
    >>> at({"data": {"items": [1, 2]}}, "data.items"), at([3], ""), at({"a": 1}, "b.c")
    ([1, 2], [3], None)
    """
    for part in (p for p in path.split(".") if p):
        if not isinstance(body, Mapping) or part not in body:
            return None
        body = body[part]
    return body


def flat(row: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Return an object with what lies inside it as columns `outer_inner`; lists stay as JSON."""
    found: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{before}{key}_")
        else:
            found[f"{before}{key}"] = value
    return found


def later(one: str, other: str) -> str:
    """Return the greater of two marks: as numbers when both are, else as texts (ISO 8601 sorts so).

    Examples
    --------
    >>> later("9", "10"), later("2026-02-01", "2026-01-31"), later("", "a")
    ('10', '2026-02-01', 'a')
    """
    if one.isdigit() and other.isdigit():
        return one if int(one) >= int(other) else other
    return max(one, other)


def _auth(reading: Reading) -> tuple[dict[str, str], dict[str, str]]:
    given, token = reading.settings, reading.secrets.get("token", "")
    name = str(given.get("auth_name") or "")
    match given.get("auth", "none"):
        case "bearer":
            return {"Authorization": f"Bearer {token}"}, {}
        case "header":
            return {name: token}, {}
        case "query":
            return {}, {name: token}
        case "basic":
            raw = f"{given.get('user', '')}:{reading.secrets.get('password', '')}"
            return {"Authorization": "Basic " + base64.b64encode(raw.encode()).decode()}, {}
    return {}, {}


def _ask(reading: Reading, url: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Any:
    """Return one answer; what time can heal is tried again, each time after a longer wait (1, 2, 4, 8 s, or as it says)."""
    reason = ""
    for attempt in range(TRIES):
        try:
            answer = outgoing.request("GET", url, purpose="source", params=params, headers=headers, timeout_s=60, most_bytes=MOST_BYTES)
        except OutgoingFailed as error:
            reason, wait = str(error.reason), 2.0**attempt
        else:
            if answer.is_ok:
                try:
                    return answer, answer.json()
                except ValueError as error:
                    raise SourceChanged(reason="JSON") from error
            reason, wait = f"HTTP {answer.status}", 2.0**attempt
            if answer.status not in (408, 425, 429) and answer.status < 500:
                raise SourceUnreachable(reason=reading.scrubbed(reason))
            said = answer.headers.get("retry-after", "")
            wait = min(float(said), 120.0) if said.isdigit() else wait
        if attempt + 1 < TRIES:
            pause(wait)
    raise SourceUnreachable(reason=reading.scrubbed(reason))


def _pages(reading: Reading, most: int = MOST_PAGES) -> Iterator[tuple[list[Any], int | None]]:
    given: Any = reading.settings
    headers, secret = _auth(reading)
    params = {str(k): str(v) for k, v in dict(given.get("params") or {}).items()} | secret
    if given.get("since_param") and reading.watermark.get("since"):
        params[str(given["since_param"])] = str(reading.watermark["since"])
    style, size, url = given.get("paging", "none"), int(given.get("page_size") or 100), str(given["url"])
    number, host = int(given.get("first_page", 1)), urlsplit(url).netloc
    if style in ("page", "offset") and given.get("size_param"):
        params[str(given["size_param"])] = str(size)
    seen = 0
    for _turn in range(most):
        if style == "page":
            params[str(given.get("page_param") or "page")] = str(number)
        elif style == "offset":
            params[str(given.get("page_param") or "offset")] = str(seen)
        answer, body = _ask(reading, url, params, headers)
        rows = at(body, str(given.get("rows") or ""))
        if not isinstance(rows, list) or not all(isinstance(r, Mapping) for r in rows):
            raise SourceChanged(reason=str(given.get("rows") or "[]"))
        total = at(body, str(given["total"])) if given.get("total") else None
        seen, number = seen + len(rows), number + 1
        yield rows, int(total) if total is not None else None
        if style == "none" or (style != "link" and not rows):
            return
        if style in ("page", "offset") and (len(rows) < size or (total is not None and seen >= int(total))):
            return
        if style == "cursor":
            onward = at(body, str(given.get("cursor") or "next"))
            if not onward:
                return
            params[str(given.get("page_param") or "cursor")] = str(onward)
        if style == "link":
            onward = at(body, str(given.get("cursor") or "next")) if given.get("cursor") else _link(answer.headers.get("link", ""))
            if not onward:
                return
            url, params = urljoin(url, str(onward)), dict(secret)
            if urlsplit(url).netloc != host:  # the token is for that host alone
                raise SourceChanged(reason=urlsplit(url).netloc)
    if most == MOST_PAGES:
        raise SourceChanged(reason=f"> {MOST_PAGES} pages")


def _link(header: str) -> str:
    """Return the address that a Link header (RFC 8288) calls next."""
    for part in header.split(","):
        address, _semicolon, rest = part.partition(";")
        if 'rel="next"' in rest or "rel=next" in rest:
            return address.strip().strip("<>")
    return ""


def test(reading: Reading) -> list[str]:
    rows, _total = next(_pages(reading, 1))
    return list(dict.fromkeys(k for row in rows[:50] for k in flat(row)))


def read(reading: Reading) -> Iterator[Portion]:
    """Stage all pages, then give them as one portion: when it dies in the middle, nothing has been landed."""
    given: Any = reading.settings
    raw, count = reading.workspace / "rows.jsonl", 0
    columns: dict[str, None] = {}
    there: int | None = None
    since_column = str(given.get("since_column") or "")
    since = str(reading.watermark.get("since") or "")
    with raw.open("w", encoding="utf-8") as out:
        for rows, total in _pages(reading):
            there = total if total is not None else there
            for row in rows:
                flattened = flat(row)
                columns |= dict.fromkeys(flattened)
                since = later(since, str(flattened.get(since_column) or "")) if since_column else since
                out.write(json.dumps(flattened, ensure_ascii=False, default=str) + "\n")
                count += 1
            check_space(reading.workspace)
    if there is not None and there != count:
        raise SourceCountsDiffer(there=there, here=count)
    if not count:
        return
    stage = Stage(reading.workspace / "rows.csv", list(columns))
    with raw.open(encoding="utf-8") as lines:
        stage.add_mappings(json.loads(line) for line in lines)
    raw.unlink()
    path, turn = stage.finish(), int(reading.watermark.get("turn", 0)) + 1
    if reading.watermark.get("digest") == stage.digest:
        return
    yield Portion(
        path=path, name=urlsplit(str(given["url"])).path, key=key_of(reading.number, turn, stage.digest), rows=count, rows_there=there,
        columns=stage.columns, watermark={"digest": stage.digest, "turn": turn} | ({"since": since} if since else {}),
    )  # fmt: skip
