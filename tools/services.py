"""Which processes a running platform consists of, and the environment they share."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from tools.database import REPO_DIR, python_env
from tools.place import Place
from tools.say import Stop

SOURCE = REPO_DIR / "src" / "yiwang"
WEB_THREADS = 4  # measured: WSGI with 4 blocking threads serves 3.5 times what ASGI does for synchronous Django
SECRETS = ("YIWANG_SECRET_KEY", "YIWANG_FIELD_KEY", "YIWANG_BLIND_INDEX_KEY", "YIWANG_SEAL_KEY")


def has_command(name: str) -> bool:
    """Tell whether the platform has a management command of this name."""
    return any(SOURCE.glob(f"*/*/management/commands/{name}.py"))


def services(port: int, live_port: int) -> list[dict[str, object]]:
    """Return the processes in the order in which they start: name, command, environment of their own."""
    python = sys.executable
    serve = [python, "-m", "granian", "--host", "127.0.0.1", "--workers", "1", "--no-ws", "--log-level", "warning"]
    yiwang = [python, "-m", "yiwang"]
    found: list[dict[str, object]] = [
        {
            "name": "web",
            "command": [*serve, "--interface", "wsgi", "--port", str(port), "--blocking-threads", str(WEB_THREADS),
                        "yiwang.site.wsgi:application"],
            "env": {"YIWANG_DB_POOL": str(WEB_THREADS + 4), "YIWANG_PROCESS": "web", "YIWANG_PULSE_URL": f"http://127.0.0.1:{port}/healthz"},
            "watched": True,
        }
    ]  # fmt: skip
    if (SOURCE / "site" / "asgi.py").is_file():
        live = [*serve, "--interface", "asginl", "--port", str(live_port), "yiwang.site.asgi:application"]
        own = {"YIWANG_PROCESS": "live", "YIWANG_PULSE_URL": f"http://127.0.0.1:{live_port}/healthz"}
        found.append({"name": "live", "command": live, "env": own, "watched": True})
    if os.environ.get("YIWANG_BACKGROUND") == "one" and has_command("background"):  # a small machine: loaded once, forked
        return [*found, {"name": "background", "command": [*yiwang, "background"], "env": {}, "watched": True}]
    found.append({"name": "worker", "command": [*yiwang, "procrastinate", "worker", "--concurrency", "2"], "env": {"YIWANG_PROCESS": "worker"}, "watched": True})
    found += [
        {"name": name, "command": [*yiwang, name], "env": {"YIWANG_PROCESS": name}, "watched": True} for name in ("relay", "sealer") if has_command(name)
    ]
    return found


def missing_services() -> list[str]:
    """Return the names of processes whose code does not exist in this checkout."""
    names = [name for name in ("relay", "sealer") if not has_command(name)]
    return names + ([] if (SOURCE / "site" / "asgi.py").is_file() else ["live"])


def environment(place: Place, database: dict[str, str], port: int, live_port: int) -> dict[str, str]:
    """Return the environment of every process; `<data>/env` keeps it for `./dev yiwang`."""
    values = python_env() | database
    values["PYTHONPATH"] = os.pathsep.join([str(REPO_DIR / "src"), str(REPO_DIR)])
    values["DJANGO_SETTINGS_MODULE"] = "yiwang.site.settings"
    values |= {
        "YIWANG_DATA_DIR": str(place.data),
        "YIWANG_DEMO": "1" if place.sample_file.is_file() or place.stamped("sample").startswith("done") else "",
        "YIWANG_READ_ONLY": where_restored(place),
        "YIWANG_URL": f"http://127.0.0.1:{port}",
        "YIWANG_LIVE_URL": f"http://127.0.0.1:{live_port}",
        "YIWANG_DEBUG": "",
        "YIWANG_DB_ROLE": "app",
        "YIWANG_DB_POOL": "",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }
    return values


def where_restored(place: Place) -> str:
    """Return when a copy that is only to be looked at was made; empty for a platform that works."""
    return place.stamped("read_only")


def check_port(port: int) -> None:
    """Refuse a port that is taken or not ours to take.

    Raises
    ------
    Stop
        Naming the process that has it where that can be seen, and a free port nearby.
    """
    if not 1 <= port <= 65535:
        raise Stop(f"{port} is not a port number.", "Choose one from 1024 to 65535: ./dev up --port 8000")
    if (error := _bind(port)) is None:
        return
    if isinstance(error, PermissionError):
        raise Stop(f"Port {port} needs root.", "Choose one above 1023: ./dev up --port 8000")
    raise Stop(
        f"Port {port} is in use{_holder(port)}.", f"Stop that, or choose another: ./dev up --port {free_port(port)}"
    )


def free_port(after: int) -> int:
    """Return the next free port."""
    for port in range(after + 1, min(after + 500, 65536)):
        if _bind(port) is None:
            return port
    raise Stop("No free port was found.", "Choose one with --port.")


def _bind(port: int) -> OSError | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error
    return None


def _holder(port: int) -> str:
    """Return ` by PROGRAM (process N)` for a listening port, as far as we may see."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = [line.split() for line in Path(table).read_text(encoding="utf-8").splitlines()[1:]]
        except OSError:
            continue
        inodes |= {row[9] for row in rows if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port}
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(link).removeprefix("socket:[").rstrip("]") in inodes:
                pid = link.parts[2]
                return f" by {Path(f'/proc/{pid}/comm').read_text(encoding='utf-8').strip()} (process {pid})"
        except OSError:
            continue
    return ""
