"""Start an instance, complete a step, wake its timers, go back. Pure: bytes in, bytes out; no database, no clock.

A refusal (any ``ProblemError``) leaves the stored state as it was, because the new state is only in the answer.
Cost: a step of the city's process takes about a millisecond; the diagram is read once in a process.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskFilter, TaskState

from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.process import checking, checks_bpmn, codec, decisions, moving, parsing, spiff, xml
from yiwang.kernel.process import diagram as diagrams
from yiwang.kernel.process.contracts import Advance, Step, StepSpec
from yiwang.kernel.process.errors import DefinitionRefused, NoWayOn, StepGone, TooManySteps, UnknownStep

MAX_STEPS = 500  # automatic steps of one call; real diagrams need fewer than twenty
_KEPT = 256  # definitions kept in a process


@dataclass(frozen=True, eq=False)
class Definition:
    """One version of a process with its decision tables, ready to run. Shared between threads, never changed."""

    key: str
    diagram: diagrams.Diagram
    tables: dict[str, decisions.Table]
    spec: Any
    steps: tuple[StepSpec, ...]


_definitions: OrderedDict[str, Definition] = OrderedDict()
_lock = threading.Lock()


def cached(version_key: str) -> Definition | None:
    """Return the definition when this process has already read it."""
    with _lock:
        found = _definitions.get(version_key)
        if found:
            _definitions.move_to_end(version_key)
        return found


def load(bpmn_xml: bytes, dmn_xml: tuple[bytes, ...], version_key: str) -> Definition:
    """Read a definition, or return the one that was read under the same key.

    ``version_key`` names an immutable version ("process:3/decision:5"); the content is not compared again.
    Raises DefinitionRefused with every finding.
    """
    if found := cached(version_key):
        return found
    findings = checking.validate(bpmn_xml, dmn_xml)
    if findings:
        raise DefinitionRefused(findings=tuple(str(f) for f in findings))
    diagram = diagrams.read(bpmn_xml)
    tables = {name: table for content in dmn_xml for name, table in decisions.read(content).items()}
    try:
        spec = parsing.parse(xml.read(bpmn_xml), diagram)
    except (ValidationException, WorkflowException) as error:
        raise DefinitionRefused(findings=(str(error),)) from error
    definition = Definition(version_key, diagram, tables, spec, checking.steps(diagram))
    with _lock:
        _definitions[version_key] = definition
        while len(_definitions) > _KEPT:
            _definitions.popitem(last=False)
    return definition


def steps_of(definition: Definition) -> tuple[StepSpec, ...]:
    """All user tasks in diagram order."""
    return definition.steps


def start(definition: Definition, variables: Mapping[str, Any], now: datetime, *, at: str | None = None) -> Advance:
    """Start an instance. ``at`` begins at that step instead of the start event (a case reopened after its state was dropped)."""
    evaluator = _evaluator(definition, now)
    workflow = BpmnWorkflow(definition.spec, {}, script_engine=evaluator)
    workflow.data = dict(variables)
    if at:
        _step_node(definition, at)
        workflow.task_tree.run()
        moving.jump(workflow, at)
    return _finish(definition, workflow, {})


def complete(
    definition: Definition, state: bytes, engine_id: str, variables: Mapping[str, Any], now: datetime
) -> Advance:
    """Complete a waiting user or service step with its results; ``outcome`` among them chooses the way.

    Timers that fell due before ``now`` are not fired first: wake the instance before, if the order matters.

    Raises
    ------
    StepGone
        The step is not waiting.
    NoWayOn
        No condition behind the step is met.
    """

    def act(workflow: BpmnWorkflow) -> None:
        task = _waiting_task(workflow, engine_id)
        workflow.data.update(variables)
        outcome = variables.get("outcome")
        workflow.data["outcome"] = outcome
        if "index" in task.internal_data:
            task.internal_data["outcome"] = outcome
        else:
            workflow.data["outcomes"] = {**workflow.data.get("outcomes", {}), task.task_spec.bpmn_id: outcome}
        task.run()

    return _advance(definition, state, now, act, done=engine_id)


def wake(definition: Definition, state: bytes, now: datetime) -> Advance:
    """Fire the timers that are due at ``now``, each at its own time and in that order.

    A timer due at 08:00 that is woken at 09:10 fires at 08:00: what starts then counts from 08:00.
    """
    fired: list[str] = []

    def act(workflow: BpmnWorkflow) -> None:
        evaluator: spiff.Evaluator = workflow.script_engine
        until = evaluator.now
        while len(fired) < MAX_STEPS:
            due = [s for s in _steps(definition, workflow) if s.due_at is not None and s.due_at <= until]
            if not due:
                return
            first = min(due, key=lambda s: (s.due_at, s.engine_id))
            evaluator.now = first.due_at or until
            evaluator.firing = first.engine_id
            task = workflow.get_task_from_id(UUID(first.engine_id))
            task.task_spec._update(task)
            evaluator.firing = ""
            fired.append(first.engine_id)
            _run(definition, workflow)
        raise TooManySteps(element=first.spec)

    return _advance(definition, state, now, act, fired=fired)


def go_back(
    definition: Definition,
    state: bytes,
    to_spec: str,
    variables: Mapping[str, Any],
    now: datetime,
    engine_id: str | None = None,
) -> Advance:
    """Open a step again (退回, 返工, 重开); also forward or to a step never visited, then as a jump.

    ``engine_id`` is the waiting step from which somebody goes back. When ``to_spec`` was done earlier in the same parallel
    branch, only that branch goes back and its siblings stay as they are. A step before the split closes all branches.
    The step gets a new engine id. An instance that had ended runs again.
    """

    def act(workflow: BpmnWorkflow) -> None:
        _step_node(definition, to_spec)
        origin = _waiting_task(workflow, engine_id) if engine_id else None
        workflow.data.update(variables)
        workflow.completed = False
        earlier = moving.earlier(workflow, to_spec, origin)
        if earlier is None:
            moving.jump(workflow, to_spec)
        else:
            moving.reopen(workflow, earlier)

    return _advance(definition, state, now, act)


def set_variables(definition: Definition, state: bytes, variables: Mapping[str, Any]) -> bytes:
    """Change variables without moving anything."""
    content = codec.unpack(state)
    content["vars"].update(variables)
    return codec.pack(content)


def variables_of(state: bytes) -> dict[str, Any]:
    """Return the variables of an instance."""
    found: dict[str, Any] = codec.unpack(state)["vars"]
    return found


def waiting(definition: Definition, state: bytes) -> tuple[Step, ...]:
    """Return the steps that wait."""
    workflow = codec.load(definition.spec, state, _evaluator(definition, datetime.now(UTC)))
    return _steps(definition, workflow)


def done_specs(definition: Definition, state: bytes) -> frozenset[str]:
    """BPMN ids of the steps completed on the way to where the instance is, as far as the state still knows them."""
    workflow = codec.load(definition.spec, state, _evaluator(definition, datetime.now(UTC)))
    return frozenset(
        str(t.task_spec.bpmn_id)
        for t in workflow.tasks.values()
        if t.state == TaskState.COMPLETED and t.task_spec.bpmn_id
    )


# Inside


def _evaluator(definition: Definition, now: datetime) -> spiff.Evaluator:
    if now.tzinfo is None:
        raise ValueError("now has to be aware")
    return spiff.Evaluator(definition.diagram, definition.tables, now.astimezone(UTC))


def _step_node(definition: Definition, spec: str) -> None:
    """Raises UnknownStep unless ``spec`` is a step that waits."""
    node = definition.diagram.nodes.get(spec)
    if node is None or node.tag == "boundaryEvent" or not checks_bpmn.waits(node):
        raise UnknownStep(spec=spec)


def _advance(
    definition: Definition,
    state: bytes,
    now: datetime,
    act: Callable[[BpmnWorkflow], None],
    *,
    done: str | None = None,
    fired: list[str] | None = None,
) -> Advance:
    workflow = codec.load(definition.spec, state, _evaluator(definition, now))
    before = {s.engine_id: s for s in _steps(definition, workflow)}
    act(workflow)
    return _finish(definition, workflow, before, done, fired)


def _finish(
    definition: Definition,
    workflow: BpmnWorkflow,
    before: Mapping[str, Step],
    done: str | None = None,
    fired: list[str] | None = None,
) -> Advance:
    _run(definition, workflow)
    after = _steps(definition, workflow)
    now_waiting = {s.engine_id for s in after}
    gone = {done, *(fired or ())}
    evaluator: spiff.Evaluator = workflow.script_engine
    ended = bool(workflow.completed)
    return Advance(
        state=codec.dump(workflow),
        waiting=after,
        opened=tuple(s for s in after if s.engine_id not in before),
        closed=tuple(i for i in before if i not in now_waiting and i not in gone),
        decisions=tuple(evaluator.traces),
        ended=ended,
        end_id=evaluator.end_id if ended else None,
        variables=workflow.data,
        fired=tuple(fired or ()),
    )


def _run(definition: Definition, workflow: BpmnWorkflow) -> None:
    """Run everything that waits for nobody, and note the end event reached last."""
    automatic = TaskFilter(state=TaskState.READY, manual=False)
    for _count in range(MAX_STEPS):
        task = None if workflow.completed else workflow.get_next_task(task_filter=automatic)
        if task is None:
            return
        try:
            task.run()
        except ProblemError:
            raise
        except WorkflowException as error:
            raise NoWayOn(element=str(task.task_spec.bpmn_id or task.task_spec.name)) from error
        node = definition.diagram.nodes.get(str(task.task_spec.bpmn_id))
        if node is not None and node.tag == "endEvent":
            workflow.script_engine.end_id = node.id
            if node.event == "terminate":
                for open_task in [t for t in workflow.tasks.values() if t.has_state(spiff.ACTIVE)]:
                    open_task.cancel()
                workflow.completed = True
    raise TooManySteps(element=str(task.task_spec.bpmn_id if task else ""))


def _waiting_task(workflow: BpmnWorkflow, engine_id: str) -> Task:
    try:
        task = workflow.tasks[UUID(engine_id)]
    except (KeyError, ValueError) as error:
        raise StepGone(engine_id=engine_id) from error
    if task.state != TaskState.READY or not task.task_spec.manual:
        raise StepGone(engine_id=engine_id)
    return task


def _steps(definition: Definition, workflow: BpmnWorkflow) -> tuple[Step, ...]:
    if workflow.completed:
        return ()
    active = [t for t in workflow.task_tree if t.has_state(spiff.ACTIVE)]  # in the order of the tree, which is stored
    found = []
    for task in active:
        node = definition.diagram.nodes.get(str(task.task_spec.bpmn_id))
        if node is None or isinstance(task.task_spec, spiff.Members):
            continue
        due = task.internal_data.get("due") if task.state == TaskState.WAITING else None
        if due is None and not (task.state == TaskState.READY and task.task_spec.manual):
            continue
        own = task.internal_data
        found.append(
            Step(
                engine_id=str(task.id),
                spec=node.id,
                kind="timer" if due else "service" if node.tag == "serviceTask" else "user",
                name=node.name,
                lane=node.lane or _host_lane(definition, node),
                index=own.get("index"),
                group=str(task.parent.id) if "index" in own else _fork(task, active),
                due_at=datetime.fromisoformat(due) if due else None,
                data=dict(own.get("own", {})),
            )
        )
    return tuple(found)


def _host_lane(definition: Definition, node: diagrams.Node) -> str:
    host = definition.diagram.nodes.get(node.attached_to)
    return host.lane if host else ""


def _fork(task: Task, active: list[Task]) -> str | None:
    """Engine id of the nearest point from which another branch is still open."""
    others = set()
    for other in active:
        if other is not task and other.parent is not None and not isinstance(other.task_spec, spiff.CatchingEventTypes):
            line: Task | None = other.parent
            while line is not None:
                others.add(line.id)
                line = line.parent
    above = task.parent
    while above is not None:
        if above.id in others and len(above.children) > 1 and not isinstance(above.task_spec, BoundaryEventSplit):
            return str(above.id)
        above = above.parent
    return None
