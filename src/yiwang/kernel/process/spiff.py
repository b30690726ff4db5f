"""SpiffWorkflow, fitted to our rules: FEEL instead of Python, one set of variables, a clock that the caller gives.

What is different from the library as it comes, and why:

* Expressions go to ``feel``; nothing is ever evaluated as Python, and script tasks do not parse.
* Variables belong to the instance, not to each task: parallel branches see one truth, and the state stays small.
* Timers compare with the logical time of the call, never with the machine's clock, so that a wake-up after an outage
  counts from when it was due.
* The choice between flows follows the order in the file, not where the boxes happen to be drawn.
* Joins count tokens that wait, not the history; an inclusive join waits for every token that can still reach it and for
  nothing else. Both so that a loop back into the part before them works.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    ExclusiveGateway,
    InclusiveGateway,
    IntermediateCatchEvent,
    ParallelGateway,
)
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.process import decisions, feel, handlers
from yiwang.kernel.process.contracts import DecisionTrace
from yiwang.kernel.process.diagram import Diagram, Multi
from yiwang.kernel.process.errors import ExpressionFailed, HandlerFailed, NoWayOn
from yiwang.kernel.process.feel.values import Months, add_months, parse_datetime

CatchingEventTypes = (BoundaryEvent, IntermediateCatchEvent)
# The library tells of every change of every task, with its data.
logging.getLogger("spiff").setLevel(logging.WARNING)

ACTIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED


class Evaluator:
    """What one call to the engine works with. Takes the place of the library's script engine."""

    def __init__(self, diagram: Diagram, tables: Mapping[str, decisions.Table], now: datetime) -> None:
        self.diagram = diagram
        self.tables = tables
        self.now = now  # logical time: timers that begin now count from here
        self.firing: str = ""  # id of the one timer that may fire
        self.end_id: str | None = None  # the end event reached last
        self.traces: list[DecisionTrace] = []

    def evaluate(self, task: Task, expression: str, external_context: object = None) -> bool:
        """Judge a condition of the diagram (the library's hook)."""
        return self.condition(task, expression, {})

    def execute(self, task: Task, script: str, external_context: object = None) -> bool:
        raise ExpressionFailed(element=str(task.task_spec.bpmn_id), reason=_("Script tasks are never run."))

    def condition(self, task: Task, expression: str, own: Mapping[str, object]) -> bool:
        return self.value(task, expression, own) is True

    def value(self, task: Task, expression: str, own: Mapping[str, object]) -> Any:
        try:
            names = {**task.workflow.data, **own}
            if "open_steps" in expression:
                names["open_steps"] = sorted(
                    {str(t.task_spec.bpmn_id) for t in task.workflow.tasks.values() if t.has_state(ACTIVE)}
                )
            return feel.raw_value(expression, names)
        except feel.FeelError as error:
            raise ExpressionFailed(element=str(task.task_spec.bpmn_id), reason=error.localized()) from error

    def due(self, task: Task, kind: str, text: str) -> datetime:
        """When a timer is due, aware UTC. ``PT4H`` and ``2026-07-01T08:00:00Z`` may stand bare, else it is FEEL."""
        value = feel.duration_from_iso(text) or parse_datetime(text) or self.value(task, text, {})
        if isinstance(value, str):
            value = feel.duration_from_iso(value) or parse_datetime(value)
        if isinstance(value, timedelta):
            return self.now + value
        if isinstance(value, Months):
            value = add_months(self.now, value.months)
        if not isinstance(value, datetime):
            raise ExpressionFailed(
                element=str(task.task_spec.bpmn_id),
                reason=_("%(text)s gives no duration and no point in time") % {"text": text},
            )
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


class LogicalTimer(TimerEventDefinition):
    """Fires only when the engine says that it is this timer's turn."""

    def __init__(self, name: str, kind: str, text: str) -> None:
        super().__init__(name, text)
        self.kind = kind

    def has_fired(self, my_task: Task) -> bool:
        engine: Evaluator = my_task.workflow.script_engine
        if "due" not in my_task.internal_data:
            my_task.internal_data["due"] = engine.due(my_task, self.kind, self.expression).isoformat()
        if engine.firing == str(my_task.id):
            my_task.internal_data["fired"] = True
        return "fired" in my_task.internal_data

    def reset(self, my_task: Task) -> None:
        my_task.internal_data.pop("fired", None)


class Members(BpmnSpecMixin):
    """A parallel multi-instance user task: one instance for each member of a list.

    It is over when all instances are done, or when its completion condition holds after one of them; the others are then
    cancelled. ``outcome`` afterwards is that of the instance that ended it, else that of instance 0.
    """

    def __init__(self, wf_spec: Any, bpmn_id: str, marker: Multi, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.marker = marker
        self.task_spec = ""  # name of the inner task; the parser sets it

    def _update_hook(self, my_task: Task) -> None:
        super()._update_hook(my_task)
        inner = my_task.workflow.spec.task_specs[self.task_spec]
        for index, member in enumerate(self._members(my_task)):
            child = my_task._add_child(inner, TaskState.WAITING)
            child.triggered = True
            child.internal_data.update(index=index, own={self.marker.item: member} if self.marker.item else {})
            inner._update(child)
        my_task._set_state(TaskState.STARTED)

    def _members(self, my_task: Task) -> list[Any]:
        engine: Evaluator = my_task.workflow.script_engine
        text = self.marker.collection or self.marker.cardinality
        found = feel.to_plain(engine.value(my_task, text, {}))
        if self.marker.collection and isinstance(found, list) and found:
            return found
        if not self.marker.collection and isinstance(found, int) and 1 <= found <= 100:
            return list(range(found))
        # BPMN would pass over an empty step; here it is nearly always a department that somebody forgot.
        raise ExpressionFailed(
            element=str(self.bpmn_id), reason=_("%(text)s has to be a list with at least one member") % {"text": text}
        )

    def instance_done(self, workflow: Any, child: Task) -> None:
        """Called by the library when an instance is completed."""
        parent = child.parent
        own = child.internal_data
        outcome = own.get("outcome")
        until = self.marker.until
        names = {**own.get("own", {}), "index": own["index"], "outcome": outcome}
        siblings = [c for c in parent.children if c.task_spec.name == self.task_spec]
        if until and workflow.script_engine.condition(child, until, names):
            for sibling in siblings:
                sibling.cancel()
        elif all(s.has_state(TaskState.FINISHED_MASK) for s in siblings):
            outcome = siblings[0].internal_data.get("outcome")
        else:
            return
        workflow.data["outcome"] = outcome
        workflow.data.setdefault("outcomes", {})[self.bpmn_id] = outcome
        parent._set_state(TaskState.READY)


class ServiceStep(BpmnSpecMixin):
    """Calls a named handler, or waits for a job to be reported back (``yiwang:wait="true"``)."""

    def __init__(self, wf_spec: Any, bpmn_id: str, handler: str, wait: bool, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, manual=wait, **kwargs)
        self.handler = handler

    def _run_hook(self, my_task: Task) -> bool:
        if self.manual:
            return True
        call = handlers.find(self.handler)
        if call is None:
            raise HandlerFailed(handler=self.handler, element=str(self.bpmn_id))
        try:
            result = call(dict(my_task.workflow.data))
        except ProblemError:
            raise
        except Exception as error:
            raise HandlerFailed(handler=self.handler, element=str(self.bpmn_id)) from error
        my_task.workflow.data.update(result)
        return True


class DecisionStep(BpmnSpecMixin):
    """Asks a decision table; the answer becomes one variable, named by ``yiwang:result`` or like the decision."""

    def __init__(self, wf_spec: Any, bpmn_id: str, decision: str, result: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.decision, self.result = decision, result

    def _run_hook(self, my_task: Task) -> bool:
        engine: Evaluator = my_task.workflow.script_engine
        try:
            trace = decisions.decide(engine.tables[self.decision], my_task.workflow.data)
        except feel.FeelError as error:
            raise ExpressionFailed(element=str(self.bpmn_id), reason=error.localized()) from error
        engine.traces.append(trace)
        my_task.workflow.data[self.result] = trace.outputs
        return True


class OneWay(ExclusiveGateway):
    def _run_hook(self, my_task: Task) -> bool:
        chosen = self.default_task_spec
        for condition, spec_name in self.cond_task_specs:
            if condition is not None and condition._matches(my_task):
                chosen = spec_name
                break
        if chosen is None:
            raise NoWayOn(element=str(self.bpmn_id), outcome=str(my_task.workflow.data.get("outcome") or ""))
        my_task._sync_children([my_task.workflow.spec.task_specs[chosen]], TaskState.FUTURE)
        for child in my_task.children:
            child.task_spec._predict(child, mask=TaskState.FUTURE | TaskState.PREDICTED_MASK)
        return True


class Meeting(UnstructuredJoin):
    """How tokens meet. A token that has arrived waits as a task of the join; the one that fires takes the others.

    The library asks the whole history instead, and in the second round of a loop counts the tokens of the first.
    """

    def _update_hook(self, my_task: Task) -> bool:
        others = [
            t
            for t in my_task.workflow.tasks.values()
            if t.task_spec is self and t is not my_task and t.state == TaskState.WAITING
        ]
        taken = self._taken(my_task, others)
        if taken is None:
            my_task._set_state(TaskState.WAITING)
            return False
        for token in taken:
            token.cancel()
        if taken:
            my_task.internal_data["took"] = [token.id.hex for token in taken]  # so that going back can give them back
        return True

    def _taken(self, my_task: Task, others: list[Task]) -> list[Task] | None:
        """The tokens that meet this one, None to go on waiting."""
        raise NotImplementedError


class AllWays(Meeting, ParallelGateway):
    def _taken(self, my_task: Task, others: list[Task]) -> list[Task] | None:
        arrived = {t.parent.task_spec.name: t for t in others}
        missing = set(self._inputs) - {my_task.parent.task_spec.name}
        return [arrived[name] for name in sorted(missing)] if missing <= set(arrived) else None

    def _run_hook(self, my_task: Task) -> bool:
        return True  # the library merges the branches' data here; ours is one


class SomeWays(Meeting, InclusiveGateway):
    def _taken(self, my_task: Task, others: list[Task]) -> list[Task] | None:
        if len(self._inputs) < 2:  # it only splits
            return []
        active = {
            t.task_spec.name for t in my_task.workflow.tasks.values() if t.has_state(ACTIVE) and t.task_spec is not self
        }
        return None if any(self.name in _reach(my_task.workflow.spec, name, self.name) for name in active) else others

    def _run_hook(self, my_task: Task) -> bool:
        try:
            matches, defaults = self._get_matching_outputs(my_task)
        except WorkflowException:
            matches, defaults = [], []
        if not matches and not defaults:
            raise NoWayOn(element=str(self.bpmn_id), outcome=str(my_task.workflow.data.get("outcome") or ""))
        my_task._sync_children(matches or defaults, TaskState.FUTURE)
        for child in my_task.children:
            child.task_spec._predict(child, mask=TaskState.FUTURE | TaskState.PREDICTED_MASK)
        return True


def _reach(spec: Any, start: str, stop: str) -> set[str]:
    """Names of the task specs that a token at ``start`` can still reach, without passing through ``stop``."""
    known: dict[tuple[str, str], set[str]] = spec.__dict__.setdefault("yiwang_reach", {})
    if (start, stop) not in known:
        seen: set[str] = set()
        todo = list(spec.task_specs[start]._outputs)
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                if name != stop:
                    todo.extend(spec.task_specs[name]._outputs)
        known[start, stop] = seen
    return known[start, stop]
