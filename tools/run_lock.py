"""`./dev lock`: write requirements/*.txt again from *.in: every version and hash, no host, Python 3.11 and newer."""

from __future__ import annotations

import subprocess
import sys

from tools.database import REPO_DIR

FOLDER = REPO_DIR / "requirements"
NAMES = ("base", "test", "build", "node", "spark")  # in this order: test is constrained by base


def main(arguments: list[str]) -> int:
    for name in NAMES:
        print(f"requirements/{name}.txt", flush=True)
        command = [
            "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes",
            "--no-emit-index-url", "--no-header", "--no-annotate", f"{name}.in", "-o", f"{name}.txt", *arguments,
        ]  # fmt: skip
        try:
            subprocess.run(command, cwd=FOLDER, check=True)
        except FileNotFoundError:
            print("uv is missing. -> pip install uv, then ./dev lock", file=sys.stderr)
            return 1
        except subprocess.CalledProcessError:
            print(f"requirements/{name}.in cannot be resolved; the lines above say why.", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
