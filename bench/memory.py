"""Memory of the whole platform at rest, without PostgreSQL: every process as `./dev up` starts it.

    ./dev bench memory [--seconds 60]

PSS counts a page that several processes share once, split among them: the sum is what the machine would have free again.
Measured once everything has started and answered, after each kind of page was opened once, and after a quiet while.
"""

from __future__ import annotations

import argparse
import sys
import time

import django

TARGET_MB = 700
PAGES = ("/city/desk/", "/city/cases/", "/city/map/", "/city/board/", "/search/?q=井盖", "/notices/")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.memory")
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args(sys.argv[1:])
    django.setup()
    from urllib.parse import quote

    from bench._people import Browser
    from bench._platform import running

    with running() as platform:
        time.sleep(10)
        rows = [("started", platform.memory())]
        browser = Browser(platform.port).sign_in("leader")
        for page in PAGES:
            browser.request("GET", quote(page, safe="/?=&"))
        rows.append(("after one visit", platform.memory()))
        time.sleep(options.seconds)
        rows.append((f"{options.seconds:.0f} s later", platform.memory()))
    names = list(rows[0][1])
    print("| MB (PSS) | " + " | ".join(names) + " | together |\n|---" + "|---" * (len(names) + 1) + "|")
    for label, found in rows:
        print(f"| {label} | " + " | ".join(str(found[n]) for n in names) + f" | **{sum(found.values())}** |")
    total = sum(rows[-1][1].values())
    print(f"target: under {TARGET_MB} MB: {'yes' if total < TARGET_MB else 'NO'}")


if __name__ == "__main__":
    main()
