"""The diagram as plain data: nodes, flows, lanes and where they are drawn. Read once for pages, checks and drawing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from lxml import etree

from yiwang.kernel.process import xml

NAME_EN = f"{{{xml.YIWANG}}}name-en"
DECISION_ATTRIBUTES = (f"{{{xml.YIWANG}}}decision", f"{{{xml.CAMUNDA}}}decisionRef")


@dataclass(frozen=True)
class Node:
    """A flow node. ``attached_to`` and ``interrupting`` are for boundary events."""

    id: str
    tag: str  # BPMN local name: userTask, exclusiveGateway ...
    name: dict[str, str]
    lane: str
    line: int
    event: str = ""  # timer, terminate or another event definition's name without "EventDefinition"
    attached_to: str = ""
    interrupting: bool = True
    default: str = ""  # id of the default flow
    timer: tuple[str, str] = ("", "")  # (timeDate | timeDuration | timeCycle, text)
    multi: "Multi | None" = None
    documentation: dict[str, str] = field(default_factory=dict)
    extensions: dict[str, str] = field(default_factory=dict)  # yiwang: attributes by local name
    decision: str = ""


@dataclass(frozen=True)
class Multi:
    """A multi-instance marker."""

    collection: str  # FEEL expression giving a list
    cardinality: str  # FEEL expression giving a number
    item: str  # name of one member
    until: str  # completion condition
    sequential: bool
    line: int


@dataclass(frozen=True)
class Flow:
    id: str
    source: str
    target: str
    condition: str
    name: dict[str, str]
    line: int


@dataclass(frozen=True)
class Lane:
    id: str
    name: dict[str, str]


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Diagram:
    process_id: str
    name: dict[str, str]
    nodes: dict[str, Node]
    flows: dict[str, Flow]
    lanes: dict[str, Lane]
    boxes: dict[str, Box]  # by BPMN id, also participants and lanes
    labels: dict[str, Box]
    edges: dict[str, tuple[tuple[float, float], ...]]
    participants: dict[str, dict[str, str]] = field(default_factory=dict)

    def leaving(self, node_id: str) -> list[Flow]:
        return [f for f in self.flows.values() if f.source == node_id]

    def entering(self, node_id: str) -> list[Flow]:
        return [f for f in self.flows.values() if f.target == node_id]

    def after(self, node_id: str) -> list[str]:
        """Where a token at this node can go next, boundary events included."""
        return [f.target for f in self.leaving(node_id)] + [
            n.id for n in self.nodes.values() if n.attached_to == node_id
        ]

    def in_order(self, nodes: Iterable[Node]) -> list[Node]:
        """Left to right, then top to bottom; document order where nothing is drawn."""
        far = Box(0, 0, 0, 0)
        return sorted(nodes, key=lambda n: (self.boxes.get(n.id, far).x, self.boxes.get(n.id, far).y))


NODE_TAGS = frozenset({
    "startEvent", "endEvent", "userTask", "manualTask", "task", "serviceTask", "businessRuleTask", "scriptTask", "sendTask",
    "receiveTask", "subProcess", "adHocSubProcess", "transaction", "callActivity", "exclusiveGateway", "parallelGateway",
    "inclusiveGateway", "eventBasedGateway", "complexGateway", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent",
})  # fmt: skip


def _names(element: etree._Element) -> dict[str, str]:
    names = {"zh-Hans": element.get("name", "").strip()}
    if english := element.get(NAME_EN, "").strip():
        names["en"] = english
    return names if any(names.values()) else {}


def _child(element: etree._Element, tag: str) -> etree._Element | None:
    return element.find(f"{{{xml.BPMN}}}{tag}")


def _text(element: etree._Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def _documentation(element: etree._Element) -> dict[str, str]:
    found = {}
    for part in element.findall(f"{{{xml.BPMN}}}documentation"):
        language = "en" if part.get("textFormat", "").startswith("text/x-en") else "zh-Hans"
        found[language] = (part.text or "").strip()
    return found


def _multi(element: etree._Element) -> Multi | None:
    marker = _child(element, "multiInstanceLoopCharacteristics")
    if marker is None:
        return None
    item = _child(marker, "inputDataItem")
    return Multi(
        collection=_text(_child(marker, "loopDataInputRef")) or marker.get(f"{{{xml.YIWANG}}}collection", ""),
        cardinality=_text(_child(marker, "loopCardinality")),
        item=(item.get("name") or item.get("id") or "")
        if item is not None
        else marker.get(f"{{{xml.YIWANG}}}item", ""),
        until=_text(_child(marker, "completionCondition")),
        sequential=marker.get("isSequential") == "true",
        line=xml.line(marker),
    )


def _node(element: etree._Element, lane_of: dict[str, str]) -> Node:
    node_id = element.get("id", "")
    events = [xml.local(c) for c in element if xml.local(c).endswith("EventDefinition")]
    timer = ("", "")
    definition = _child(element, "timerEventDefinition")
    if definition is not None:
        for kind in ("timeDate", "timeDuration", "timeCycle"):
            if (part := _child(definition, kind)) is not None:
                timer = (kind, _text(part))
    return Node(
        id=node_id,
        tag=xml.local(element),
        name=_names(element),
        lane=lane_of.get(node_id, ""),
        line=xml.line(element),
        event=events[0].removesuffix("EventDefinition") if len(events) == 1 else "multiple" if events else "",
        attached_to=element.get("attachedToRef", ""),
        interrupting=element.get("cancelActivity", "true") != "false",
        default=element.get("default", ""),
        timer=timer,
        multi=_multi(element),
        documentation=_documentation(element),
        extensions={
            str(k).partition("}")[2]: str(v)
            for k, v in element.attrib.items()
            if str(k).startswith(f"{{{xml.YIWANG}}}") and k != NAME_EN
        },
        decision=next((element.get(a, "") for a in DECISION_ATTRIBUTES if element.get(a)), ""),
    )


def _box(bounds: etree._Element | None) -> Box | None:
    if bounds is None:
        return None
    try:
        return Box(*(float(bounds.get(k, "")) for k in ("x", "y", "width", "height")))
    except ValueError:
        return None


def _drawing(root: etree._Element) -> dict[str, Any]:
    boxes: dict[str, Box] = {}
    labels: dict[str, Box] = {}
    edges: dict[str, tuple[tuple[float, float], ...]] = {}
    for shape in root.iter(f"{{{xml.BPMNDI}}}BPMNShape", f"{{{xml.BPMNDI}}}BPMNEdge"):
        of = shape.get("bpmnElement", "")
        label = _box(shape.find(f"{{{xml.BPMNDI}}}BPMNLabel/{{{xml.DC}}}Bounds"))
        if label:
            labels[of] = label
        if xml.local(shape) == "BPMNShape":
            if box := _box(shape.find(f"{{{xml.DC}}}Bounds")):
                boxes[of] = box
        else:
            points = shape.findall(f"{{{xml.DI}}}waypoint")
            try:
                edges[of] = tuple((float(p.get("x", "")), float(p.get("y", ""))) for p in points)
            except ValueError:
                continue
    return {"boxes": boxes, "labels": labels, "edges": edges}


def read(content: bytes) -> Diagram:
    """Read a diagram. Raises BadXmlError when it is not BPMN or holds no process."""
    root = xml.read(content)
    if root.tag != f"{{{xml.BPMN}}}definitions":
        raise xml.BadXmlError(_("This is not a BPMN 2.0 file."), xml.line(root))
    processes = root.findall(f"{{{xml.BPMN}}}process")
    if len(processes) != 1:
        raise xml.BadXmlError(
            _("The file holds %(count)s processes; exactly one is needed.") % {"count": len(processes)}, xml.line(root)
        )
    (process,) = processes
    lanes: dict[str, Lane] = {}
    lane_of: dict[str, str] = {}
    for lane in process.iter(f"{{{xml.BPMN}}}lane"):
        lane_id = lane.get("id", "")
        lanes[lane_id] = Lane(lane_id, _names(lane))
        for ref in lane.findall(f"{{{xml.BPMN}}}flowNodeRef"):
            lane_of[(ref.text or "").strip()] = lane_id
    nodes = [_node(e, lane_of) for e in process if xml.local(e) in NODE_TAGS]
    flows = [
        Flow(
            e.get("id", ""), e.get("sourceRef", ""), e.get("targetRef", ""),
            _text(_child(e, "conditionExpression")), _names(e), xml.line(e),
        )
        for e in process
        if xml.local(e) == "sequenceFlow"
    ]  # fmt: skip
    return Diagram(
        process_id=process.get("id", ""),
        name=_names(process),
        nodes={n.id: n for n in nodes},
        flows={f.id: f for f in flows},
        lanes=lanes,
        participants={p.get("id", ""): _names(p) for p in root.iter(f"{{{xml.BPMN}}}participant")},
        **_drawing(root),
    )
