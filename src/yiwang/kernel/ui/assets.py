"""Where Vite put its files: names carry a hash of the content, so browsers may keep them for ever."""

import json
import logging
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static

log = logging.getLogger("yiwang.ui")
_read: tuple[int, dict[str, dict[str, object]]] | None = None
_urls: dict[tuple[str, str, str], str] = {}  # in service the files stay as they are; a page asks two hundred times


def _manifest() -> dict[str, dict[str, object]]:
    """Return islands.json, read again when it changes; empty when the front end has not been built."""
    global _read
    path = Path(settings.ISLANDS_DIR) / "islands.json"
    try:
        stamp = path.stat().st_mtime_ns
    except FileNotFoundError:
        return {}
    if _read is None or _read[0] != stamp:
        _read = (stamp, json.loads(path.read_text(encoding="utf-8")))
    return _read[1]


def url(source: str) -> str:
    """Return the address of what was built from a source file ("src/core/main.ts"); empty when it was not built."""
    key = (str(settings.ISLANDS_DIR), str(settings.STATIC_URL), source)
    if not settings.DEBUG and key in _urls:
        return _urls[key]
    entry = _manifest().get(source)
    if entry:
        _urls[key] = static(str(entry["file"]))
    return _urls[key] if entry else ""


def styles(source: str) -> list[str]:
    """Return the style sheets that belong to an entry."""
    entry = _manifest().get(source, {})
    found = entry.get("css", [])
    return [static(str(name)) for name in found] if isinstance(found, list) else []


def core() -> str:
    return url("src/core/main.ts")


def main_styles() -> list[str]:
    return styles("src/styles/main.css.ts")


def sprite() -> str:
    """Return the address of the icon sprite."""
    return url("icons.txt")
