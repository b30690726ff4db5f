"""A private PostgreSQL cluster: made, started and stopped without touching any other server on the machine.

PostgreSQL refuses to run as root. As root its programs therefore run as the system user `postgres`, and only they;
everything else reaches the server through a socket in a short folder that nobody else may enter. There is no TCP port.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tools.database import Server
from tools.place import read_json, write_whole
from tools.say import DISK_FULL, Stop

SHARED = {
    "listen_addresses": "''", "port": "5432", "unix_socket_permissions": "0700", "max_connections": "150",
    "timezone": "'UTC'", "log_timezone": "'UTC'", "jit": "off", "work_mem": "'16MB'", "random_page_cost": "1.1",
    "log_line_prefix": "'%m [%p] %d '", "max_wal_size": "'2GB'", "autovacuum_naptime": "'15s'",
    "log_checkpoints": "off", "idle_in_transaction_session_timeout": "'10min'",
}  # fmt: skip
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
THROWN_AWAY = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal",
    "max_wal_senders": "0", "archive_mode": "off",
}  # fmt: skip


@dataclass(frozen=True)
class Cluster:
    """One cluster: `folder` holds its data and log, `socket` the way in."""

    folder: Path
    socket: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    @property
    def server(self) -> Server:
        return Server(str(self.socket), "5432")

    @property
    def pid(self) -> int:
        """Process id of the running server, 0 when it does not run."""
        try:
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return 0
        return pid if b"postgres" in command else 0

    def start(self) -> None:
        """Make the cluster if it is new and start it; does nothing when it runs.

        Raises
        ------
        Stop
            It could not be made or started; the sentence names the reason out of its own log.
        """
        self._make_socket_folder()
        if not (self.data / "PG_VERSION").is_file():
            self._initialise()
        self._start(self._settings())

    def _start(self, conf: str) -> None:
        self._make_socket_folder()
        write_as_server(self.data / "yiwang.conf", conf)
        if self.pid:
            if self._answers():
                return
            self.stop()  # of a killed run, with its socket swept away
        self._clear_killed_server()
        done = self._run("pg_ctl", "-D", str(self.data), "-l", str(self.log), "-w", "-t", "90", "start")
        if done.returncode or not self._answers():
            tail = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:] if self.log.exists() else []
            said = "\n".join(tail) or done.stderr.strip()
            if "No space left" in said:
                raise Stop(DISK_FULL)
            raise Stop(f"The database server did not start. Its last words ({self.log}):\n{said}",
                       "Mend that and run the same command again; the data is untouched.")  # fmt: skip

    @property
    def archive(self) -> Path | None:
        """Folder into which finished pieces of the write-ahead log are copied; None when they are not kept."""
        note = self.folder / "wal_archive"
        text = note.read_text(encoding="utf-8").strip() if note.is_file() else ""
        return Path(text) if text else None

    def keep_log(self, folder: Path | None) -> None:
        """Keep the write-ahead log from the next start on (or no longer), for recovery to any moment."""
        if folder is not None:
            make_for_server(folder)
        make_for_server(self.folder)
        write_as_server(self.folder / "wal_archive", str(folder or ""))

    def recover(self, log: Path, moment: str, seconds: float = 3600.0) -> None:
        """Start on a base backup that lies in `data`, play the log in `log` up to a moment, and open for work there.

        Parameters
        ----------
        moment : ISO with its zone; nothing that was committed after it is there
        seconds : how long playing may take

        Raises
        ------
        Stop
            The log does not reach the moment, or the server did not start.
        """
        conf = self._settings() + (
            f"restore_command = 'cp \"{log}/%f\" \"%p\"'\nrecovery_target_time = '{moment}'\n"
            "recovery_target_action = 'promote'\nrecovery_target_timeline = 'latest'\nhot_standby = on\narchive_mode = off\n"
            "wal_level = replica\nmax_wal_senders = 10\n"  # not below what the copied server had
        )
        write_as_server(self.data / "recovery.signal", "")
        self._start(conf)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(psycopg.OperationalError), self.server.connect() as connection:
                row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
                if row and not row[0]:
                    break
            if not self.pid:
                tail = "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-6:])
                raise Stop(f"The log does not reach {moment}. The server said:\n{tail}",
                           "Choose an earlier moment, or bring the missing pieces of the log.")  # fmt: skip
            time.sleep(0.2)
        self.stop()  # the next start is an ordinary one
        write_as_server(self.data / "yiwang.conf", self._settings())

    def stop(self) -> None:
        """Stop the server; open transactions are rolled back."""
        for mode, seconds in (("fast", "30"), ("immediate", "10")):
            if not self.pid:
                break
            self._run("pg_ctl", "-D", str(self.data), "-w", "-m", mode, "-t", seconds, "stop")
        shutil.rmtree(self.socket, ignore_errors=True)

    def _clear_killed_server(self) -> None:
        """Remove the lock files of a killed server, once the last of its processes has left the data.

        PostgreSQL does this itself unless the number in its lock file belongs to some process again, which is the rule
        in containers. Removing the file while an orphan still writes would cost the data, hence the wait.
        """
        for number in (0, signal.SIGTERM, signal.SIGKILL):
            for pid in (left := self._orphans()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            end = time.monotonic() + (5 if left else 0)
            while self._orphans() and time.monotonic() < end:
                time.sleep(0.1)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for lock in self.socket.glob(".s.PGSQL.*"):
            lock.unlink(missing_ok=True)

    def _orphans(self) -> list[int]:
        """Return the processes that work inside the data folder (every server process changes into it)."""
        found = []
        for link in Path("/proc").glob("[0-9]*/cwd"):
            with contextlib.suppress(OSError):
                if os.readlink(link) == os.path.realpath(self.data):
                    found.append(int(link.parts[2]))
        return found

    def _initialise(self) -> None:
        make_for_server(self.folder)
        shutil.rmtree(self.data, ignore_errors=True)  # of a first run that was killed here
        done = self._run(
            "initdb", "-D", str(self.data), "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8",
            "--auth=trust", *(() if self.durable else ("--no-sync",)),
        )  # fmt: skip
        if done.returncode:
            if "No space left" in done.stderr:
                raise Stop(DISK_FULL)
            raise Stop(f"The database could not be made in {self.data}: {done.stderr.strip().splitlines()[-1]}",
                       "Mend that and run the same command again.")  # fmt: skip
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as stream:
            stream.write("include = 'yiwang.conf'\n")

    def _settings(self) -> str:
        memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
        values = SHARED | (DURABLE if self.durable else THROWN_AWAY)
        values |= {
            "unix_socket_directories": f"'{self.socket}'",
            "shared_buffers": f"'{min(512, max(64, memory_mb // 8))}MB'",
            "effective_cache_size": f"'{max(256, memory_mb // 2)}MB'",
            "maintenance_work_mem": f"'{min(256, max(64, memory_mb // 16))}MB'",
        }
        if (folder := self.archive) is not None:
            values |= {
                "wal_level": "replica", "max_wal_senders": "4", "archive_mode": "on", "archive_timeout": "60",
                # The same piece may come twice after a crash; a piece takes its name only when it is whole on the disk.
                "archive_command": f"'cmp -s \"%p\" \"{folder}/%f\" || (test ! -e \"{folder}/%f\" && cp \"%p\" \"{folder}/.%f\" "
                f"&& sync \"{folder}/.%f\" && mv \"{folder}/.%f\" \"{folder}/%f\")'",
            }  # fmt: skip
        return (
            "# Written by ./dev at every start; put your own settings into postgresql.auto.conf (ALTER SYSTEM).\n"
            + ("".join(f"{key} = {value}\n" for key, value in values.items()))
        )

    def _make_socket_folder(self) -> None:
        make_for_server(self.socket)
        if len(str(self.socket)) > 85:
            raise Stop(
                f"The socket folder {self.socket} has too long a name.", "Set XDG_RUNTIME_DIR to a short folder."
            )

    def _answers(self) -> bool:
        for _ in range(20):
            try:
                self.server.connect().close()
                return True
            except psycopg.OperationalError:
                if not self.pid:
                    return False
                time.sleep(0.25)
        return False

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(bin_dir() / program), *arguments], cwd="/", capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}, **as_server(),
        )  # fmt: skip


def bin_dir() -> Path:
    """Return the folder of the server's programs, which `dev` found."""
    found = os.environ.get("DEV_PG_BIN")
    if not found:
        installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not installed:
            raise Stop("PostgreSQL 15 with PostGIS is not installed.",
                       "Debian: apt-get install postgresql-15 postgresql-15-postgis-3")  # fmt: skip
        found = str(installed[-1].parent)
    return Path(found)


def server_user() -> pwd.struct_passwd | None:
    """Return the system user that the server runs as when we are root, else None (it runs as ourselves)."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        raise Stop("PostgreSQL does not run as root, and this system has no user `postgres` for it.",
                   "Create one (useradd --system postgres), or run ./dev as an ordinary user.") from None  # fmt: skip


def as_server() -> dict[str, Any]:
    """Return the arguments with which subprocess runs something as the server's user."""
    user = server_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def make_for_server(folder: Path) -> None:
    """Create a private folder that belongs to the server's user; refuse one that somebody else put there."""
    user = server_user()
    uid = user.pw_uid if user else os.geteuid()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = folder.lstat()
    if user and found.st_uid == 0:
        os.chown(folder, user.pw_uid, user.pw_gid)
    elif found.st_uid != uid or not stat.S_ISDIR(found.st_mode):
        raise Stop(f"{folder} belongs to somebody else.", f"Remove it (rm -r {folder}) and run the same command again.")
    folder.chmod(0o700)


def write_as_server(path: Path, text: str) -> None:
    """Write a small file that the server's user owns."""
    write_whole(path, text)
    if user := server_user():
        os.chown(path, user.pw_uid, user.pw_gid)


def reachable(folder: Path) -> bool:
    """Tell whether the server's user can come to a folder (each folder above must let it through)."""
    if not server_user():
        return True
    done = subprocess.run(["/usr/bin/test", "-x", str(folder)], cwd="/", check=False, **as_server())
    return done.returncode == 0


def socket_folder(name: str) -> Path:
    """Return a short private folder for a socket, outside every data folder (a socket's path has at most 107 bytes)."""
    if os.geteuid() == 0:
        return Path("/run" if os.access("/run", os.W_OK) else "/tmp") / f"yiwang-{name}"
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and len(runtime) < 50 and os.access(runtime, os.W_OK):
        return Path(runtime) / f"yiwang-{name}"
    return Path("/tmp") / f"yiwang-{os.geteuid()}-{name}"


def abandoned(parent: Path) -> list[tuple[Path, str]]:
    """Return the clusters below a folder whose data folder was removed or begun anew, each with that data folder."""
    found = []
    for owner in sorted(parent.glob("*.of")):
        folder, data = owner.with_suffix(""), owner.read_text(encoding="utf-8")
        if folder.is_dir() and read_json(Path(data) / "cluster.json").get("folder") != str(folder):
            found.append((folder, data))
    return found


def locate(data: Path, name: str) -> tuple[Cluster, str]:
    """Return the cluster of a data folder, and a line to print when it lies elsewhere.

    As root the server's user often cannot reach the data folder (a home folder is closed); the cluster then lies below
    /var/lib/yiwang, under a name that this data folder remembers.
    """
    socket, note = socket_folder(name), data / "cluster.json"
    if remembered := read_json(note).get("folder"):
        return Cluster(Path(str(remembered)), socket), ""
    if reachable(data.parent):
        data.chmod(0o711) if server_user() else None  # the server passes through to its own folder and sees no other
        folder, line = data / "pg", ""
    else:
        folder = Path("/var/lib/yiwang") / f"{name}-{os.urandom(3).hex()}"
        folder.parent.mkdir(mode=0o755, exist_ok=True)
        line = f"The database lies in {folder}, because the system user `postgres` cannot enter {data.parent}"
        for orphan, of in abandoned(folder.parent):
            line += f"\n        {orphan} holds the database of {of}, which is gone; remove it if nobody needs it"
        folder.with_suffix(".of").write_text(str(data), encoding="utf-8")
    write_whole(note, f'{{"folder": "{folder}"}}\n')
    return Cluster(folder, socket), line
