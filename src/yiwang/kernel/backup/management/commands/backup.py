"""`yiwang backup run|list|verify|restore|prune|carry|check|keys|base|ship|fetch|files`: everything about backups from the command line."""

import getpass
import json
import os
import sys
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from yiwang.kernel.backup import crypto, queries, services
from yiwang.kernel.backup.services import log, reading
from yiwang.kernel.backup.stores import open_store
from yiwang.kernel.base.errors import ProblemError


class Command(BaseCommand):
    help = "Back up, list, verify, restore and clear; the store is YIWANG_BACKUP_STORE unless --store says another."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser
        made = add("run", help="make a backup now, then clear what is not kept")
        made.add_argument("--no-prune", action="store_true")
        made.add_argument("--all-files", action="store_true", help="send every file again: a verification found a damaged one")
        listed = add("list", help="what is in the store, oldest first")
        listed.add_argument("--json", action="store_true")
        proof = add("verify", help="restore into a scratch database, compare counts and chain, open the files")
        proof.add_argument("name", nargs="?", default="latest")
        proof.add_argument("--files", choices=("all", "sample", "none"), default="all")
        back = add("restore", help="restore a backup; the present database is kept under another name")
        back.add_argument("name", nargs="?", default="latest")
        back.add_argument("--database", default="", help="another name than the installation's own")
        back.add_argument("--replace", action="store_true", help="take the place of a database that is there")
        back.add_argument("--no-files", action="store_true")
        back.add_argument("--keys", default="", help="the key file from the safe; its passphrase is asked for")
        clear = add("prune", help="keep the last days, weeks and months (YIWANG_BACKUP_KEEP), remove the rest")
        clear.add_argument("--dry-run", action="store_true")
        carried = add("carry", help="write one backup as one .tar to take along")
        carried.add_argument("target")
        carried.add_argument("name", nargs="?", default="latest")
        add("check", help="exit code 1 when the last good backup is too old")
        keys = add("keys", help="write the key file for the safe: locked by a passphrase, needed for a restore elsewhere")
        keys.add_argument("target")
        based = add("base", help="copy the whole server: from its end on any moment can be recovered")
        shipped = add("ship", help="send the finished pieces of the server's log into the store")
        fetched = add("fetch", help="bring base and log for a moment into two folders; ./dev recover does the rest")
        fetched.add_argument("--to", required=True)
        fetched.add_argument("--data-folder", required=True)
        fetched.add_argument("--log-folder", required=True)
        filed = add("files", help="bring the files of a backup into FILES_DIR, without the database")
        filed.add_argument("name", nargs="?", default="latest")
        for one in (based, shipped, fetched, filed, made, listed, proof, back, clear, carried):
            one.add_argument("--store", default="", help="a folder, s3://bucket/prefix, or a carried .tar")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"do_{options['verb']}")(options)
        except ProblemError as problem:
            raise CommandError(str(problem)) from problem

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def do_run(self, options: dict[str, Any]) -> None:
        made = services.run(address=options["store"], all_files=options["all_files"])
        self.say(
            f"{made.id}: {sum(made.counts.values())} rows, {made.chain['cases']} cases, {made.files['count']} files "
            f"({made.files['new_count']} new), {made.stored_bytes / 1e6:.1f} MB stored in {made.seconds:.1f} s"
        )
        if not options["no_prune"]:
            done = services.prune(address=options["store"])
            if done.removed:
                self.say(f"Removed {len(done.removed)} old backups and {done.files} files that no kept one names")

    def do_list(self, options: dict[str, Any]) -> None:
        store = open_store(options["store"] or settings.BACKUP_STORE)
        found = reading.manifests(store)
        if options["json"]:
            self.say(json.dumps([m.body() for m in found], ensure_ascii=False))
            return
        self.say(f"{store.label}: {len(found)} backups")
        for m in found:
            self.say(
                f"{m.id}  {m.created_at[:19]}Z  {m.chain['cases']:>8} cases  {m.files['count']:>8} files  "
                f"{m.stored_bytes / 1e6:>9.1f} MB  {m.seconds:>7.1f} s"
            )

    def do_verify(self, options: dict[str, Any]) -> None:
        verdict = services.verify(options["name"], address=options["store"], files=options["files"])
        for fault in verdict.faults:
            self.say(f"WRONG  {fault}")
        self.say(
            f"{verdict.backup}: {verdict.rows} rows in {verdict.tables} tables, {verdict.lines} lines of the record and "
            f"{verdict.files} files checked in {verdict.seconds:.1f} s"
        )
        if not verdict.is_good:
            raise CommandError(f"{len(verdict.faults)} faults: this backup cannot be relied on.")
        self.say("The backup is good.")

    def do_restore(self, options: dict[str, Any]) -> None:
        if options["keys"]:
            crypto.use_keys(crypto.open_keys(Path(options["keys"]).read_bytes(), _passphrase("Passphrase of the key file: ")))
        done = services.restore(
            options["name"], database=options["database"], address=options["store"], replace=options["replace"],
            files=not options["no_files"], say=self.say,
        )
        kept = f"; the former one is kept as {done.kept_as}" if done.kept_as else ""
        parts = ", ".join(f"{what} {seconds} s" for what, seconds in done.seconds.items())
        self.say(f"{done.manifest.id} is restored into {done.database}{kept} ({parts})")

    def do_prune(self, options: dict[str, Any]) -> None:
        done = services.prune(address=options["store"], dry=options["dry_run"])
        word = "would be removed" if options["dry_run"] else "removed"
        self.say(f"{len(done.kept)} kept, {len(done.removed)} {word}, {done.files} files removed")
        for name in done.removed:
            self.say(f"  {name}")

    def do_carry(self, options: dict[str, Any]) -> None:
        target = Path(options["target"])
        try:
            made = services.carry(options["name"], target, address=options["store"])
        except FileExistsError as error:
            raise CommandError(f"{target} exists already.") from error
        self.say(f"{made.id} is in {target} ({target.stat().st_size / 1e6:.1f} MB), encrypted")

    def do_check(self, options: dict[str, Any]) -> None:
        state = queries.health()
        if state.age_s is None:
            raise CommandError("There was never a good backup. " + state.last_error)
        text = f"The last good backup ({state.last_backup}) is {state.age_s / 3600:.1f} hours old"
        if state.is_stale:
            raise CommandError(f"{text}; the limit is {state.max_age_s / 3600:.0f}. {state.last_error}")
        self.say(f"{text}.")

    def do_base(self, options: dict[str, Any]) -> None:
        made = log.make_base(address=options["store"])
        sent = log.ship(address=options["store"])
        cleared = log.prune_log(open_store(options["store"] or settings.BACKUP_STORE))
        self.say(f"Base {made.id}: {made.size / 1e6:.1f} MB, any moment from {made.ended_at} on; {sent} pieces sent, {cleared} old objects removed")

    def do_ship(self, options: dict[str, Any]) -> None:
        self.say(f"{log.ship(address=options['store'])} pieces of the log sent")

    def do_fetch(self, options: dict[str, Any]) -> None:
        moment = datetime.fromisoformat(options["to"])
        log.fetch(moment, Path(options["data_folder"]), Path(options["log_folder"]), address=options["store"], say=self.say)

    def do_files(self, options: dict[str, Any]) -> None:
        done = services.restore_files(options["name"], address=options["store"], say=self.say)
        self.say(f"{done.new_files} of {done.files} files written")

    def do_keys(self, options: dict[str, Any]) -> None:
        target = Path(options["target"])
        first = _passphrase("A passphrase for the key file (12 characters or more): ")
        if len(first) < 12:
            raise CommandError("The passphrase has fewer than 12 characters.")
        if sys.stdin.isatty() and first != _passphrase("The same again: "):
            raise CommandError("The two differ.")
        with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(crypto.lock_keys(first))
        self.say(f"{target} is written. Keep it and its passphrase apart from the backups, each in a safe of its own.")


def _passphrase(question: str) -> str:
    """Return YIWANG_KEYS_PASSPHRASE, or ask."""
    return os.environ.get("YIWANG_KEYS_PASSPHRASE") or getpass.getpass(question)
