"""`./dev lint`: every check that needs no test run; all of them run, then the failed ones are named."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tools import checks, messages, secrets_check
from tools.database import REPO_DIR, python_env
from tools.say import run_main, say

Check = Callable[[], list[str]]


def tool(*command: str) -> Check:
    """Return a check that runs a program of the environment and passes what it says when it fails."""

    def run() -> list[str]:
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=REPO_DIR, capture_output=True, text=True, check=False,
            env={**os.environ, **python_env(), "YIWANG_DEBUG": ""},
        )  # fmt: skip
        return [] if done.returncode == 0 else ((done.stdout + done.stderr).strip() or "failed").splitlines()

    return run


def import_contracts() -> list[str]:
    """Run import-linter; what it says is long, so only its broken contracts are shown."""
    code = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPO_DIR, capture_output=True, text=True, check=False,
        env={**os.environ, **python_env()},
    )  # fmt: skip
    if done.returncode == 0:
        return []
    said = (done.stdout + done.stderr).strip().splitlines()
    start = next((i for i, line in enumerate(said) if line.strip() == "Broken contracts"), 0)
    return said[start:] or ["import-linter failed"]


CHECKS: tuple[tuple[str, Check], ...] = (
    ("ruff", tool("ruff", "check", "--quiet", "--output-format", "concise", ".")),
    ("mypy", tool("mypy", "--no-error-summary", "src/yiwang", "tools", "conftest.py")),
    ("import-linter", import_contracts),
    ("missing migrations", tool("yiwang", "makemigrations", "--check", "--dry-run")),
    ("django checks", tool("yiwang", "check", "--fail-level", "WARNING")),
    ("glossary", checks.check_glossary),
    ("untranslated texts", lambda: checks.check_messages() + checks.check_one_translation() + checks.check_data_texts()),
    ("links of documents", checks.check_links),
    ("lock files", checks.check_locks),
    ("machine paths and registries", checks.check_traces),
    ("secrets", secrets_check.check_secrets),
)


def run_checks() -> list[str]:
    """Run all checks and return the names of those that failed."""
    messages.compile_all()
    failed: list[str] = []
    with ThreadPoolExecutor(1) as beside:  # mypy takes as long as all others together: it has a core of its own
        types = {name: beside.submit(_timed, check) for name, check in CHECKS if name == "mypy"}
        for name, check in sorted(CHECKS, key=lambda c: c[0] in types):
            wrong, seconds = types[name].result() if name in types else _timed(check)
            _tell(name, wrong, f"{seconds:.1f} s", failed)
    return failed


def _timed(check: Check) -> tuple[list[str], float]:
    began = time.monotonic()
    return check(), time.monotonic() - began


def _tell(name: str, wrong: list[str], took: str, failed: list[str]) -> None:
    say(f"{name}: " + (f"{len(wrong)} lines ({took})" if wrong else f"fine ({took})"))
    if wrong:
        failed.append(name)
        print("\n".join(f"    {line}" for line in wrong[:60]), flush=True)
        if len(wrong) > 60:
            print(f"    ... and {len(wrong) - 60} more", flush=True)


def main(arguments: list[str]) -> int:
    failed = run_checks()
    print(f"Failed: {', '.join(failed)}" if failed else "All checks are fine")
    return 1 if failed else 0


if __name__ == "__main__":
    run_main(main, sys.argv[1:])
