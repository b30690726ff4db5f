"""Every alarm names figures that exist and a page that exists; every page's commands exist and its questions can be asked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands, load_command_class
from django.db import connection

from yiwang.kernel.base import metrics, observing

ROOT = Path(__file__).resolve().parents[2]
RULES = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
PAGES = sorted(p for p in (ROOT / "docs/runbook").glob("*.md") if p.name != "README.md")
PARTS = ("What it means", "Who notices", "What to look at", "What to do", "How to know that it is over")
ALARM_PAGES = sorted({ROOT / r["annotations"]["runbook"] for r in RULES})
FIGURE = re.compile(r"\b(yiwang_[a-z_]+)(?:\{([^}]*)\})?")


def known() -> dict[str, set[str]]:
    """Return every figure that a scrape can hold, with its labels."""
    found = {g.name: set(g.labels) for g in observing.gauges().values()}
    for one in metrics.COUNTED:
        labels = set(one._labelnames)
        endings = ("_bucket", "_sum", "_count") if one._type == "histogram" else ("_total",)
        found |= {one._name + ending: labels | ({"le"} if ending == "_bucket" else set()) for ending in endings}
    return found


@pytest.mark.parametrize("rule", RULES, ids=[r["alert"] for r in RULES])
def test_an_alarm_asks_for_figures_that_exist_and_names_its_page(rule: dict[str, Any]) -> None:
    figures = known()
    asked = FIGURE.findall(rule["expr"])
    assert asked
    for name, labels in asked:
        assert name in figures, f"{rule['alert']} asks for {name}, which nothing gives"
        for label in re.findall(r"(\w+)\s*[=!]~?", labels):
            assert label in figures[name], f"{name} has no label {label}"
    for label in re.findall(r"by \(([^)]*)\)", rule["expr"]):
        wanted = {part.strip() for part in label.split(",")} - {"instance"}
        assert wanted <= set().union(*(figures[name] for name, _ in asked)), rule["expr"]
    assert rule["expr"].count("(") == rule["expr"].count(")")
    assert (ROOT / rule["annotations"]["runbook"]).is_file()
    assert all(rule["annotations"][key] for key in ("summary", "summary_zh"))
    assert rule["labels"]["severity"] in ("page", "ticket")


def test_alarms_and_the_page_of_the_platform_agree() -> None:
    """Every check has an alarm with the same limit and the same runbook page."""
    for check in observing.checks():
        mine = [r for r in RULES if check.gauge in r["expr"] and r["annotations"]["runbook"].endswith(f"/{check.runbook}.md")]
        assert mine, f"no alarm for {check.name}"
        limits = {float(n) for r in mine for n in re.findall(r"[<>=]=? ?(\d+)", r["expr"])}
        figure = check.most if check.most is not None else check.least
        assert figure in limits or (check.unit == "yes" and 0.0 in limits), f"{check.name}: {figure} is not among {limits}"


@pytest.mark.parametrize("page", ALARM_PAGES, ids=[p.stem for p in ALARM_PAGES])
def test_a_page_says_all_five_things(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [part for part in PARTS if f"**{part}**" not in text] == []
    assert len(text.splitlines()) < 60, "somebody reads it at night"


def test_the_list_of_pages_is_whole() -> None:
    text = (ROOT / "docs/runbook/README.md").read_text(encoding="utf-8")
    assert [r["alert"] for r in RULES if r["alert"] not in text] == []
    assert [p.name for p in ALARM_PAGES if p.name not in text] == []


def commands(text: str) -> list[list[str]]:
    """Return the words of every `yiwang ...` in code."""
    code = re.findall(r"`([^`\n]+)`", text) + [line for block in re.findall(r"```\w*\n(.*?)```", text, re.S) for line in block.splitlines()]
    found = [re.split(r"[;|]|&&", c.split("yiwang ", 1)[1])[0].split() for c in code if re.match(r"^(\./dev |YIWANG_\w+=\S+ )?yiwang ", c)]
    return [words[2:] if words[0] == "--data" else words for words in found if words]


@pytest.mark.parametrize("page", PAGES, ids=[p.stem for p in PAGES])
def test_every_command_of_a_page_exists(page: Path) -> None:
    known_commands = get_commands()
    for said, *rest in commands(page.read_text(encoding="utf-8")):
        name = said.replace("-", "_")  # `check-data` is the module `check_data`
        name = name if name.startswith("-") else name.replace("-", "_")  # as __main__ does
        assert name in known_commands, f"{page.name}: there is no command `yiwang {name}`"
        parser = load_command_class(str(known_commands[name]), name).create_parser("yiwang", name)
        words = parser.format_help() + "".join(
            sub.format_help() for action in parser._actions if isinstance(getattr(action, "choices", None), dict) for sub in action.choices.values()
        )
        for word in rest:
            if word.startswith("--") or (rest[0] == word and "{" in parser.format_usage() and word.isalpha()):
                assert word.split("=")[0] in words, f"{page.name}: `yiwang {name}` does not know {word}"


@pytest.mark.parametrize("page", PAGES, ids=[p.stem for p in PAGES])
def test_every_unit_of_a_page_is_deployed(page: Path) -> None:
    units = {p.name.removesuffix(".service").removesuffix("@") for p in (ROOT / "deploy/systemd").glob("yiwang-*.service")}
    for call in re.findall(r"`((?:systemctl|journalctl)[^`]*)`", page.read_text(encoding="utf-8")):
        for unit in re.findall(r"\b(yiwang-[a-z]+)", call):
            assert unit in units, f"{page.name}: {call}"


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES, ids=[p.stem for p in PAGES])
def test_every_question_of_a_page_can_be_asked(page: Path) -> None:
    for question in re.findall(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
        with connection.cursor() as cursor:
            cursor.execute(question)
            assert cursor.description


@pytest.mark.django_db
def test_jobs_are_listed_retried_and_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    from django.core.management import call_command

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_jobs (queue_name, task_name, status) SELECT 'default', 'base.one', 'failed' FROM generate_series(1, 3) RETURNING id")
        numbers = [row[0] for row in cursor.fetchall()]
    call_command("jobs", "--retry", str(numbers[0]))
    call_command("jobs", "--forget", "all")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, status::text FROM procrastinate_jobs WHERE task_name = 'base.one'")
        assert cursor.fetchall() == [(numbers[0], "todo")]
    said = capsys.readouterr().out
    assert "1 jobs given back to the queue" in said
    assert "2 failed jobs removed" in said


@pytest.mark.django_db
def test_health_in_a_shell(capsys: pytest.CaptureFixture[str]) -> None:
    from django.core.management import call_command

    with pytest.raises(SystemExit) as ended:
        call_command("health", "--figures")
    assert ended.value.code == 1, "no process lives here, and pages are served all the same"
    said = capsys.readouterr().out
    assert re.search(r"^ok +database", said, re.M)
    assert "docs/runbook/process-silent.md" in said
    assert "yiwang_tasks_open" in said


@pytest.mark.django_db
def test_timers_that_failed_for_good_are_tried_again(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from django.core.management import call_command

    from tests.walk import report
    from yiwang.kernel.cases.models import Timer

    case = report(world)
    Timer.objects.filter(case=case).update(tries=5, last_error="no such step")
    assert Timer.objects.filter(tries=5).exists()
    call_command("timers", "--retry")
    said = capsys.readouterr().out
    assert str(case.uid) in said
    assert "no such step" in said
    assert not Timer.objects.filter(tries=5).exists()
