"""The figures of `scale` and `mixed` as Markdown tables, for docs/benchmarks.md."""

from __future__ import annotations

from typing import Any

NAMES = {"accept": "report accepted", "complete": "task completed"}
TARGETS = {"accept": 0.12, "complete": 0.08}


def growth(figures: dict[str, Any]) -> str:
    """Return the tables of writes and reads, sizes side by side."""
    sizes = sorted(figures, key=int)
    out = []
    if any("writes" in figures[s] for s in sizes):
        out += ["", "| write | cases | HTTP /s | p50, p95 ms | raw SQL /s | share | target | acknowledged, lost |", "|---|---|---|---|---|---|---|---|"]
        for name, label in NAMES.items():
            for size in sizes:
                row = figures[size].get("writes", {}).get(name)
                if row:
                    out.append(f"| {label} | {_n(size)} | {row['http_s']:.1f} | {row['p50']:.0f}, {row['p95']:.0f} | {row['raw_s']:.1f} | "
                               f"**{row['share']:.3f}** | {TARGETS[name]} | {row['count']}, {row['lost']} |")  # fmt: skip
    codes = list(dict.fromkeys(code for s in sizes for code in figures[s].get("reads", {})))
    if codes:
        out += ["", "| read | " + " | ".join(f"{_n(s)}: raw p50, p95 → HTTP p50, p95 ms | x p50, p95" for s in sizes) + " |", "|---" * (1 + 2 * len(sizes)) + "|"]
        for code in codes:
            cells = []
            label = ""
            for size in sizes:
                row = figures[size].get("reads", {}).get(code)
                if row is None:
                    cells.append("| ")
                    continue
                label = row["label"] + (" **(promise)**" if row["target"] else "")
                cells.append(f"{row['raw_p50']:.1f}, {row['raw_p95']:.1f} → {row['p50']:.1f}, {row['p95']:.1f} | {row['ratio_p50']:.1f}, {row['ratio_p95']:.1f}")
            out.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(out)


def _n(size: str) -> str:
    return f"{int(size):,}"
