"""`./dev new-matter APP SLUG [--zh 中文名] [--en "English name"]`: a new matter (事项) in an app, declared and tested."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tools.place import REPO_DIR
from tools.say import Stop, run_main
from tools.scaffolding import SCAFFOLD, Words, check_name, copy, read_options

USAGE = './dev new-matter APP SLUG --zh 中文名 --en "English name"'
PERMISSIONS = (
    ("report", "Open: {en}", "登记：{zh}"),
    ("party", "See who asks: {en}", "查看申请人：{zh}"),
    ("accept", "Accept: {en}", "受理：{zh}"),
    ("decide", "Decide: {en}", "办理：{zh}"),
)


def declare(app: Path, words: Words) -> None:
    """Write the matter and its permissions into the manifest, and their Chinese into the catalogue."""
    manifest = app / "manifest.py"
    text = manifest.read_text(encoding="utf-8")
    matter = f'MatterDecl(code="{words.app}.{words.name}", folder="matters/{words.name}")'
    lines = "".join(
        f'        Permission(code="{words.app}.{words.name}.{code}", label=_("{en.format(en=words.en)}")),\n'
        for code, en, _ in PERMISSIONS
    )
    if "    permissions=(\n" not in text:
        raise Stop(f"{manifest} has no line `permissions=(`.", "Declare the matter and its permissions there yourself.")
    text = text.replace("    permissions=(\n", "    permissions=(\n" + lines, 1)
    if found := re.search(r"^    matters=\((.*?)\),$", text, re.M | re.S):
        inside = found[1].rstrip().rstrip(",")
        text = text.replace(found[0], f"    matters=({inside}, {matter}),", 1)
    else:
        text = text.replace("    permissions=(\n", f"    matters=({matter},),\n    permissions=(\n", 1)
    if "MatterDecl" not in text.split("MANIFEST", 1)[0]:
        text = re.sub(r"import AppManifest, ", "import AppManifest, MatterDecl, ", text, count=1)
    manifest.write_text(text, encoding="utf-8")
    catalogue = app / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    catalogue.parent.mkdir(parents=True, exist_ok=True)
    old = catalogue.read_text(encoding="utf-8") if catalogue.exists() else (
        'msgid ""\nmsgstr ""\n"Language: zh_Hans\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    )  # fmt: skip
    new = "".join(
        f'\nmsgid "{en.format(en=words.en)}"\nmsgstr "{zh.format(zh=words.zh)}"\n' for _, en, zh in PERMISSIONS
    )
    catalogue.write_text(old.rstrip() + "\n" + new, encoding="utf-8")


def main(arguments: list[str], root: Path = REPO_DIR) -> int:
    (app, slug), zh, en = read_options(arguments, USAGE, 2)
    check_name(slug, "a matter")
    folder = root / "src" / "yiwang" / "apps" / app
    if not (folder / "manifest.py").is_file():
        raise Stop(f"There is no app `{app}`.", f"./dev new-app {app}")
    words = Words(slug, zh or slug, en or slug.replace("_", " "), app)
    target = folder / "matters" / slug
    written = copy(SCAFFOLD / "matter", target, words)
    test = folder / "tests" / f"test_matter_{slug}.py"
    (target / "test.py").rename(test)
    declare(folder, words)
    for path in [p for p in written if p.exists()] + [test, folder / "manifest.py"]:
        print(path.relative_to(root))
    print(
        "Load it: ./dev up (a running one: ./dev yiwang setup). Change the flow in process.bpmn, the form in form.json."
    )
    return 0


if __name__ == "__main__":
    run_main(main, sys.argv[1:])
