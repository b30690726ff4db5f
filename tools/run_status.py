"""`./dev status [--json]`: what runs, where, and with sample data who may sign in."""

from __future__ import annotations

import json
import sys

from tools import place
from tools.place import Place, alive
from tools.say import Stop, run_main


def status(where: Place) -> dict[str, object]:
    """Return the answer for scripts: running, url, pids by service name; accounts and open311 with sample data only."""
    running = where.running()
    url = running.get("url")
    pids: dict[str, int] = {}
    if running:
        pids["supervisor"] = running["supervisor"]
        pids |= {n: s["pid"] for n, s in running["services"].items() if alive(s["pid"], s["started"])}
    answer: dict[str, object] = {"running": bool(running), "url": url, "pids": pids}
    if sample := where.sample():
        answer["accounts"] = [{k: a[k] for k in ("role", "username", "password")} for a in sample.get("accounts", [])]
        answer["open311"] = {
            "endpoint": f"{url}/open311/v2/" if url else None,
            "api_key": sample.get("open311", {}).get("api_key"),
        }
    return answer


def main(arguments: list[str]) -> int:
    as_json = "--json" in arguments
    given, rest = place.split_data([a for a in arguments if a != "--json"])
    if rest:
        raise Stop(f"./dev status does not know {' '.join(rest)}.", "./dev status [--json] [--data DIR]")
    where = place.find(given)
    answer = status(where)
    if as_json:
        print(json.dumps(answer, ensure_ascii=False, indent=1))
        return 0
    if not answer["running"]:
        print(f"Nothing runs on {where.data}. -> ./dev up")
        return 3
    print(f"{answer['url']}\ndata folder {where.data}, logs {where.log}")
    restarts = where.state().get("restarts", {})
    for name, pid in answer["pids"].items():  # type: ignore[attr-defined]
        again = f", started again {restarts[name]} times" if restarts.get(name) else ""
        print(f"  {name:<10} process {pid}{again}")
    for account in answer.get("accounts", []):  # type: ignore[attr-defined]
        print(f"  {account['username']:<16} {account['password']:<16} {account['role']}")
    return 0


if __name__ == "__main__":
    run_main(main, sys.argv[1:])
