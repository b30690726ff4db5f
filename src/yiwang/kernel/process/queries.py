"""Reads of published versions."""

from yiwang.kernel.process import engine
from yiwang.kernel.process.engine import Definition
from yiwang.kernel.process.models import DecisionVersion, ProcessVersion


def definition(process: ProcessVersion, decision: DecisionVersion | None = None) -> Definition:
    """Return the definition ready to run; read once in a process."""
    key = f"{process.sha256}:{decision.sha256 if decision else '-'}"
    if found := engine.cached(key):
        return found
    tables = (decision.dmn.encode(),) if decision else ()
    return engine.load(process.bpmn.encode(), tables, key)
