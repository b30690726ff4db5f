"""Reads of published definitions."""

from yiwang.kernel.process.engine import Definition, cached, load
from yiwang.kernel.process.models import DecisionVersion, ProcessVersion


def definition(process: ProcessVersion, decision: DecisionVersion | None = None) -> Definition:
    """Return the parsed definition; parsed once a version pair and kept for the process's life."""
    key = f"{process.sha256}:{decision.sha256 if decision else ''}"
    found = cached(key)
    if found is not None:
        return found
    return load(process.bpmn.encode(), (decision.dmn.encode(),) if decision else (), key)
