"""Check a process and its decision tables before they are published; every finding says where and what to do."""

from collections.abc import Sequence

from yiwang.kernel.process import checks_bpmn, checks_dmn, decisions, diagram, xml
from yiwang.kernel.process.contracts import Finding, Outcome, StepSpec
from yiwang.kernel.process.feel import FeelError, compile_expression, tree

PROCESS_FILE = "process.bpmn"
DECISIONS_FILE = "decisions.dmn"


def validate(
    bpmn: bytes,
    dmn: bytes | Sequence[bytes] = (),
    *,
    bpmn_file: str = PROCESS_FILE,
    dmn_file: str = DECISIONS_FILE,
) -> list[Finding]:
    """Return what keeps the two from being published; empty = ready. Reads only, runs nothing of what it is given."""
    contents = [dmn] if isinstance(dmn, bytes) else list(dmn)
    findings: list[Finding] = []
    tables: dict[str, decisions.Table] = {}
    for number, content in enumerate(contents, 1):
        name = dmn_file if len(contents) == 1 else f"{number}.{dmn_file}"
        found = checks_dmn.check(content, name)
        findings += found
        try:
            tables |= decisions.read(content)
        except xml.BadXmlError:
            continue  # already a finding
    findings += checks_bpmn.check(bpmn, bpmn_file, tables)
    return sorted(findings, key=lambda f: (f.file, f.line, f.element))


def validate_decisions(dmn: bytes, *, dmn_file: str = DECISIONS_FILE) -> list[Finding]:
    """Check a file of decision tables alone."""
    return checks_dmn.check(dmn, dmn_file)


def steps(drawn: diagram.Diagram) -> tuple[StepSpec, ...]:
    """The user tasks of a diagram with the ways out of each."""
    found = []
    for node in drawn.in_order(n for n in drawn.nodes.values() if n.tag in ("userTask", "manualTask")):
        lane = drawn.lanes.get(node.lane)
        found.append(
            StepSpec(
                spec=node.id,
                name=node.name,
                lane=node.lane,
                lane_name=lane.name if lane else {},
                documentation=node.documentation,
                multiple=node.multi is not None,
                outcomes=_outcomes(drawn, node),
                extensions=node.extensions,
            )
        )
    return tuple(found)


def _outcomes(drawn: diagram.Diagram, node: diagram.Node) -> tuple[Outcome, ...]:
    """Read the values of ``outcome`` from the conditions of the gateway behind the task (and of gateways behind that)."""
    found: dict[str, Outcome] = {}
    todo = [f.target for f in drawn.leaving(node.id)]
    seen: set[str] = set()
    while todo:
        gateway = drawn.nodes.get(todo.pop(0))
        if gateway is None or gateway.id in seen or gateway.tag not in ("exclusiveGateway", "inclusiveGateway"):
            continue
        seen.add(gateway.id)
        for flow in drawn.leaving(gateway.id):
            values, rest = outcomes_in(flow.condition)
            for value in values:
                found.setdefault(value, Outcome(value, flow.name, flow.target, rest))
            if not values:
                todo.append(flow.target)
    return tuple(found.values())


def outcomes_in(condition: str) -> tuple[tuple[str, ...], str]:
    """Return the values that ``outcome`` is compared with, and the condition when it asks for more than that."""
    if not condition:
        return (), ""
    try:
        node = compile_expression(condition)
    except FeelError:
        return (), ""
    values: list[str] = []
    for part in node.walk():
        match part:
            case tree.Comparison("=", tree.Name("outcome"), tree.Literal(str() as value)):
                values.append(value)
            case tree.In(tree.Name("outcome"), tree.AnyOf(tests, False)):
                for test in tests:
                    if isinstance(test, tree.Fits):
                        members = test.what.members if isinstance(test.what, tree.ListOf) else (test.what,)
                        values += [
                            m.literal for m in members if isinstance(m, tree.Literal) and isinstance(m.literal, str)
                        ]
    plain = isinstance(node, tree.Comparison | tree.In)
    return tuple(values), "" if plain else condition
