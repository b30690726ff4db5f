"""Log lines: one line an event, each with the request's id; JSON by setting, words while developing; no personal value.

Facts go beside the event, not into its words: ``log.info("sealed", extra={"facts": {"lines": 12}})``.
"""

import json
import logging
import re
import traceback
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.db import Error as DatabaseError

from yiwang.kernel.base.errors import ProblemError

_bound: ContextVar[dict[str, object] | None] = ContextVar("yiwang_log", default=None)

# Mobile and fixed telephones, citizen numbers (公民身份号码), mail addresses: what slips in is masked here once more.
_PERSONAL = re.compile(
    r"(?<![0-9A-Za-z.-])(?:(?:\+?86[- ]?)?1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|\d{17}[\dXx])(?![0-9A-Za-z])|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
)
_PLAIN_QUOTE = re.compile(r"""(['"])(?![A-Za-z0-9_.:/<>-]{0,80}\1).*?\1""")  # quotes anything but an identifier
_CHINESE = re.compile(r"[\u3400-\u9fff]+")
_UNSAFE = ("Cc", "Cf", "Zl", "Zp", "Cs")  # control, invisible and direction marks, line separators, halves of characters


@contextmanager
def bound(**facts: object) -> Iterator[None]:
    """Put facts (request_id, job) on every line written inside."""
    token = _bound.set({**(_bound.get() or {}), **facts})
    try:
        yield
    finally:
        _bound.reset(token)


def request_id() -> str:
    """Return the id of the request that this work is done for, to hand on to jobs and other systems; empty for none."""
    return str((_bound.get() or {}).get("request_id", ""))


def safe(text: str) -> str:
    r"""Return text that stays on its line and holds no telephone, citizen number or mail address.

    >>> safe("a\nb 13800001234")
    'a\\nb ***'
    """
    text = _PERSONAL.sub("***", text)
    if text.isprintable():
        return text
    return "".join(repr(c)[1:-1] if unicodedata.category(c) in _UNSAFE else c for c in text)


def reason(error: BaseException) -> str:
    """Return an exception in words without what somebody typed: databases and parsers quote the value they refuse."""
    if isinstance(error, ProblemError):
        return f"{type(error).__name__}: {error.code}"
    said = str(error)
    if isinstance(error, DatabaseError) or type(error).__module__.startswith("psycopg"):
        said = re.sub(r': ".*"$', ': "…"', said.partition("\n")[0])  # DETAIL and CONTEXT name the row's values
    return f"{type(error).__name__}: {safe(_CHINESE.sub('…', _PLAIN_QUOTE.sub('…', said)))[:300]}"


def trace(error: BaseException) -> list[str]:
    """Return where an exception came from, one place a line, the causes first."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = [*trace(before), "which led to"] if before is not None else []
    lines += [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)[-15:]]
    return [*lines, reason(error)]


def _facts(record: logging.LogRecord) -> dict[str, object]:
    return {**(_bound.get() or {}), **getattr(record, "facts", {})}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: at, level, logger, process, event, then the facts."""

    def __init__(self, process: str = "") -> None:
        super().__init__()
        self.process = process

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"), "level": record.levelname,
            "logger": record.name, "process": self.process, "event": safe(record.getMessage()),
        }  # fmt: skip
        line |= {k: safe(v) if isinstance(v, str) else v for k, v in _facts(record).items()}
        if record.exc_info and record.exc_info[1]:
            line["error"] = trace(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=lambda v: safe(str(v)))


class LineFormatter(logging.Formatter):
    """Words for people; the trace of an error follows, indented."""

    def format(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{k}={safe(str(v))}" for k, v in _facts(record).items())
        at = datetime.fromtimestamp(record.created).strftime("%H:%M:%S.%f")[:-3]
        line = f"{at} {record.levelname} {record.name} {safe(record.getMessage())} {facts}".rstrip()
        if record.exc_info and record.exc_info[1]:
            line += "".join(f"\n    {place}" for place in trace(record.exc_info[1]))
        return line


class RouteNotPath(logging.Filter):
    """Django's own line of a failed request names its path, which may hold a secret or a name: name the route instead."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        record.msg, record.args = "failed", ()
        record.facts = {"route": route_of(request)} if request is not None else {}
        return True


def route_of(request: Any) -> str:
    """Return the name of the address, never the address itself (it holds numbers, sometimes a secret)."""
    match = getattr(request, "resolver_match", None)
    return (match.view_name or match.route) if match is not None else "-"


def config(*, as_json: bool, process: str, level: str) -> dict[str, Any]:
    """Return Django's LOGGING. Everything goes to standard error: the service manager keeps and rotates it."""
    chosen = {"()": "yiwang.kernel.base.logs.JsonFormatter", "process": process} if as_json else {"()": "yiwang.kernel.base.logs.LineFormatter"}
    quiet = ("spiff", "procrastinate", "httpx", "httpcore", "django.security")  # of no use, or said by us in one line
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": chosen},
        "filters": {"route": {"()": "yiwang.kernel.base.logs.RouteNotPath"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {
            **{name: {"level": "WARNING"} for name in quiet},
            "procrastinate.worker": {"level": "CRITICAL"},  # names a job's arguments; jobs.py says each job in a line
            "django": {"level": "INFO", "handlers": [], "propagate": True},
            "django.request": {"level": "ERROR", "filters": ["route"]},  # what was refused is on the access line
        },
        "root": {"handlers": ["console"], "level": level},
    }
