"""A backup and back: what the manifest says is there, the restore gives exactly that, and what is wrong is named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyrage
import pytest
from django.core.management import CommandError, call_command

from tests import walk
from yiwang.kernel.audit.models import Event
from yiwang.kernel.backup import crypto, queries, server, services
from yiwang.kernel.backup.errors import BackupFailed, BackupRuns, DatabaseInUse, KeyMissing, NoSuchBackup, RestoreFailed
from yiwang.kernel.backup.models import Run
from yiwang.kernel.backup.services import reading
from yiwang.kernel.backup.services.running import DUMP, alone
from yiwang.kernel.backup.stores import open_store
from yiwang.kernel.backup.tests.conftest import seal_everything
from yiwang.kernel.base.registry import AppManifest, temporarily
from yiwang.kernel.cases.models import Case
from yiwang.kernel.files import store as blobs
from yiwang.kernel.files.models import Attachment


def stored(settings: Any) -> dict[str, Path]:
    root = Path(settings.BACKUP_STORE)
    return {str(p.relative_to(root)): p for p in root.rglob("*") if p.is_file()}


def test_back_up_verify_restore(platform: Any, settings: Any, tmp_path: Path, committed: Any) -> None:
    """The whole way: three cases are backed up, later acts are not in it, the restore has the three and their photos."""
    made = services.run()
    assert made.chain["cases"] == 3
    assert made.counts["yw_cases_case"] == 3
    assert made.counts["yw_audit_event"] == Event.all_modes.count()
    assert made.files["count"] == made.files["new_count"] == len(list(blobs.blobs()))
    assert queries.health().is_fine
    assert queries.health().last_backup == made.id

    names = stored(settings)
    plain = b"".join(p.read_bytes() for n, p in names.items() if n.endswith(".age"))
    assert b"PGDMP" not in plain, "a dump lies open in the store"
    assert "井盖".encode() not in plain
    for secret in (settings.BACKUP_IDENTITY, settings.FIELD_KEY, settings.SEAL_KEY, settings.SECRET_KEY, settings.BLIND_INDEX_KEY):
        assert not any(secret.encode() in p.read_bytes() for p in names.values()), "a key lies in the backup"
    assert not any(a.sha256 in n for a in Attachment.objects.all() for n in names), "a file's hash is its name in the store"

    walk.report(platform, photo="four", at=(4, 4))  # after the backup
    verdict = services.verify()
    assert verdict.is_good, verdict.faults
    assert verdict.lines == made.counts["yw_audit_event"] + made.counts["yw_audit_accesslog"]
    assert verdict.files == made.files["count"]

    settings.FILES_DIR = tmp_path / "elsewhere"
    name = f"{committed.name}_r"
    try:
        done = services.restore(database=name)
        assert (done.files, done.new_files, done.kept_as) == (made.files["count"], made.files["count"], "")
        with server.connect("app", name) as there:
            assert there.execute("SELECT count(*) FROM yw_cases_case").fetchone() == (3,)
            with pytest.raises(psycopg.Error, match=r"append-only|permission denied"):
                there.execute("DELETE FROM yw_audit_event")
        for sha256 in Attachment.objects.filter(pk__lt=Attachment.objects.latest("pk").pk).values_list("sha256", flat=True):
            assert blobs.exists(sha256)
        with pytest.raises(DatabaseInUse):
            services.restore(database=name)
    finally:
        server.drop(name)


def test_restore_in_place_keeps_what_was_there(platform: Any, committed: Any) -> None:
    """`--replace`: the lost case comes back, what was there stays under another name, the older seals are on record."""
    from django.db import connections

    made = services.run()
    later = walk.report(platform, photo="later", at=(4, 4))
    assert later.event_count > 0
    seal_everything()
    connections.close_all()
    done = services.restore(made.id, replace=True)
    try:
        assert Case.all_modes.count() == 3
        assert not Case.all_modes.filter(uid=later.uid).exists()
        assert Event.all_modes.filter(action="audit.restored").exists(), "seals outside knew more than the backup"
        with server.connect("app", done.kept_as) as before:
            assert before.execute("SELECT count(*) FROM yw_cases_case").fetchone() == (4,)
        assert not Run.objects.filter(state="running").exists()
        walk.report(platform, photo="goes on", at=(0, 0))  # work goes on, sealed as before
        seal_everything()
        call_command("audit", "verify")
    finally:
        connections.close_all()
        server.drop(done.kept_as)


def test_second_backup_sends_only_what_is_new(platform: Any, settings: Any) -> None:
    first = services.run()
    walk.report(platform, photo="new one", at=(4, 0))
    second = services.run()
    assert second.files["new_count"] == 2, "a photo and its preview"
    assert second.files["count"] == first.files["count"] + 2
    assert reading.names(open_store(settings.BACKUP_STORE)) == [first.id, second.id]


def test_prune_keeps_files_that_are_still_named(platform: Any, settings: Any) -> None:
    """Of two backups of one day the newer stays, and every file that it names."""
    settings.BACKUP_KEEP = (1, 0, 0)
    services.run()
    walk.report(platform, photo="gone soon", at=(4, 0))
    services.run()
    doomed = Attachment.objects.latest("pk")
    with server.connect("owner") as owner:
        owner.execute("DELETE FROM yw_files_attachment WHERE id = %s", [doomed.pk])
    last = services.run()
    done = services.prune()
    assert done.kept == [last.id]
    assert len(done.removed) == 2
    assert done.files == 2, "those that only a removed backup named"
    assert services.verify().is_good
    assert not [n for n in stored(settings) if not n.startswith((f"backups/{last.id}/", "files/"))]


def test_a_half_made_backup_is_none(platform: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in the middle: nothing is listed, the next one goes, and the leftovers are cleared after two days."""
    def broken(self: Any) -> Any:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("yiwang.kernel.backup.services.running.FilesCopy.run", broken)
        with pytest.raises(OSError, match="No space"):
            services.run()
    run = Run.objects.latest("pk")
    assert (run.state, run.error) == ("failed", "No space left on device")
    assert reading.names(open_store(settings.BACKUP_STORE)) == []
    assert queries.health().is_stale
    assert "No space" in queries.health().last_error
    good = services.run()
    assert services.prune().removed == [], "it may still run on another machine"
    old = Path(settings.BACKUP_STORE) / "backups" / "20200101T000000Z-aaaaaa"
    old.mkdir()
    (old / DUMP).write_bytes(b"half")
    assert services.prune().removed == [old.name]
    assert reading.names(open_store(settings.BACKUP_STORE)) == [good.id]


def _harm(what: str, root: Path, made: Any, to: Any) -> None:
    dump, manifest = root / made.object(DUMP).name, root / f"backups/{made.id}/manifest.json"
    photo = next((root / "files").rglob("*.age"))
    if what == "flip":
        raw = bytearray(dump.read_bytes())
        raw[len(raw) // 2] ^= 1
        dump.write_bytes(raw)
    elif what == "cut":
        dump.write_bytes(dump.read_bytes()[:-20])
    elif what == "remove":
        dump.unlink()
    elif what == "swap":  # with the public key anybody can make a dump; he cannot sign it
        other = pyrage.encrypt(os.urandom(dump.stat().st_size // 2), [to])
        dump.write_bytes(other + bytes(dump.stat().st_size - len(other)))
    elif what == "manifest":
        body = json.loads(manifest.read_text())
        body["counts"]["yw_cases_case"] = 2
        manifest.write_text(json.dumps(body))
    elif what == "file":
        photo.write_bytes(pyrage.encrypt(b"another picture", [to]))
    else:
        photo.unlink()


def test_a_damaged_file_is_sent_again(platform: Any, settings: Any, key: Any) -> None:
    """What the store damaged stays damaged for later backups too, until every file is sent anew."""
    services.run()
    _harm("file", Path(settings.BACKUP_STORE), services.run(), key.to_public())
    assert not services.verify().is_good
    call_command("backup", "run", "--all-files")
    assert services.verify().is_good
    assert queries.health().is_fine


def test_every_harm_is_named(platform: Any, settings: Any, key: Any, tmp_path: Path) -> None:
    """Whatever is done to a stored backup, the verification says it, and a damaged database is never put in place."""
    made, whole = services.run(), Path(settings.BACKUP_STORE)
    said = {"flip": "opened", "cut": "size", "remove": "missing", "swap": "", "manifest": "not signed", "file": "other bytes", "lost": "missing"}
    for what, word in said.items():
        settings.BACKUP_STORE = str(shutil.copytree(whole, tmp_path / what))
        _harm(what, tmp_path / what, made, key.to_public())
        verdict = services.verify(files="all" if what in ("file", "lost") else "none")
        assert not verdict.is_good, what
        assert any(word in fault for fault in verdict.faults), (what, verdict.faults)
        assert Run.objects.filter(kind="verify").latest("pk").state == "failed", what
        assert queries.health().is_stale, "a backup that failed its proof is no good one"
        if what not in ("file", "lost"):
            with pytest.raises((RestoreFailed, NoSuchBackup)):
                services.restore(database="yw_never")
            assert not server.exists("yw_never"), what


def test_a_missing_file_is_said_at_once(platform: Any) -> None:
    """A row names it and the disk has lost it: that is no good backup."""
    row = Attachment.objects.earliest("pk")
    blobs.remove(row.sha256)
    with pytest.raises(BackupFailed, match=row.sha256):
        services.run()
    assert Run.objects.latest("pk").state == "failed"


def test_a_file_swept_meanwhile_is_no_fault(platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    row = Attachment.objects.earliest("pk")
    from yiwang.kernel.backup.services.running import FilesCopy

    first = FilesCopy.run

    def swept(self: Any) -> Any:
        with server.connect("owner") as owner:
            owner.execute("DELETE FROM yw_files_attachment WHERE id = %s", [row.pk])
        blobs.remove(row.sha256)
        return first(self)

    monkeypatch.setattr(FilesCopy, "run", swept)
    made = services.run()
    assert made.files["gone"] == 1
    assert services.verify().is_good


def test_one_at_a_time(platform: Any) -> None:
    with alone(), pytest.raises(BackupRuns):
        services.run()
    assert services.run().chain["cases"] == 3


def test_public_half_alone(platform: Any, settings: Any, key: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that only has the public half backs up and cannot open; the key file from the safe can."""
    monkeypatch.setenv("YIWANG_KEYS_PASSPHRASE", "correct horse battery")
    call_command("backup", "keys", str(tmp_path / "keys.age"))
    assert str(key).encode() not in (tmp_path / "keys.age").read_bytes()
    settings.BACKUP_RECIPIENTS, settings.BACKUP_IDENTITY = [str(key.to_public())], ""
    services.run()
    with pytest.raises(KeyMissing):
        services.verify()
    with pytest.raises(KeyMissing):
        crypto.open_keys((tmp_path / "keys.age").read_bytes(), "wrong passphrase")
    for name in crypto.PLATFORM_KEYS:
        setattr(settings, name, "another machine's own key, of no use here")
    try:
        call_command("backup", "restore", "--database", "yw_from_safe", "--no-files", "--keys", str(tmp_path / "keys.age"))
        assert server.exists("yw_from_safe")
    finally:
        server.drop("yw_from_safe")


def test_carried_on_one_file(platform: Any, settings: Any, tmp_path: Path) -> None:
    made = services.run()
    target = tmp_path / "stick.tar"
    call_command("backup", "carry", str(target))
    settings.FILES_DIR = tmp_path / "laptop"
    try:
        done = services.restore(address=str(target), database="yw_laptop")
        assert (done.manifest.id, done.new_files) == (made.id, made.files["count"])
    finally:
        server.drop("yw_laptop")


def test_definitions_can_be_read_without_the_platform(platform: Any, settings: Any, key: Any, tmp_path: Path) -> None:
    """Any age program and tar open it: matters as files, plain settings, the seals as they were; no secret among them."""
    made = services.run()
    store = open_store(settings.BACKUP_STORE)
    found = dict(reading.definitions(store, made, key))
    matter = next(name for name in found if name.endswith("/process.bpmn"))
    assert matter.startswith("matters/city.problem-v")
    assert b"<" in found[matter][:5]
    assert json.loads(found["settings.json"])["REGION"] == settings.REGION
    assert json.loads(found["seals/latest.json"])["event"]["number"] == made.chain["seals"]["event"]["number"]
    assert not any(settings.SEAL_KEY.encode() in content for content in found.values())


def test_commands(platform: Any, capsys: pytest.CaptureFixture[str], settings: Any) -> None:
    with pytest.raises(CommandError, match="never a good backup"):
        call_command("backup", "check")
    call_command("backup", "run")
    call_command("backup", "list")
    call_command("backup", "verify", "--files", "sample")
    call_command("backup", "check")
    said = capsys.readouterr().out
    assert "3 cases" in said
    assert "The backup is good." in said
    settings.BACKUP_MOST_AGE_S = 0
    with pytest.raises(CommandError, match="limit is 0"):
        call_command("backup", "check")
    with pytest.raises(CommandError, match=r"no such backup|没有"):
        call_command("backup", "verify", "20200101T000000Z-aaaaaa")


def test_command_line_of_a_process(platform: Any, committed: Any, settings: Any) -> None:
    """`yiwang backup run` as cron would call it, in a process of its own."""
    import sys

    env = committed.env() | {
        "YIWANG_BACKUP_STORE": settings.BACKUP_STORE, "YIWANG_BACKUP_IDENTITY": settings.BACKUP_IDENTITY, "YIWANG_DATA_DIR": str(settings.DATA_DIR),
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-m", "yiwang", "backup", "run"], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert services.verify(files="none").is_good


def test_stale_is_told_and_measured(platform: Any, settings: Any) -> None:
    from yiwang.kernel.backup.services.watching import metrics_path, watch
    from yiwang.kernel.notices.models import Notice

    watch()
    watch()
    assert Notice.objects.filter(kind="backup.stale", account=platform.account("administrator")).count() == 1, "once a day"
    assert "yiwang_backup_stale 1" in metrics_path().read_text()
    services.run()
    assert not watch().is_stale
    assert "yiwang_backup_stale 0" in metrics_path().read_text()
    settings.BACKUP_MOST_AGE_S = timedelta(seconds=-1).total_seconds()
    assert queries.health().is_stale


KEPT = ("lake/trees/run-1/part 1.parquet", "lake/trees/run-1/part-2.parquet")


def kept_files(connection: Any) -> list[str]:
    """Stand in for an app that keeps files beside the attachments; asked in the backup's own snapshot."""
    assert connection.execute("SELECT 1").fetchone() == (1,)
    return list(KEPT)


def test_files_that_an_app_keeps_travel_with_the_backup(platform: Any, settings: Any, tmp_path: Path) -> None:
    """They come, are encrypted, sent once, verified, brought back to their own place; a missing one is no silent hole."""
    with temporarily(AppManifest(code="keeper", label="keeper", kept=(f"{__name__}.kept_files",))):
        for name in KEPT:
            path = settings.DATA_DIR / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"PAR1" + name.encode())
        attachments = len(list(blobs.blobs()))
        first = services.run()
        assert first.files["count"] == attachments + 2
        assert not any(p.read_bytes().startswith(b"PAR1") for p in stored(settings).values())
        assert services.run().files["new_count"] == 0
        assert services.verify().is_good
        settings.DATA_DIR = tmp_path / "another machine"
        done = services.restore_files(first.id)
        assert [(settings.DATA_DIR / name).read_bytes() for name in KEPT] == [b"PAR1" + name.encode() for name in KEPT]
        assert done.files == attachments + 2
        (settings.DATA_DIR / KEPT[0]).unlink()
        with pytest.raises(BackupFailed, match="part 1"):
            services.run()
