"""Data folders: which one a command means, stamps, and process ids that were given away again."""

import os
import subprocess

import pytest

from tools import place
from tools.place import Place
from tools.say import Stop


def test_a_number_that_another_process_got_does_not_count_as_alive():
    child = subprocess.Popen(["sleep", "30"])
    began = place.started_at(child.pid)
    assert place.alive(child.pid, began)
    assert not place.alive(child.pid, "1"), "another process of this number"
    child.kill()
    child.wait()
    assert not place.alive(child.pid, began)


def test_the_running_folder_is_found_without_naming_it(tmp_path, monkeypatch):
    monkeypatch.setattr(place, "POINTERS", tmp_path / "pointers")
    assert place.find(None).data == place.DEFAULT_DATA
    me = os.getpid()
    for name in ("one", "two"):
        other = Place(tmp_path / name)
        other.make()
        other.state_file.write_text(f'{{"supervisor": {me}, "started": "{place.started_at(me)}", "services": {{}}}}')
        other.remember()
        if name == "one":
            assert place.find(None).data == tmp_path / "one"
    with pytest.raises(Stop, match="Several platforms") as stop:
        place.find(None)
    assert "--data" in stop.value.mend


def test_a_file_in_the_way_is_refused_with_the_mend(tmp_path):
    (tmp_path / "data").write_text("")
    with pytest.raises(Stop, match="not a folder"):
        Place(tmp_path / "data").make()


def test_stamps_and_env(tmp_path):
    made = Place(tmp_path / "d")
    made.make()
    assert made.stamped("x") == ""
    made.stamp("x", "abc")
    assert made.stamped("x") == "abc"
    made.env_file.write_text("# note\nA=1=2\n")
    assert made.env() == {"A": "1=2"}
    assert (made.data.stat().st_mode & 0o777) == 0o700
