"""The front end and the texts: npm, Vite, compiled messages, collected static files; each skipped when nothing changed.

`python -m tools.build` builds the front end alone; it needs the standard library only, so that it can go on while packages are installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from tools.place import REPO_DIR
from tools.say import DISK_FULL, Stop, add_download, run_main, say, step

ISLANDS = REPO_DIR / "src" / "islands"
BUILT = REPO_DIR / "src" / "yiwang" / "static_built"
SKIPPED = {"node_modules", "__pycache__", ".git"}


def hash_files(paths: Iterable[Path]) -> str:
    """Return a hash over names and contents."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def source_files(folder: Path) -> list[Path]:
    """Return the files below a folder without what tools put there."""
    found = []
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - SKIPPED)
        found += [Path(base) / name for name in names if not name.endswith(".pyc")]
    return found


def build_islands() -> None:
    """Install what package-lock.json names and let Vite build; both only when their inputs changed."""
    lock = ISLANDS / "package-lock.json"
    if not lock.is_file():
        say("There is no front end to build yet (src/islands/package-lock.json)")
        return
    wanted = hash_files([lock])
    installed = ISLANDS / "node_modules" / ".yiwang-lock"
    if not installed.is_file() or installed.read_text() != wanted:
        began = time.monotonic()
        with step("Front-end packages (npm ci, scripts off)"):
            _npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
        add_download(time.monotonic() - began)
        installed.write_text(wanted)
    sources = hash_files(source_files(ISLANDS))
    built = BUILT / ".built-from"
    if not built.is_file() or built.read_text() != sources:
        with step("Front-end build (Vite)"):
            _npm("run", "--silent", "build")
        BUILT.mkdir(exist_ok=True)
        built.write_text(sources)


def compile_messages() -> None:
    """Compile the translations that changed."""
    from tools import messages  # asks for Babel, and the front end is built before that is installed

    if count := messages.compile_all():
        say(f"Translations: {count} catalogues compiled")


def static_hash() -> str:
    """Return a hash of everything that collectstatic would copy (by size and time: contents are large)."""
    digest = hashlib.sha256()
    files = source_files(BUILT) if BUILT.is_dir() else []
    for folder in sorted((REPO_DIR / "src" / "yiwang").glob("*/*/static")):
        files += source_files(folder)
    for path in files:
        found = path.stat()
        digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    digest.update((REPO_DIR / "requirements" / "base.txt").read_bytes())
    digest.update((REPO_DIR / "src" / "yiwang" / "site" / "settings.py").read_bytes())
    return digest.hexdigest()


def collect_static(env: Mapping[str, str], target: Path) -> None:
    """Copy every app's static files to where the web server serves them from."""
    fresh = target.with_name(target.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    manage(["collectstatic", "--no-input", "-v0"], {**env, "YIWANG_STATIC_ROOT": str(fresh)}, "The static files")
    shutil.rmtree(target, ignore_errors=True)
    if fresh.exists():
        fresh.rename(target)


def ask(arguments: list[str], env: Mapping[str, str], *, shown: bool = False) -> subprocess.CompletedProcess[str]:
    """Run one of the platform's own commands and return what it said, however it ended."""
    from tools.database import python_env

    return subprocess.run(
        [sys.executable, "-m", "yiwang", *arguments], cwd=REPO_DIR,
        env={**os.environ, **python_env(), "YIWANG_LOG_LEVEL": "WARNING", **env},
        stdout=None if shown else subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip


def manage(arguments: list[str], env: Mapping[str, str], what: str, *, shown: bool = False) -> None:
    """Run one of the platform's own commands.

    Raises
    ------
    Stop
        It failed; the sentence ends with what it said.
    """
    done = ask(arguments, env, shown=shown)
    if done.returncode:
        if "No space left" in done.stderr:
            raise Stop(DISK_FULL)
        said = "\n".join(done.stderr.strip().splitlines()[-12:])
        raise Stop(f"{what} failed:\n{said}", "Mend that and run the same command again.")


def _npm(*arguments: str) -> None:
    environment = {**os.environ, "npm_config_ignore_scripts": "true", "npm_config_update_notifier": "false", "CI": "1"}
    done = subprocess.run(
        ["npm", *arguments], cwd=ISLANDS, env=environment, capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode:
        said = (done.stderr + done.stdout).strip()
        if "ENOSPC" in said:
            raise Stop(DISK_FULL)
        if any(code in said for code in ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH")):
            raise Stop("The front-end packages need the network, and it cannot be reached.",
                       "Check the connection (or proxy) and run the same command again.")  # fmt: skip
        tail = "\n".join(said.splitlines()[-15:])
        raise Stop(f"npm {arguments[0]} failed in src/islands:\n{tail}", "Mend that and run the same command again.")


def main(_arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who is stopped takes npm along
    build_islands()
    return 0


if __name__ == "__main__":
    run_main(main, sys.argv[1:])
