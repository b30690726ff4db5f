"""`./dev up`: from a Python environment to a running platform; each step is skipped when its inputs did not change."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import date
from pathlib import Path
from types import FrameType

import psycopg
from psycopg import sql

from tools import build, cluster, database, keyfile, lan, ownserver, place, run_down, services
from tools.place import Place
from tools.say import Stop, run_main, say, step, timing
from tools.testdb import migrations_hash

NAME = "yiwang"
NEEDED_MB = {"county": 2500, "small": 800, "none": 600}


def main(arguments: list[str]) -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    options = parse(arguments)
    where = place.find(options.data)
    where.make()
    if running := where.running():
        say(f"It already runs (./dev down stops it). Data folder: {where.data}")
        print_welcome(where, running["url"])
        return 0
    run_down.clear_killed_run(where)
    check_space(where, options.sample)
    services.check_port(options.port)
    live_port = services.free_port(options.port)
    try:
        make_ready(where, options, live_port)
        return start(where, options)
    except BaseException:
        if not where.running():
            stop_cluster(where)
        raise


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line; what is wrong is refused before anything is made."""
    parser = argparse.ArgumentParser(prog="./dev up", add_help=False)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--data")
    parser.add_argument("--sample", choices=("county", "small", "none"))
    parser.add_argument("--as-of", type=_day)
    parser.add_argument("--detach", action="store_true")
    parser.add_argument("--lan", default="", metavar="NAME")
    parser.add_argument("--from-backup", default="")
    parser.add_argument("--backup", default="latest")
    parser.add_argument("--keys", default="")
    parser.add_argument("--read-only", action="store_true")
    options = parser.parse_args(arguments)
    if options.from_backup and not options.keys:
        raise Stop("A backup opens with the key file alone.", "./dev up --from-backup WHERE --keys FILE")
    if options.read_only and not options.from_backup:
        raise Stop("Only a copy is started to look at.", "./dev up --from-backup WHERE --keys FILE --read-only")
    if options.from_backup:
        options.sample = "none"
    if options.lan:
        options.lan = lan.checked(options.lan)
    options.sample_asked = options.sample
    options.sample = options.sample or "county"
    return options


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a day; write it as 2026-03-01") from None


def check_space(where: Place, sample: str) -> None:
    """Refuse before the first megabyte when the rest would not fit."""
    if where.stamped("sample"):
        return
    spots = [where.data] + ([Path("/var/lib")] if os.geteuid() == 0 else [])
    for spot in spots:
        free = shutil.disk_usage(spot).free // 2**20
        if free < NEEDED_MB[sample]:
            raise Stop(f"Only {free} MB are free at {spot}; the {sample} sample needs {NEEDED_MB[sample]} MB.",
                       "Free some space (df -h), use --data on a larger disk, or --sample small.")  # fmt: skip


def make_ready(where: Place, options: argparse.Namespace, live_port: int) -> None:
    """Do everything that comes before the processes."""
    if options.from_backup and not where.stamped("restored"):
        if where.stamped("migrations"):
            raise Stop(f"{where.data} holds a platform already.", "Restore into another folder: --data DIR")
        keyfile.install(Path(options.keys), where)
    make_secrets(where)
    build.build_islands()
    build.compile_messages()
    if url := os.environ.get("DATABASE_URL"):
        settings = {"DATABASE_URL": url}
        with step("Your database server (DATABASE_URL)"):
            ownserver.prepare(url)
    else:
        settings = start_cluster(where)
    env = services.environment(where, settings, options.port, live_port)
    if options.from_backup:
        restore(where, options, env)
    migrate(where, env)
    install_shipped(where, env)
    collect_static(where, env)
    load_sample(where, options, env)
    env = services.environment(where, settings, options.port, live_port)  # sample data switches the demo mode on
    write_env(where, env)
    reached = lan.prepare(where, options.lan) if options.lan else None
    write_spec(where, options, live_port, reached)
    if missing := services.missing_services():
        say(f"Not in this checkout, so not started: {', '.join(missing)}")


def make_secrets(where: Place) -> None:
    """Make the keys of this installation once; without them its encrypted values cannot be read again."""
    absent = [name for name in services.SECRETS if not (where.secrets / name.lower()).is_file()]
    if absent and where.stamped("migrations"):
        raise Stop(f"{where.secrets} lacks {', '.join(absent)}, and the database holds values made with them.",
                   "Put them back from your backup; or begin anew with another --data DIR.")  # fmt: skip
    for name in absent:
        place.write_whole(where.secrets / name.lower(), secrets.token_urlsafe(48) + "\n")
    if not (opener := where.secrets / "yiwang_backup_identity").is_file() and not os.environ.get("YIWANG_BACKUP_RECIPIENTS"):
        import pyrage  # opens backups; where only the public half is wanted here, YIWANG_BACKUP_RECIPIENTS is set first

        place.write_whole(opener, f"{pyrage.x25519.Identity.generate()}\n")


def start_cluster(where: Place) -> dict[str, str]:
    """Start the private cluster, with roles, database and extensions in it, and return the settings that lead there."""
    pg, note = cluster.locate(where.data, where.short_name)
    if note:
        say(note)
    keep_log(pg)
    new = not (pg.data / "PG_VERSION").is_file()
    if new and where.stamped("migrations"):
        raise Stop(f"The database of this data folder is gone from {pg.data}.",
                   f"Put it back from your backup; or begin anew: remove {where.data}, or use another --data DIR.")  # fmt: skip
    with step("Database server: making a cluster" if new else "Database server"):
        pg.start()
        with contextlib.suppress(OSError):
            if not (where.log / "postgres.log").is_symlink():
                (where.log / "postgres.log").symlink_to(pg.log)
        make_database(pg, fresh=where.stamped("sample").startswith("loading"), where=where)
    return {"YIWANG_PG_HOST": str(pg.socket), "YIWANG_PG_PORT": "5432", "YIWANG_PG_NAME": NAME, "DATABASE_URL": "",
            "YIWANG_WAL_ARCHIVE": str(pg.archive or "")}  # fmt: skip


def keep_log(pg: cluster.Cluster) -> None:
    """Keep the database's log for recovery to any moment when YIWANG_WAL_ARCHIVE says so (1, or a folder); 0 ends it."""
    asked = os.environ.get("YIWANG_WAL_ARCHIVE", "")
    if asked == "0":
        pg.keep_log(None)
    elif asked:
        pg.keep_log(pg.folder / "wal" if asked == "1" else Path(os.path.abspath(asked)))


def make_database(pg: cluster.Cluster, *, fresh: bool, where: Place) -> None:
    """Create roles, database and extensions where they are missing; `fresh` throws a half-loaded sample away."""
    with pg.server.connect() as admin:
        if fresh:
            say("The previous run was killed while it loaded the sample; the half-loaded database is made again")
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))
            for name in ("migrations", "setup", "sample"):
                (where.stamps / name).unlink(missing_ok=True)
            where.sample_file.unlink(missing_ok=True)
        database.create_roles(admin)
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'").format(
                    sql.Identifier(NAME)
                )
            )
    if not where.stamped("migrations"):
        with pg.server.connect(NAME) as admin:
            database.prepare_database(admin)
            database.check_trigrams(admin)


def restore(where: Place, options: argparse.Namespace, env: dict[str, str]) -> None:
    """Put a backup in the place of the empty database, once; its chain and counts are compared before it is used."""
    if where.stamped("restored"):
        return
    if env.get("DATABASE_URL"):
        raise Stop("A copy starts on a database of its own.", "Unset DATABASE_URL, or run `yiwang backup restore` yourself.")
    pg, _ = cluster.locate(where.data, where.short_name)
    with pg.server.connect() as admin:  # empty: nothing was migrated in this folder yet
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))
    with step("Restoring the backup"):
        build.manage(["backup", "restore", options.backup, "--store", _absolute(options.from_backup)], env, "Restoring", shown=True)
    where.stamp("sample", "none none")
    where.stamp("restored", options.from_backup)
    if options.read_only:
        where.stamp("read_only", time.strftime("%Y-%m-%d %H:%M"))


def _absolute(store: str) -> str:
    return store if "://" in store else os.path.abspath(os.path.expanduser(store))


def migrate(where: Place, env: dict[str, str]) -> None:
    """Bring the tables up to date when a migration was added."""
    wanted = migrations_hash()
    if where.stamped("migrations") == wanted:
        return
    with step("Tables (migrations)"):
        ask_vetoes(env)
        try:
            database.migrate(env)
        except database.DatabaseUnfit as error:
            raise Stop(str(error), "Mend that and run the same command again.") from None
        owner_tunes(env)
    where.stamp("migrations", wanted)


def install_shipped(where: Place, env: dict[str, str]) -> None:
    """Load what ships as data (roles, calendars, dictionaries, matters) when it changed; local edits are kept."""
    if not services.has_command("setup"):
        return
    shipped = [p for name in ("matters", "data") for folder in services.SOURCE.glob(f"*/*/{name}")
               for p in build.source_files(folder)]  # fmt: skip
    shipped += services.SOURCE.glob("*/*/manifest.py")
    wanted = build.hash_files(shipped) + where.stamped("migrations")
    if where.stamped("setup") == wanted:
        return
    with step("Roles, calendars, dictionaries, matters"):
        build.manage(["setup"], env, "Loading what ships with the platform")
    where.stamp("setup", wanted)


def ask_vetoes(env: dict[str, str]) -> None:
    """Ask what `yiwang upgrade` asks before the tables of a platform in use are changed.

    Raises
    ------
    Stop
        With every reason and its mend; nothing was changed.
    """
    if not in_use(env):
        return
    done = build.ask(["upgrade", "--check"], env)
    if done.returncode:
        said = done.stderr.strip().removeprefix("CommandError: ").replace("Nothing was changed.\n", "")
        raise Stop(f"The tables of this data folder are of another version and cannot be changed now; nothing was changed:\n{said}",
                   "Mend that and run the same command again (docs/how-to/upgrade.md).")  # fmt: skip


def in_use(env: dict[str, str]) -> bool:
    """Tell whether somebody has an account already; tables that a first start left half made are not in use."""
    with _owner(env) as connection:
        if connection.execute("SELECT to_regclass('yw_identity_account')").fetchone() == (None,):
            return False
        return connection.execute("SELECT EXISTS (SELECT FROM yw_identity_account)").fetchone() == (True,)


def _owner(env: dict[str, str]) -> psycopg.Connection[tuple[object, ...]]:
    if url := env.get("DATABASE_URL"):
        connection = psycopg.connect(url, autocommit=True)
    else:
        connection = psycopg.connect(
            host=env["YIWANG_PG_HOST"], port=env["YIWANG_PG_PORT"], dbname=env.get("YIWANG_PG_NAME", NAME), user=database.OWNER, autocommit=True
        )
    connection.execute(f"SET ROLE {database.OWNER}")
    return connection


def owner_tunes(env: dict[str, str]) -> None:
    """Set what migrations of other packages leave open, as the owner of the tables."""
    with _owner(env) as connection:
        database.tune_queue(connection)


def collect_static(where: Place, env: dict[str, str]) -> None:
    """Gather the static files when one changed."""
    wanted = build.static_hash()
    if where.stamped("static") == wanted and (where.data / "static").is_dir():
        return
    with step("Static files"):
        build.collect_static(env, where.data / "static")
    where.stamp("static", wanted)


def load_sample(where: Place, options: argparse.Namespace, env: dict[str, str]) -> None:
    """Load the sample once; a data folder keeps the sample it began with."""
    kept = where.stamped("sample")
    if kept:
        size = kept.split()[1] if " " in kept else kept
        if options.sample_asked and options.sample_asked != size:
            raise Stop(f"{where.data} was begun with --sample {size} and holds it; it cannot become {options.sample_asked}.",
                       f"Use another folder: ./dev up --data {where.data}-{options.sample_asked} "
                       f"--sample {options.sample_asked}")  # fmt: skip
        return
    if options.sample == "none":
        with step("The three administrators"):
            build.manage(["account", "administrators"], env, "Making the three administrators", shown=True)
        where.stamp("sample", "none none")
        return
    if not services.has_command("sample"):
        say("Not in this checkout, so not loaded: the sample county")
        return
    as_of = ["--as-of", options.as_of.isoformat()] if options.as_of else []
    if not os.environ.get("DATABASE_URL"):
        where.stamp("sample", f"loading {options.sample}")
    with step(f"Sample data ({options.sample})"):
        build.manage(["sample", "--size", options.sample, *as_of], env, "Loading the sample", shown=True)
        # The planner knows nothing of what COPY brought until it is told; only the owner may tell it.
        build.manage(["analyze"], env | {"YIWANG_DB_ROLE": "owner"}, "Gathering statistics")
    where.stamp("sample", f"done {options.sample}")


def write_env(where: Place, env: dict[str, str]) -> None:
    """Keep the environment for `./dev yiwang` and for service units."""
    lines = "".join(f"{key}={value}\n" for key, value in sorted(env.items()))
    place.write_whole(where.env_file, f"# Written by ./dev up at every start.\n{lines}")


def write_spec(where: Place, options: argparse.Namespace, live_port: int, reached: lan.Lan | None = None) -> None:
    """Tell the supervisor what to run."""
    env = where.env()
    listed = services.services(options.port, live_port)
    if where.stamped("read_only"):
        listed = listed[:1]  # a copy to look at: no job, no message, no seal comes from it
    if reached is not None:
        listed += reached.services
    spec: dict[str, object] = {
        "url": f"http://127.0.0.1:{options.port}",
        "lan": {"url": reached.url, "pages": reached.pages, "fingerprint": lan.fingerprint(reached)} if reached is not None else {},
        "attached": not options.detach,
        "services": [service | {"env": env | service["env"]} for service in listed],  # type: ignore[operator]
    }
    if not env.get("DATABASE_URL"):
        pg, _ = cluster.locate(where.data, where.short_name)
        spec |= {"cluster": str(pg.folder), "socket": str(pg.socket)}
    place.write_whole(where.spec_file, json.dumps(spec, indent=1))


def start(where: Place, options: argparse.Namespace) -> int:
    """Start the supervisor, wait until the site answers, and stay with it unless it was asked to be left alone."""
    where.remember()
    url = f"http://127.0.0.1:{options.port}"
    with step("Starting the platform"), (where.log / "supervisor.log").open("ab") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "tools.supervise", str(where.data)], stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, start_new_session=True,
        )  # fmt: skip
        interrupted: list[int] = []

        def stop(number: int, frame: FrameType | None) -> None:
            interrupted.append(number)
            supervisor.terminate()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)
        wait_until_up(where, url, supervisor, interrupted)
    if interrupted:
        supervisor.wait()
        return 130
    print_welcome(where, url)
    say(f"Ready after {timing()}")
    if options.detach:
        print("It goes on in the background: ./dev status, ./dev down")
        return 0
    print("Ctrl-C stops everything", flush=True)
    code = supervisor.wait()
    if interrupted:
        print("\nEverything is stopped; the data is kept.")
        return 0
    raise Stop(f"The platform stopped by itself (code {code}).", f"The log says why: {where.log / 'supervisor.log'}")


def wait_until_up(where: Place, url: str, supervisor: subprocess.Popen[bytes], interrupted: list[int]) -> None:
    """Wait for the first answer of the site.

    Raises
    ------
    Stop
        It did not come within a minute, or the web process keeps dying; with the last lines of its log.
    """
    end = time.monotonic() + 60
    while not interrupted:
        if answers(url):
            return
        if supervisor.poll() is not None:
            raise Stop("The platform did not start.", f"The log says why: {where.log / 'supervisor.log'}")
        deaths = where.state().get("restarts", {}).get("web", 0)
        if deaths >= 3 or time.monotonic() > end:
            tail = "\n".join((where.log / "web.log").read_text(errors="replace").splitlines()[-12:])
            supervisor.terminate()
            supervisor.wait()
            raise Stop(f"The web process does not start. Its last words:\n{tail}",
                       f"Mend that and run the same command again; the whole log is {where.log / 'web.log'}.")  # fmt: skip
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Tell whether the site answers, be it with a sign-in page."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{url}/accounts/login/", timeout=10):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, ValueError):
        return False


def print_welcome(where: Place, url: str) -> None:
    """Print the address and, with sample data, who may sign in."""
    print(f"\n  Yiwang 一网   {url}\n  data folder   {where.data}")
    accounts = where.sample().get("accounts", [])
    if accounts:
        width = max(len(str(a["username"])) for a in accounts)
        print("  sample accounts (made-up people; never use them for real work):")
        for account in accounts:
            print(f"    {account['username']:<{width}}  {account['password']}  {account['role']}")
    if reached := place.read_json(where.spec_file).get("lan"):
        print(f"  phones        {reached['url']}{lan.PHONE}\n  how to begin  {'  '.join(reached['pages'][:3])}")
        print(f"  certificate   SHA-256 {reached['fingerprint']}")
    if key := where.sample().get("open311", {}).get("api_key"):
        print(f"  Open311       {url}/open311/v2/  api_key {key}")
    print(flush=True)


def stop_cluster(where: Place) -> None:
    """Stop the private cluster after a failed start."""
    if remembered := place.read_json(where.data / "cluster.json").get("folder"):
        cluster.Cluster(Path(str(remembered)), cluster.socket_folder(where.short_name)).stop()


if __name__ == "__main__":
    run_main(main, sys.argv[1:])
