"""Durations in words, the script's sentences, the icons: what the server says and what script says are the same."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils.translation import override

from yiwang.kernel.base import registry
from yiwang.kernel.ui import demo, shell, words
from yiwang.kernel.ui.texts import script_texts

REPO = Path(__file__).resolve().parents[5]
ISLANDS = REPO / "src" / "islands"
H = 3600


@pytest.mark.parametrize(
    ("seconds", "working", "zh", "en"),
    [
        (7800, False, "2 小时 10 分", "2 hours 10 min"),
        (3600, False, "1 小时", "1 hour"),
        (59, False, "不足 1 分钟", "less than a minute"),
        (60, False, "1 分钟", "1 minute"),
        (-25 * H, False, "1 天 1 小时", "1 day 1 hour"),
        (24 * H, False, "1 天", "1 day"),
        (11 * H, True, "1 个工作日 3 小时", "1 working day 3 hours"),
        (8 * H, True, "1 个工作日", "1 working day"),
        (50 * H + 60, False, "2 天 2 小时", "2 days 2 hours"),
    ],
)
def test_duration(seconds, working, zh, en):
    with override("zh-hans"):
        assert words.duration(seconds, working=working) == zh
    with override("en"):
        assert words.duration(seconds, working=working) == en


def test_remaining_says_left_overdue_or_none():
    with override("zh-hans"):
        assert words.remaining(7800) == "还剩 2 小时 10 分"
        assert words.remaining(-86400) == "超期 1 天"
        assert words.remaining(None) == "无时限"


def test_ago_and_moment():
    at = datetime(2026, 11, 23, 6, 5, tzinfo=UTC)
    with override("zh-hans"):
        assert words.ago(at - timedelta(seconds=20), at) == "刚刚"
        assert words.ago(at - timedelta(minutes=47), at) == "47 分钟前"
        assert words.ago(at - timedelta(days=8), at) == "2026-11-15"
        assert words.moment(at, weekday=True) == "2026-11-23 周一 14:05"
        assert words.moment(at) == "2026-11-23 14:05"


def _keys_asked_by_script() -> set[str]:
    asked = set()
    for file in (ISLANDS / "src").rglob("*.ts"):
        source = file.read_text(encoding="utf-8")
        asked |= set(re.findall(r"""\bt\(\s*["']([\w.]+)["']""", source))
        for one, other in re.findall(r"""\bt\([^()?]*\?\s*"(\w+)"\s*:\s*"(\w+)"\s*\)""", source):
            asked |= {one, other}
        asked |= {f"map.{key}" for key in re.findall(r'"((?:NavigationControl|Map|Popup|ScaleControl)\.\w+)"', source)}
        for heads in re.findall(r'\[((?:"column_\w+",?\s*)+)\]', source):
            asked |= set(re.findall(r'"(\w+)"', heads))
    asked |= {f"tone_{t}" for t in ("in_time", "soon", "overdue", "paused", "done", "neutral", "accent")}
    asked |= {f"{u}_{n}" for u in ("day", "work_day", "hour", "minute") for n in ("one", "many")}
    asked |= {f"draw_{n}" for n in ("finish", "undo", "clear")} | {f"measure_{n}" for n in ("distance", "area")}  # names of buttons
    asked |= {"corners_together", "corners_undo", "corners_remove", "corner_remove", "corner_add_after", "corner_lon_of", "corner_lat_of"}
    asked = {key for key in asked if not key.startswith("phone.")}  # in the phone's own page: apps/city/tests/test_phone_page.py
    return asked | {"gps_refused", "gps_failed"}


def test_script_finds_every_sentence_that_it_says():
    given = set(script_texts())
    assert _keys_asked_by_script() - given == set()
    unused = {key for key in given - _keys_asked_by_script() if not key.startswith("kind_")}
    assert unused <= {"overdue_by", "left"}, "sentences that no script says any more"


def test_places_in_script_sentences_survive_translation():
    with override("en"):
        english = script_texts()
    with override("zh-hans"):
        chinese = script_texts()
    for key, sentence in english.items():
        places = re.findall(r"\{\w+\}", sentence)
        assert sorted(re.findall(r"\{\w+\}", chinese[key])) == sorted(places), key
        assert chinese[key], key


def _icons_in_sprite() -> set[str]:
    lines = (ISLANDS / "icons.txt").read_text(encoding="utf-8").splitlines()
    return {line.split("#")[0].strip() for line in lines} - {""}


def test_every_named_icon_is_in_the_sprite():
    known = _icons_in_sprite()
    named: dict[str, str] = {}
    for file in (REPO / "src" / "yiwang").rglob("templates/**/*.html"):
        source = file.read_text(encoding="utf-8")
        for name in re.findall(r"""{%\s*icon\s+["']([\w-]+)["']""", source) + re.findall(r"""icon_name=["']([\w-]+)["']""", source):
            named[name] = str(file.relative_to(REPO))
    for file in (ISLANDS / "src").rglob("*.ts"):
        for name in re.findall(r"""\bicon\(["']([\w-]+)["']\)""", file.read_text(encoding="utf-8")):
            named[name] = str(file.relative_to(REPO))
    for manifest in registry.manifests().values():
        for entry in manifest.menu:
            named[entry.icon] = f"menu of {manifest.code}"
    for icon in [*shell.NET_ICONS.values(), *(row[0] for row in demo.ROLES.values())]:
        named[icon] = "kernel.ui"
    missing = {name: where for name, where in named.items() if name not in known}
    assert not missing, f"add these to src/islands/icons.txt: {missing}"
