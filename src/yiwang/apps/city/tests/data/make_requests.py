"""Make `requests_300.csv`: invented requests of the same shape as Boston's public file, every odd case among them.

    python src/yiwang/apps/city/tests/data/make_requests.py

Everything is drawn from one seed, so the file is always the same; the flags follow the rules of the profile `boston`.
"""

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path

AS_OF = datetime(2016, 1, 13)
HEADING = (
    "case_id", "opened", "due", "closed", "on_time", "status", "resolution", "department_name", "reason", "type",
    "department_code", "neighborhood", "ward", "place_kind", "lat", "lon", "channel",
)  # fmt: skip
KINDS = (
    ("Lamps Department", "Street Lamps", "Lamp Out", "LAMP", 5), ("Lamps Department", "Street Lamps", "Lamp Leaning", "LAMP", 10),
    ("Parks Department", "Trees", "Branch Down", "PARK", 3), ("Parks Department", "Grounds", "Bench Broken (Riverside Walk)", "PARK", 14),
    ("Works Department", "Roads", "Pavement Crack", "WORK", 7), ("Works Department", "Cleaning", "Illegal Dumping", "WORK", 2),
    ("Call Desk", "Inquiry", "General Question", "DESK", 0),
)  # fmt: skip
QUARTERS = ("North Quay", "Old Market", "Mill Hill / Weavers' Row / Long Meadow / The Green", "")
CHANNELS = ("Constituent Call", "Citizens Connect App", "Self Service", "City Worker App", "Pigeon")
DEFAULT_POINT = ("42.3594", "-71.0587")


def rows(count: int = 300, seed: int = 311) -> list[dict[str, str]]:
    draw = random.Random(seed)
    made: list[dict[str, str]] = []
    for number in range(count):
        department, reason, kind, code, days = draw.choice(KINDS)
        opened = datetime(2015, 6, 15) + timedelta(seconds=draw.randrange(36 * 86400))
        due = opened + timedelta(days=days, seconds=draw.randrange(3600)) if days else None
        closed = opened + timedelta(hours=draw.expovariate(1 / (24 * max(days, 1)))) if draw.random() < 0.88 else None
        if number % 60 == 7:
            closed = opened - timedelta(seconds=draw.randrange(1, 30))
        if number == 11:  # the hour that the clocks of New York repeat
            opened, due, closed = datetime(2015, 7, 1, 9), datetime(2015, 11, 1, 1, 30), datetime(2015, 11, 1, 1, 10)
        if closed and closed >= AS_OF:
            closed = None
        point = DEFAULT_POINT if draw.random() < 0.12 else (
            f"{42.30 + draw.randrange(40) / 1000:.4f}", f"{-71.10 + draw.randrange(40) / 1000:.4f}")  # fmt: skip
        row = {
            "case_id": str(900_000_000_000 + number), "opened": _text(opened), "due": _text(due), "closed": _text(closed),
            "on_time": "" if number % 75 == 20 and due else _flag(due, closed), "status": "Closed" if closed else "Open",
            "resolution": draw.choice(("resolved", "noted", "closed_other")) if closed else "",
            "department_name": department, "reason": reason, "type": kind, "department_code": code,
            "neighborhood": draw.choice(QUARTERS), "ward": f"Ward {draw.randrange(1, 9)}", "place_kind": "Address",
            "lat": point[0], "lon": point[1], "channel": draw.choice(CHANNELS),
        }  # fmt: skip
        made.append(row)
    _duplicates(made, draw)
    return made


def _duplicates(made: list[dict[str, str]], draw: random.Random) -> None:
    """Mark ten closed requests as duplicates: five of them near a request of their type, five alone or nowhere."""
    placed = [r for r in made if (r["lat"], r["lon"]) != DEFAULT_POINT]
    lost = [r for r in made if (r["lat"], r["lon"]) == DEFAULT_POINT and r["closed"]]
    for number, row in enumerate([r for r in placed if r["closed"] >= r["opened"]][100:105]):
        first = placed[number]
        row |= {name: first[name] for name in ("department_name", "reason", "type", "department_code", "due")}
        opened = datetime.fromisoformat(first["opened"]) + timedelta(hours=number + 1)
        closed = opened + timedelta(hours=2)
        row |= {"opened": _text(opened), "closed": _text(closed), "resolution": "duplicate", "lon": first["lon"],
                "lat": f"{float(first['lat']) + 0.0003:.4f}"}  # fmt: skip
        row["on_time"] = _flag(datetime.fromisoformat(row["due"]) if row["due"] else None, closed)
    for row in lost[:3]:
        row["resolution"] = "duplicate"
    alone = [r for r in placed if r["closed"] and r["resolution"] != "duplicate"][-2:]
    for number, row in enumerate(alone):
        row |= {"resolution": "duplicate", "lat": f"{42.39 + number / 100:.4f}", "lon": "-71.0000"}


def _text(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S") if moment else ""


def _flag(due: datetime | None, closed: datetime | None) -> str:
    return "ONTIME" if due is None or (closed or AS_OF).replace(microsecond=0) <= due.replace(microsecond=0) else "OVERDUE"


def write(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, HEADING, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows())


if __name__ == "__main__":
    write(Path(__file__).with_name("requests_300.csv"))
