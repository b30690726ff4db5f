"""Where Vite put its files: names carry a hash of the content, so browsers may keep them for ever."""

import json
import logging
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static

log = logging.getLogger("yiwang.ui")
ISLANDS, PHONE, PHONE_WORKER = "islands.json", "phone/phone.json", "phone_worker/worker.js"  # what three builds leave behind
# Scripts of workers, which a page of the phone's scope serves: the map's own, and the one that draws photos.
MAP_WORKER, PAINTER = "maplibre-gl-worker", "painting"
_read: dict[str, tuple[int, dict[str, dict[str, object]]]] = {}
_urls: dict[tuple[str, str, str], str] = {}  # in service the files stay as they are; a page asks two hundred times


def _manifest(name: str = ISLANDS) -> dict[str, dict[str, object]]:
    """Return a build's manifest, read again when it changes; empty when the front end has not been built."""
    path = Path(settings.ISLANDS_DIR) / name
    try:
        stamp = path.stat().st_mtime_ns
    except FileNotFoundError:
        return {}
    if name not in _read or _read[name][0] != stamp:
        _read[name] = (stamp, json.loads(path.read_text(encoding="utf-8")))
    return _read[name][1]


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
    return [static(name) for name in _names(_manifest().get(source, {}), "css")]


def core() -> str:
    return url("src/core/main.ts")


def main_styles() -> list[str]:
    return styles("src/styles/main.css.ts")


def sprite() -> str:
    """Return the address of the icon sprite."""
    return url("icons.txt")


def phone(source: str) -> str:
    """Return the address of what the phone's own build made from a source file; empty when it was not built."""
    entry = _manifest(PHONE).get(source)
    return static(f"phone/{entry['file']}") if entry else ""


def phone_files() -> list[str]:
    """Return every static file that the phone's app loads, sorted: what its service worker keeps as one whole, with the map's worker."""
    found = set()
    for source, entry in _manifest(PHONE).items():
        if source.endswith(".png"):  # for the home screen, fetched when the app is installed
            continue
        names = [entry["file"], *_names(entry, "css"), *(n for n in _names(entry, "assets") if MAP_WORKER not in n and PAINTER not in n)]
        found |= {static(f"phone/{name}") for name in names}
    return sorted(found)


def phone_styles() -> list[str]:
    return [static(f"phone/{name}") for name in _names(_manifest(PHONE).get("src/phone/main.ts", {}), "css")]


def phone_map_worker() -> Path | None:
    """Return the file of the map's own worker; None when it was not built."""
    return _phone_script(MAP_WORKER)


def phone_painter() -> Path | None:
    """Return the file of the worker that draws photos; None when it was not built."""
    return _phone_script(PAINTER)


def _phone_script(part: str) -> Path | None:
    names = [n for entry in _manifest(PHONE).values() for n in _names(entry, "assets") if part in n]
    return Path(settings.ISLANDS_DIR) / "phone" / names[0] if names else None


def phone_worker() -> str:
    """Return the service worker's script as it was built; empty when it was not."""
    try:
        return (Path(settings.ISLANDS_DIR) / PHONE_WORKER).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _names(entry: dict[str, object], what: str) -> list[str]:
    found = entry.get(what, [])
    return [str(name) for name in found] if isinstance(found, list) else []
