"""Folders and SFTP machines: only whole files, each once, never lost, nothing from outside."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import paramiko
import pytest

from yiwang.apps.datahub.errors import SourceUnreachable
from yiwang.apps.datahub.lake.sources import Reading
from yiwang.apps.datahub.lake.sources import sftp as sftp_adapter
from yiwang.apps.datahub.models import Pull, Source
from yiwang.apps.datahub.services import sources as services
from yiwang.apps.datahub.tests.hub import make_dataset
from yiwang.apps.datahub.tests.source_world import STRICT, UPSERT, landed, sftp
from yiwang.kernel.base.errors import BadInput

OLD = time.time() - 600


@pytest.fixture
def drop(settings: Any, tmp_path: Path) -> Path:
    settings.LAKE = {**settings.LAKE, "drop": str(tmp_path / "drop")}
    (tmp_path / "drop" / "civil").mkdir(parents=True)
    return tmp_path / "drop" / "civil"


def put(folder: Path, name: str, text: str = "id,name\n1,甲\n2,乙\n", age: float = 600) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def folder_source(world: Any, text: str = UPSERT, **settings: Any) -> Source:
    dataset = make_dataset(world.orgs["bureau-civil"], "civil-relief", "低保对象", text=text)
    return services.keep(world.actor("data_owner"), dataset=dataset.uid, kind="folder", name="民政前置机", settings={"path": "civil", **settings}, cron="0 2 * * *")


def test_whole_files_land_once_and_move(world: Any, drop: Path) -> None:
    source = folder_source(world)
    put(drop, "a.csv")
    put(drop, "b.csv", "id,name\n3,丙\n")
    put(drop, "growing.csv", age=5)  # the bureau is still writing it
    put(drop, "c.csv.part")
    run = services.pull(source.pk)
    assert (run.state, run.rows, run.accepted, run.portions) == ("done", 3, 3, 2)
    assert sorted(p.name for p in drop.iterdir()) == ["c.csv.part", "growing.csv", "taken"]
    assert sorted(p.name for p in (drop / "taken").iterdir()) == ["a.csv", "b.csv"]
    assert (drop / "taken" / "a.csv").read_text(encoding="utf-8") == "id,name\n1,甲\n2,乙\n"
    assert set(landed()) == {"1", "2", "3"}
    assert services.pull(source.pk).state == "nothing"


def test_last_month_sent_again_is_told_and_not_landed(world: Any, drop: Path) -> None:
    source = folder_source(world)
    put(drop, "2026-10.csv")
    services.pull(source.pk)
    put(drop, "2026-11.csv")  # another name, the same rows
    run = services.pull(source.pk)
    assert (run.state, run.rows, run.why) == ("nothing", 0, "datahub.source.sent-again")
    assert "2026-11.csv = 2026-10.csv" in run.why_text
    assert source.files.get().sent_again == 1
    assert sorted(p.name for p in (drop / "taken").iterdir()) == ["2026-10.csv", "2026-11.csv"]


def test_marker_says_when_a_file_is_whole(world: Any, drop: Path) -> None:
    source = folder_source(world, completion="marker")
    put(drop, "a.csv", age=9000)
    assert services.pull(source.pk).state == "nothing"
    (drop / "a.csv.done").touch()
    assert services.pull(source.pk).rows == 2
    assert [p.name for p in drop.iterdir()] == ["taken"]


def test_refused_file_is_set_aside_with_its_reason_and_the_next_is_read(world: Any, drop: Path) -> None:
    """A column renamed overnight: the landing refuses the file, nothing of it counts, the bureau finds why beside it."""
    source = folder_source(world, text=STRICT)
    put(drop, "a.csv")
    services.pull(source.pk)
    put(drop, "b.csv", "id,full_name\n8,丙\n", age=500)
    put(drop, "c.csv", "id,name\n9,丁\n", age=400)
    run = services.pull(source.pk)
    assert (run.state, run.why, run.accepted) == ("failed", "datahub.source.changed", 1)
    assert "b.csv" in run.why_text
    assert "name。" in run.why_text
    assert "9" in landed()
    assert "8" not in landed()
    assert (drop / "refused" / "b.csv.reason.txt").read_text(encoding="utf-8").strip().endswith("name")
    assert (drop / "refused" / "b.csv").read_text(encoding="utf-8").endswith("8,丙\n")


def test_new_columns_raise_an_alarm_that_people_are_told_of(world: Any, drop: Path) -> None:
    from yiwang.kernel.notices.models import Notice

    source = folder_source(world)
    put(drop, "a.csv")
    services.pull(source.pk)
    put(drop, "b.csv", "id,full_name\n8,丙\n")
    services.pull(source.pk)
    alarm = source.alarms.get()
    assert (alarm.kind, alarm.facts) == ("columns", {"gone": ["name"], "new": ["full_name"]})
    told = set(Notice.objects.filter(kind="datahub.source.unusual").values_list("account__username", flat=True))
    assert told == {"data_owner", "data_steward", "data_steward2"}  # of that bureau, and the authority's; nobody of the health bureau


@pytest.mark.parametrize("path", ["../../etc", "/etc", "civil/../../x", "a\\..\\b", "~root", "civil\n"])
def test_folder_outside_of_the_drop_is_refused(world: Any, drop: Path, path: str) -> None:
    with pytest.raises(BadInput):
        folder_source(world, path=path)
    assert not Source.objects.exists()


def test_links_and_devices_are_no_files(world: Any, drop: Path) -> None:
    source = folder_source(world)
    secret = put(drop.parent.parent, "secret.csv", "id,name\n666,bad\n")
    (drop / "link.csv").symlink_to(secret)
    os.utime(drop / "link.csv", (OLD, OLD), follow_symlinks=False)
    os.mkfifo(drop / "pipe.csv")
    (drop / "folder.csv").mkdir()
    (drop / "civil2").symlink_to("/etc")
    assert services.pull(source.pk).state == "nothing"
    assert not landed()
    assert secret.exists()
    source.settings = {"path": "civil/civil2"}  # a link made after the source was set up
    source.save()
    run = services.pull(source.pk)
    assert (run.state, run.why) == ("failed", "datahub.source.settings")


def test_disk_full_leaves_the_source_as_it_is(world: Any, drop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from yiwang.apps.datahub.lake.sources import staging

    source = folder_source(world)
    put(drop, "a.csv")
    monkeypatch.setattr(staging, "RESERVE_BYTES", 1 << 62)
    run = services.pull(source.pk)
    assert (run.state, run.why, run.rows) == ("failed", "datahub.source.disk-full", 0)
    assert (drop / "a.csv").exists()
    assert not landed()
    monkeypatch.undo()
    assert services.pull(source.pk).rows == 2  # made room: the next run goes on


def test_killed_after_landing_and_before_moving_is_not_called_sent_again(world: Any, drop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from yiwang.apps.datahub.lake.sources import folder

    source = folder_source(world)
    put(drop, "a.csv")

    def killed(*_a: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(folder, "_move", killed)
        with pytest.raises(KeyboardInterrupt):
            services.pull(source.pk)
    assert Pull.objects.get().state == "running"
    run = services.pull(source.pk)
    assert (run.state, run.why) == ("nothing", "")
    assert [p.state for p in Pull.objects.order_by("pk")] == ["broken", "nothing"]
    assert source.files.get().sent_again == 0
    assert (drop / "taken" / "a.csv").exists()
    assert len(landed()) == 2


# --- SFTP --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def machine(tmp_path: Path, settings: Any) -> Any:
    settings.OUTGOING_ALLOW = ("127.0.0.0/8",)
    root, key = tmp_path / "remote", paramiko.ECDSAKey.generate()
    (root / "out").mkdir(parents=True)
    with sftp(root, key) as (number, host_key):
        yield root / "out", {"host": "127.0.0.1", "port": number, "user": "civil", "path": "out", "host_key": sftp_adapter.fingerprint(host_key)}, key


def reading(tmp_path: Path, settings: dict[str, Any], **secrets: str) -> Reading:
    return Reading(number="s", kind="sftp", settings=settings, secrets=secrets, watermark={}, workspace=tmp_path)


def test_sftp_lands_and_moves(world: Any, machine: Any) -> None:
    folder, given, _key = machine
    dataset = make_dataset(world.orgs["bureau-civil"], "civil-relief", "低保对象", text=UPSERT)
    owner = world.actor("data_owner")
    source = services.keep(owner, dataset=dataset.uid, kind="sftp", name="民政 SFTP", settings=given, secrets={"password": "right-secret"})
    assert "right-secret" not in source.secret
    assert "right-secret" not in str(source.settings)
    put(folder, "a.csv")
    put(folder, "writing.csv", age=3)
    assert services.try_out(owner, source.uid) == ["a.csv"]
    run = services.pull(source.pk)
    assert (run.state, run.rows) == ("done", 2)
    assert sorted(p.name for p in folder.iterdir()) == ["taken", "writing.csv"]
    assert (folder / "taken" / "a.csv").exists()


def test_sftp_wrong_key_wrong_password_wrong_machine(tmp_path: Path, machine: Any, settings: Any) -> None:
    _folder, given, key = machine
    import io

    text = io.StringIO()
    paramiko.ECDSAKey.generate().write_private_key(text)
    with pytest.raises(SourceUnreachable):
        sftp_adapter.test(reading(tmp_path, given, private_key=text.getvalue()))
    with pytest.raises(SourceUnreachable) as caught:
        sftp_adapter.test(reading(tmp_path, given, password="wrong-secret"))
    assert "wrong-secret" not in str(caught.value.detail())
    with pytest.raises(SourceUnreachable) as caught:  # before any secret is sent
        sftp_adapter.test(reading(tmp_path, {**given, "host_key": "SHA256:another"}, password="right-secret"))
    assert given["host_key"] in caught.value.reason
    right = io.StringIO()
    key.write_private_key(right)
    assert sftp_adapter.test(reading(tmp_path, given, private_key=right.getvalue())) == []
    settings.OUTGOING_ALLOW = ()
    from yiwang.kernel.base.outgoing_errors import OutgoingRefused

    with pytest.raises(OutgoingRefused):  # an inner address that no setting allows
        sftp_adapter.test(reading(tmp_path, given, password="right-secret"))
