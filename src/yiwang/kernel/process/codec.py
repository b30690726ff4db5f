"""The state of one instance: small, apart from the diagram, and kept small however long a case goes round.

Compressed JSON ``{"v": 1, "vars": {...}, "end": "...", "done": bool, "tasks": [[parent, spec, state, own, id], ...]}``. A task
names its parent by position. Predicted tasks are left out and predicted again on loading.
"""

import json
import zlib
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from yiwang.kernel.process.errors import StateDamaged
from yiwang.kernel.process.spiff import ACTIVE, Evaluator, Meeting

VERSION = 1
_COMPACT_ABOVE = 24  # tasks


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be a process variable")


def pack(content: dict[str, Any]) -> bytes:
    return zlib.compress(json.dumps(content, separators=(",", ":"), ensure_ascii=False, default=_plain).encode(), 6)


def unpack(state: bytes) -> dict[str, Any]:
    """Raises StateDamaged."""
    try:
        content: dict[str, Any] = json.loads(zlib.decompress(bytes(state)))
        if content["v"] != VERSION:
            raise StateDamaged()
        return content
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise StateDamaged() from error


def dump(workflow: BpmnWorkflow) -> bytes:
    """Write the instance. It must have come to rest."""
    compact(workflow)
    position: dict[UUID, int] = {}
    rows: list[list[Any]] = []
    todo = [workflow.task_tree]
    while todo:
        task = todo.pop()
        children = [c for c in task.children if c.state >= TaskState.WAITING]
        position[task.id] = len(rows)
        named = task.has_state(ACTIVE) or len(children) > 1 or isinstance(task.task_spec, Meeting)
        row = [
            position.get(task._parent, -1),
            task.task_spec.name,
            task.state * 2 + bool(task.triggered),
            task.internal_data or 0,
        ]
        rows.append([*row, task.id.hex] if named else row)
        todo.extend(reversed(children))
    return pack(
        {
            "v": VERSION,
            "vars": workflow.data,
            "end": workflow.script_engine.end_id,
            "done": workflow.completed,
            "tasks": rows,
        }
    )


def load(spec: Any, state: bytes, evaluator: Evaluator) -> BpmnWorkflow:
    """Return the instance; the end that it had reached goes to the evaluator. Raises StateDamaged."""
    content = unpack(state)
    workflow = BpmnWorkflow(spec, {}, script_engine=evaluator, deserializing=True)
    workflow.data = content["vars"]
    workflow.completed = content["done"]
    tasks: list[Task] = []
    try:
        for number, (parent, name, packed, own, *given) in enumerate(content["tasks"]):
            task = Task(
                workflow, spec.task_specs[name], tasks[parent] if parent >= 0 else None, packed >> 1,
                UUID(hex=given[0]) if given else UUID(int=number),
            )  # fmt: skip
            task.triggered = bool(packed & 1)
            task.internal_data = own or {}
            tasks.append(task)
            if task.state == TaskState.WAITING and isinstance(task.task_spec, CatchingEvent):
                workflow.event_manager.add_task(task)
        workflow.task_tree = tasks[0]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise StateDamaged() from error
    for task in tasks:
        if task.has_state(ACTIVE):
            task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)
    evaluator.end_id = content["end"]
    return workflow


# Keeping it small


def compact(workflow: BpmnWorkflow) -> None:
    """Drop what no step can need any more: everything when it is over, and the history before the last common point."""
    active = [t for t in workflow.tasks.values() if t.has_state(ACTIVE)]
    root = workflow.task_tree
    if workflow.completed or not active:
        _keep(workflow, [root])
        root._children = []
        return
    if _size(workflow) > _COMPACT_ABOVE:
        _cut_above(workflow, active)
    if _size(workflow) > _COMPACT_ABOVE * 2:  # long open branches
        for task in active:
            _shorten_loops(workflow, task)


def _size(workflow: BpmnWorkflow) -> int:
    return sum(t.state >= TaskState.WAITING for t in workflow.tasks.values())


def _cut_above(workflow: BpmnWorkflow, active: list[Task]) -> None:
    """Put the last point common to all open steps right behind the start."""
    root = workflow.task_tree
    common = _ancestors(active[0])
    for task in active[1:]:
        line = set(_ancestors(task))
        common = [a for a in common if a in line]
    anchor = next((a for a in common if a.state == TaskState.COMPLETED), root)
    if anchor is not root:
        anchor.parent = root
        anchor.triggered = True  # it is no regular child of the start
        root._children = [anchor.id]
        _keep(workflow, [root, *anchor])


def _ancestors(task: Task) -> list[Task]:
    """From the parent up to the root."""
    found = []
    while (task := task.parent) is not None:
        found.append(task)
    return found


def _keep(workflow: BpmnWorkflow, kept: Iterable[Task]) -> None:
    ids = {t.id for t in kept}
    for task in [t for t in workflow.tasks.values() if t.id not in ids]:
        workflow.event_manager.remove_task(task)
        del workflow.tasks[task.id]


def _shorten_loops(workflow: BpmnWorkflow, leaf: Task) -> None:
    """On the way to ``leaf``, let the last round of a loop take the place of the earlier rounds.

    Only where the rounds in between started nothing that is still open.
    """
    last: dict[str, Task] = {}
    for task in _ancestors(leaf):
        later = last.setdefault(task.task_spec.name, task)
        if later is task or task.state != TaskState.COMPLETED or later.state != TaskState.COMPLETED:
            continue
        inside = set(later)
        between = [t for t in task if t not in inside]
        if task.parent is None or any(t.has_state(ACTIVE) for t in between):
            continue
        parent = task.parent
        parent._children = [later.id if c == task.id else c for c in parent._children]
        later.parent._children.remove(later.id)
        later.parent = parent
        later.triggered = task.triggered
        removed = {t.id for t in between}
        for gone in removed:
            workflow.tasks.pop(gone, None)
        last = {name: t for name, t in last.items() if t.id not in removed}
