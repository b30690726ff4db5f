"""`./dev recover --to MOMENT --data NEW_FOLDER`: the whole server as it was at a moment, in a data folder of its own.

Nothing that runs is touched: the result is another platform, to look into or to go on with.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from tools import cluster, keyfile
from tools.cluster import Cluster, server_user
from tools.database import python_env
from tools.place import Place
from tools.say import Stop, run_main, say, step


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev recover", add_help=False)
    parser.add_argument("--to", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--from", dest="store", required=True)
    parser.add_argument("--keys", default="")
    parser.add_argument("--secrets", default="", help="folder of the keys of the platform that was backed up")
    options = parser.parse_args(arguments)
    moment = read_moment(options.to)
    where = Place(Path(os.path.abspath(os.path.expanduser(options.data))))
    if where.data.exists() and any(where.data.iterdir()):
        raise Stop(f"{where.data} is not empty.", "Name a new folder: --data DIR")
    where.make()
    if options.keys:
        keyfile.install(Path(options.keys), where)
    elif options.secrets:
        shutil.copytree(options.secrets, where.secrets, dirs_exist_ok=True)
    pg, note = cluster.locate(where.data, where.short_name)
    if note:
        say(note)
    recover(pg, moment, store=options.store, env={"YIWANG_DATA_DIR": str(where.data)})
    where.stamp("sample", "none none")
    say(f"The database of {moment.isoformat()} is in {where.data}. Go on with: ./dev up --data {where.data}")
    say(f"Files come from the last backup: ./dev yiwang --data {where.data} backup files --store {options.store}")
    return 0


def read_moment(text: str) -> datetime:
    """Return an ISO moment with its zone.

    Raises
    ------
    Stop
        It is none, or its zone is missing: an hour off is the wrong act undone.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Stop(f"{text} is not a moment.", "Write it as 2026-11-23T14:05:00+08:00") from None
    if moment.tzinfo is None:
        raise Stop(f"{text} has no zone.", f"Write it as {text}+08:00")
    return moment


def recover(pg: Cluster, moment: datetime, *, store: str, env: dict[str, str]) -> None:
    """Fetch base and log with the platform's own code, hand them to the server's user, and play up to the moment."""
    log = pg.folder / "recovered_wal"
    cluster.make_for_server(pg.folder)
    with step("Base and log out of the store"):
        done = subprocess.run(
            [sys.executable, "-m", "yiwang", "backup", "fetch", "--to", moment.isoformat(), "--data-folder", str(pg.data),
             "--log-folder", str(log), "--store", store],
            env={**os.environ, **python_env(), **env}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise Stop(f"The backup could not be fetched: {done.stderr.strip().splitlines()[-1]}", "Mend that and try again.")
    give_to_server(pg.data)
    give_to_server(log)
    with step(f"Playing the log up to {moment.isoformat()}"):
        pg.recover(log, moment.isoformat())
    shutil.rmtree(log, ignore_errors=True)


def give_to_server(folder: Path) -> None:
    """Let everything below a folder belong to the server's user, closed to all others."""
    user = server_user()
    for path in [folder, *folder.rglob("*")]:
        if user and not path.is_symlink():
            os.chown(path, user.pw_uid, user.pw_gid)
    folder.chmod(0o700)


if __name__ == "__main__":
    run_main(main, sys.argv[1:])
