"""`./dev new-app NAME [--zh 中文名] [--en "English name"]`: a new application folder, installed."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tools.place import REPO_DIR
from tools.say import Stop, run_main
from tools.scaffolding import SCAFFOLD, Words, check_name, copy, read_options

USAGE = './dev new-app NAME --zh 中文名 --en "English name"'
RESERVED = {"site", "kernel", "apps", "ui", "admin", "accounts", "api", "static", "test", "tests"}


def install(root: Path, name: str) -> None:
    """Add the app to APPS in the settings: the only line outside its folder."""
    settings = root / "src" / "yiwang" / "site" / "settings.py"
    text = settings.read_text(encoding="utf-8")
    found = re.search(r"^APPS = \((.*?)\)$", text, re.M | re.S)
    if not found:
        raise Stop(
            "APPS was not found in src/yiwang/site/settings.py.", f'Add "{name}" to the installed apps yourself.'
        )
    names = re.findall(r'"(\w+)"', found[1])
    line = "APPS = (" + ", ".join(f'"{n}"' for n in [*names, name]) + ("," if not names else "") + ")"
    settings.write_text(text.replace(found[0], line), encoding="utf-8")


def main(arguments: list[str], root: Path = REPO_DIR) -> int:
    (name,), zh, en = read_options(arguments, USAGE, 1)
    check_name(name, "an app")
    if name in RESERVED:
        raise Stop(f"`{name}` means something else here.", USAGE)
    words = Words(name, zh or name, en or name.replace("_", " "))
    target = root / "src" / "yiwang" / "apps" / name
    for path in copy(SCAFFOLD / "app", target, words):
        print(path.relative_to(root))
    install(root, name)
    print(f"Installed in src/yiwang/site/settings.py. Its page is /{name}/. Next: ./dev new-matter {name} SLUG; "
          "./dev lint; ./dev test")  # fmt: skip
    if not zh:
        print(f"Its Chinese name is still `{name}`: give it one in manifest.py and locale/zh_Hans")
    return 0


if __name__ == "__main__":
    run_main(main, sys.argv[1:])
