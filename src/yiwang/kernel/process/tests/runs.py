"""One instance of a small diagram, driven by step names: what the tests of the engine stand on."""

from datetime import UTC, datetime

from yiwang.kernel.process import engine

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
_count = 0


def load(xml: bytes, *tables: bytes) -> engine.Definition:
    global _count
    _count += 1
    return engine.load(xml, tables, f"test:{_count}")


class Run:
    """One instance, driven by step names; the state goes through bytes at every call."""

    def __init__(self, definition, now=NOW, **variables):
        self.definition = definition
        self.now = now
        self.last = engine.start(definition, variables, now)

    @property
    def at(self):
        return sorted(s.spec if s.index is None else f"{s.spec}{s.index}" for s in self.last.waiting)

    def step(self, name):
        return next(s for s in self.last.waiting if name in (s.spec, f"{s.spec}{s.index}"))

    def do(self, name, outcome=None, **variables):
        assert engine.waiting(self.definition, self.last.state) == self.last.waiting
        self.last = engine.complete(
            self.definition, self.last.state, self.step(name).engine_id, {"outcome": outcome, **variables}, self.now
        )
        return self

    def wake(self, now):
        self.now = now
        self.last = engine.wake(self.definition, self.last.state, now)
        return self

    def back(self, spec, from_step=None, **variables):
        origin = self.step(from_step).engine_id if from_step else None
        self.last = engine.go_back(self.definition, self.last.state, spec, variables, self.now, origin)
        return self
