"""The data folder of one running platform: where everything lies, what runs on it, which folder a command means."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.say import Stop

REPO_DIR = Path(__file__).resolve().parents[1]
DEFAULT_DATA = REPO_DIR / ".yiwang"
POINTERS = REPO_DIR / ".cache" / "running"  # one small file for each data folder that `up` started from this checkout


@dataclass(frozen=True)
class Place:
    """Paths inside one data folder."""

    data: Path

    @property
    def log(self) -> Path:
        return self.data / "log"

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"

    @property
    def stamps(self) -> Path:
        return self.data / "stamps"

    @property
    def state_file(self) -> Path:
        return self.data / "run.json"

    @property
    def spec_file(self) -> Path:
        return self.data / "services.json"

    @property
    def env_file(self) -> Path:
        return self.data / "env"

    @property
    def sample_file(self) -> Path:
        return self.data / "sample.json"

    @property
    def short_name(self) -> str:
        """A short name for this folder, for paths that must not grow long (Unix sockets: 107 bytes)."""
        return hashlib.sha256(str(self.data).encode()).hexdigest()[:10]

    def make(self) -> None:
        """Create the folder; it holds keys and personal values, so nobody else may look."""
        try:
            self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in (self.log, self.secrets, self.stamps):
                folder.mkdir(exist_ok=True, mode=0o700)
        except (NotADirectoryError, FileExistsError):
            raise Stop(f"{self.data} is not a folder.", "Choose another place with --data DIR.") from None
        except OSError as error:
            raise Stop(
                f"{self.data} cannot be made: {error.strerror}.", "Choose another place with --data DIR."
            ) from None
        if not os.access(self.data, os.W_OK):
            raise Stop(f"No permission to write into {self.data}.", "Choose another place with --data DIR.")

    # --- stamps: a step whose inputs did not change is skipped --------------------------------------------------------

    def stamped(self, name: str) -> str:
        """Return what the last finished step of this name was made from."""
        path = self.stamps / name
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def stamp(self, name: str, value: str) -> None:
        write_whole(self.stamps / name, value)

    # --- what runs ---------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return what the supervisor last wrote; empty when nothing was started here."""
        return read_json(self.state_file)

    def running(self) -> dict[str, Any]:
        """Return the state if its supervisor is alive."""
        state = self.state()
        return state if state and alive(state["supervisor"], state["started"]) else {}

    def sample(self) -> dict[str, Any]:
        """Return what the sample generator left: size, accounts, open311."""
        return read_json(self.sample_file)

    def env(self) -> dict[str, str]:
        """Return the environment that points the platform at this folder."""
        if not self.env_file.is_file():
            return {}
        lines = self.env_file.read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))

    def remember(self) -> None:
        POINTERS.mkdir(parents=True, exist_ok=True)
        write_whole(POINTERS / self.short_name, str(self.data))

    def forget(self) -> None:
        (POINTERS / self.short_name).unlink(missing_ok=True)


def find(given: str | None) -> Place:
    """Return the data folder a command means: the one given, else the one running, else the default.

    Raises
    ------
    Stop
        Several run at once and none was named.
    """
    if given:
        return Place(Path(os.path.abspath(os.path.expanduser(given))))
    known = {Path(p.read_text(encoding="utf-8")) for p in POINTERS.glob("*") if p.is_file()}
    running = sorted(path for path in known if Place(path).running())
    if len(running) > 1:
        raise Stop(
            "Several platforms run from this checkout: " + ", ".join(map(str, running)) + ".",
            f"Say which: --data {running[0]}",
        )
    return Place(running[0] if running else DEFAULT_DATA)


def split_data(arguments: list[str]) -> tuple[str | None, list[str]]:
    """Take a leading or trailing `--data DIR` out of arguments that are otherwise somebody else's."""
    if len(arguments) >= 2 and arguments[0] == "--data":
        return arguments[1], arguments[2:]
    if arguments and arguments[0].startswith("--data="):
        return arguments[0].removeprefix("--data="), arguments[1:]
    return None, arguments


def started_at(pid: int) -> str:
    """Return when a process began, in clock ticks since boot; a number that a later process of this id does not share."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def alive(pid: int, started: str) -> bool:
    """Tell whether this very process still runs (not another one that got its number)."""
    return bool(started) and started_at(pid) == started


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object; an absent or half-written file counts as empty."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_whole(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file so that a reader, or a kill, finds the old or the new one and never a half."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)
