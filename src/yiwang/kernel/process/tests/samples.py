"""Small diagrams for tests, written from a list of nodes and flows; every shape is drawn on one line."""

from xml.sax.saxutils import escape, quoteattr

NOW_NAMESPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:yiwang="urn:yiwang:bpmn:1"'
)


def bpmn(body: str, flows: list[str], *, skip_drawing: str = "", process: str = "", top: str = "") -> bytes:
    """``body`` holds the flow nodes as XML; a flow is "source > target [condition]", its id ``source-target``."""
    arrows, edges, shapes = "", "", ""
    for flow in flows:
        path, _space, condition = flow.partition(" [")
        source, target = (p.strip() for p in path.split(">"))
        flow_id = f"{source}-{target}"
        inside = (
            f"<bpmn:conditionExpression>{escape(condition.rstrip(']'))}</bpmn:conditionExpression>" if condition else ""
        )
        arrows += f'\n<bpmn:sequenceFlow id="{flow_id}" sourceRef="{source}" targetRef="{target}">{inside}</bpmn:sequenceFlow>'
        if flow_id != skip_drawing:
            edges += f'\n<bpmndi:BPMNEdge id="{flow_id}_di" bpmnElement="{flow_id}"><di:waypoint x="0" y="0"/><di:waypoint x="9" y="0"/></bpmndi:BPMNEdge>'
    from lxml import etree

    root = etree.fromstring(f"<x {NOW_NAMESPACES}>{body}</x>")
    for number, element in enumerate(e for e in root if e.get("id")):
        if element.get("id") != skip_drawing:
            shapes += f'\n<bpmndi:BPMNShape id="{element.get("id")}_di" bpmnElement="{element.get("id")}"><dc:Bounds x="{number * 100}" y="0" width="80" height="60"/></bpmndi:BPMNShape>'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions {NOW_NAMESPACES} id="d" targetNamespace="t">{top}\n'
        f'<bpmn:process id="p" isExecutable="true"{process}>\n{body}{arrows}\n</bpmn:process>\n'
        f'<bpmndi:BPMNDiagram id="di"><bpmndi:BPMNPlane id="plane" bpmnElement="p">{shapes}{edges}\n</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>'
    ).encode()


def user(step: str, inside: str = "") -> str:
    return f'\n<bpmn:userTask id="{step}" name={quoteattr(step)} yiwang:name-en="{step} en">{inside}</bpmn:userTask>'


START = '<bpmn:startEvent id="start"/>'
END = '\n<bpmn:endEvent id="end"/>'


def dmn(
    policy: str,
    inputs: list[str],
    outputs: list[str],
    rows: list[list[str]],
    *,
    decision: str = "route",
    extra: str = "",
) -> bytes:
    """A table; a row is its input cells followed by its output cells."""
    text = "".join(
        f'\n<input id="i{n}" label="{e}"><inputExpression id="e{n}"><text>{escape(e)}</text></inputExpression></input>'
        for n, e in enumerate(inputs)
    )
    text += "".join(f'\n<output id="o{n}" name="{o}"/>' for n, o in enumerate(outputs))
    for number, row in enumerate(rows, 1):
        cells = "".join(
            f'\n<{"inputEntry" if n < len(inputs) else "outputEntry"} id="c{number}_{n}"><text>{escape(c)}</text></{"inputEntry" if n < len(inputs) else "outputEntry"}>'
            for n, c in enumerate(row)
        )
        text += f'\n<rule id="r{number}">{cells}\n</rule>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="x" name="x" namespace="n">'
        f'<decision id="{decision}" name="{decision}"><decisionTable id="t" hitPolicy="{policy}"{extra}>{text}\n</decisionTable></decision></definitions>'
    ).encode()
