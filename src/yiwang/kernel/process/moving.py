"""Going back and jumping: what the library has no call for."""

from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState


def earlier(workflow: BpmnWorkflow, to_spec: str, origin: Task | None) -> Task | None:
    """The last time that ``to_spec`` was done (or begun), seen from ``origin``."""
    line = origin
    while line is not None:
        if line.task_spec.name == to_spec:
            return line
        line = line.parent
    found = [
        t
        for t in workflow.tasks.values()
        if t.task_spec.name == to_spec and t.state >= TaskState.READY and t.state <= TaskState.COMPLETED
    ]
    return max(found, key=lambda t: t.depth, default=None)


def reopen(workflow: BpmnWorkflow, earlier: Task) -> None:
    """Take away a task with all that came of it, and open it anew in its place."""
    if isinstance(earlier.parent.task_spec, BoundaryEventSplit):
        earlier = earlier.parent
    parent, spec, triggered = earlier.parent, earlier.task_spec, earlier.triggered
    gone = {t.id.hex for t in earlier}
    undone: list[Task] = []
    while fired := [
        t for t in workflow.tasks.values() if t.id.hex not in gone and gone & set(t.internal_data.get("took", ()))
    ]:
        # A join that took a token of this branch has not fired then: it waits again, and what came of it goes.
        for join in fired:
            gone |= {t.id.hex for t in join if t is not join}
            undone.append(join)
            join.internal_data = {"took_back": join.internal_data["took"]}
    given_back = {i for t in workflow.tasks.values() if t.id.hex in gone for i in t.internal_data.get("took", ())}
    for join in undone:
        given_back |= {join.id.hex, *join.internal_data.pop("took_back", ())}
    tokens = [t for t in workflow.tasks.values() if t.id.hex in given_back]
    for token in tokens:
        if token.id.hex not in gone:
            _forget(workflow, [t for t in token if t is not token])
            token._drop_children(force=True)
            token._set_state(TaskState.WAITING)
            token.task_spec._predict(token, mask=TaskState.NOT_FINISHED_MASK)
    _forget(workflow, list(earlier))
    workflow._remove_task(earlier.id)
    _open_under(workflow, parent, spec, triggered=triggered)


def jump(workflow: BpmnWorkflow, to_spec: str) -> None:
    """Close everything and open ``to_spec`` right behind the start."""
    root = workflow.task_tree
    for child in list(root.children):
        _forget(workflow, list(child))
        workflow._remove_task(child.id)
    spec = workflow.spec.task_specs.get(f"{to_spec}.BoundaryEventSplit") or workflow.spec.task_specs[to_spec]
    _open_under(workflow, root, spec, triggered=True)


def _forget(workflow: BpmnWorkflow, tasks: list[Task]) -> None:
    for task in tasks:
        workflow.event_manager.remove_task(task)


def _open_under(workflow: BpmnWorkflow, parent: Task, spec: Any, *, triggered: bool) -> None:
    child = parent._add_child(spec, TaskState.FUTURE)
    child.triggered = triggered
    spec._predict(child, mask=TaskState.PREDICTED_MASK | TaskState.FUTURE)
    spec._update(child)
