"""What is wrong with a process diagram."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _
from lxml import etree

from yiwang.kernel.process import decisions, handlers, xml
from yiwang.kernel.process import diagram as diagrams
from yiwang.kernel.process.contracts import Finding
from yiwang.kernel.process.diagram import Diagram, Node
from yiwang.kernel.process.feel import FeelError, compile_expression, duration_from_iso
from yiwang.kernel.process.feel.values import parse_datetime

TASKS = ("userTask", "manualTask", "task", "serviceTask", "businessRuleTask")
PEOPLE = ("userTask", "manualTask")
CHOICES = ("exclusiveGateway", "inclusiveGateway")
GATEWAYS = (*CHOICES, "parallelGateway")
EVENTS = {
    "startEvent": ("",),
    "endEvent": ("", "terminate"),
    "intermediateCatchEvent": ("timer",),
    "boundaryEvent": ("timer",),
}
SUPPORTED = (*TASKS, *GATEWAYS, *EVENTS)
_ID = re.compile(r"[A-Za-z_][\w-]*")
_CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


def check(content: bytes, file: str, tables: Mapping[str, decisions.Table]) -> list[Finding]:
    """Return the findings of one diagram; ``tables`` are the decisions that come with it."""
    try:
        root = xml.read(content)
        drawn = diagrams.read(content)
    except xml.BadXmlError as error:
        return [Finding(file, error.line, "", error.message, _("Save the file again from the process designer."))]
    checker = _Checker(file, drawn, tables)
    checker.run(root)
    return checker.findings


def waits(node: Node) -> bool:
    """Does a token rest at this node?"""
    return (
        node.tag in PEOPLE
        or node.event == "timer"
        or (node.tag == "serviceTask" and node.extensions.get("wait") == "true")
    )


class _Checker:
    def __init__(self, file: str, drawn: Diagram, tables: Mapping[str, decisions.Table]) -> None:
        self.file, self.drawn, self.tables = file, drawn, tables
        self.findings: list[Finding] = []

    def say(self, line: int, element: str, message: str, mend: str) -> None:
        self.findings.append(Finding(self.file, line, element, message, mend))

    def run(self, root: etree._Element) -> None:
        self._ids(root)
        self._markup(root)
        for node in self.drawn.nodes.values():
            self._node(node)
        self._flows()
        self._shape_of_the_whole()
        self._drawing()

    def _ids(self, root: etree._Element) -> None:
        counted = Counter(e.get("id") for e in root.iter() if isinstance(e.tag, str) and e.get("id"))
        for element in root.iter():
            element_id = element.get("id") if isinstance(element.tag, str) else None
            if element_id and counted[element_id] > 1:
                self.say(
                    xml.line(element),
                    element_id,
                    _("The id is used more than once."),
                    _("Give each element its own id."),
                )
        for node in self.drawn.nodes.values():
            if not _ID.fullmatch(node.id):
                self.say(
                    node.line,
                    node.id,
                    _("The element has no usable id."),
                    _("Use letters, digits, - and _ only, with a letter first."),
                )

    def _markup(self, root: etree._Element) -> None:
        for element in root.iter():
            tag = xml.local(element)
            if tag == "process" and element.get("isExecutable") == "false":
                self.say(
                    xml.line(element),
                    element.get("id", ""),
                    _("The process is marked as not executable."),
                    _("Switch on “executable” in the properties of the process."),
                )
            elif tag in ("script", "standardLoopCharacteristics", "adHocSubProcess", "eventSubProcess"):
                self.say(
                    xml.line(element), _owner(element), _("“%(tag)s” is not supported.") % {"tag": tag}, _("Remove it.")
                )
            elif tag == "conditionExpression" and element.get("language", "").lower() not in (
                "",
                "feel",
                "https://www.omg.org/spec/dmn/20191111/feel/",
            ):
                self.say(
                    xml.line(element),
                    _owner(element),
                    _("The condition is written in another language than FEEL."),
                    _("Write it in FEEL and remove the language."),
                )

    def _node(self, node: Node) -> None:
        if node.tag == "scriptTask":
            self.say(
                node.line,
                node.id,
                _("Script tasks are never run."),
                _("Use a service task with a named handler, or a decision table."),
            )
            return
        if node.tag not in SUPPORTED:
            self.say(
                node.line,
                node.id,
                _("“%(tag)s” is not supported.") % {"tag": node.tag},
                _("Use user, service and decision tasks, gateways and timers."),
            )
            return
        if node.tag in EVENTS and node.event not in EVENTS[node.tag]:
            self.say(
                node.line,
                node.id,
                _("This kind of event is not supported here: %(event)s.") % {"event": node.event or _("none")},
                _("Use a timer, or a plain start or end."),
            )
        if node.event == "timer":
            self._timer(node)
        if node.tag == "boundaryEvent":
            host = self.drawn.nodes.get(node.attached_to)
            if host is None or not waits(host):
                self.say(
                    node.line,
                    node.id,
                    _("The timer is not attached to a step that waits."),
                    _("Attach it to a user task."),
                )
        if node.tag in PEOPLE:
            if not node.name.get("zh-Hans"):
                self.say(node.line, node.id, _("The step has no name."), _("Write its name on the diagram."))
            if self.drawn.lanes and not node.lane:
                self.say(
                    node.line,
                    node.id,
                    _("The step lies in no lane, so nobody would get it."),
                    _("Draw it into the lane of the post that does it."),
                )
        self._service(node)
        self._decision(node)
        self._multi(node)

    def _service(self, node: Node) -> None:
        if node.tag != "serviceTask" or node.extensions.get("wait") == "true":
            return
        handler = node.extensions.get("handler", "")
        known = ", ".join(handlers.names()) or _("none")
        if not handler or not _CODE.fullmatch(handler):
            self.say(
                node.line,
                node.id,
                _("The service task names no handler."),
                _("Set yiwang:handler to one of: %(known)s.") % {"known": known},
            )
        elif handlers.find(handler) is None:
            self.say(
                node.line,
                node.id,
                _("There is no handler %(name)s.") % {"name": handler},
                _("Set yiwang:handler to one of: %(known)s.") % {"known": known},
            )

    def _decision(self, node: Node) -> None:
        if node.tag != "businessRuleTask":
            return
        known = ", ".join(sorted(self.tables)) or _("none")
        if node.decision not in self.tables:
            self.say(
                node.line, node.id, _("There is no decision table “%(name)s”.") % {"name": node.decision},
                _("Set yiwang:decision to one of: %(known)s.") % {"known": known},
            )  # fmt: skip

    def _multi(self, node: Node) -> None:
        multi = node.multi
        if multi is None:
            return
        if node.tag not in PEOPLE or multi.sequential:
            self.say(
                multi.line,
                node.id,
                _("Only user tasks can be done several times, and only in parallel."),
                _("Choose the parallel marker on a user task."),
            )
        if not multi.collection and not multi.cardinality:
            self.say(
                multi.line,
                node.id,
                _("The step does not say for what it is done several times."),
                _("Set yiwang:collection to the variable that holds the list."),
            )
        for text in (multi.collection, multi.cardinality, multi.until):
            self._expression(text, multi.line, node.id)

    def _timer(self, node: Node) -> None:
        kind, text = node.timer
        if kind == "timeCycle" or not kind:
            self.say(
                node.line,
                node.id,
                _("Repeating timers are not supported."),
                _("Use a duration such as PT4H, or a point in time."),
            )
        elif not (duration_from_iso(text) or parse_datetime(text)):
            self._expression(
                text or " ",
                node.line,
                node.id,
                _("Write a duration such as PT4H or P3D, or a variable that holds one."),
            )

    def _expression(self, text: str, line: int, element: str, mend: str = "") -> None:
        if not text:
            return
        try:
            compile_expression(text)
        except FeelError as error:
            message = _("“%(text)s” cannot be read: %(why)s.") % {"text": text.strip(), "why": error.localized()}
            self.say(
                line, element, message, mend or _('Write a condition such as outcome = "pass" and area in ("a", "b").')
            )

    def _flows(self) -> None:
        nodes = self.drawn.nodes
        for flow in self.drawn.flows.values():
            source, target = nodes.get(flow.source), nodes.get(flow.target)
            if source is None or target is None:
                self.say(
                    flow.line,
                    flow.id,
                    _("The arrow has no beginning or no end."),
                    _("Draw it from one element to another."),
                )
                continue
            self._expression(flow.condition, flow.line, flow.id)
            leaving = self.drawn.leaving(source.id)
            if source.tag in CHOICES:
                if len(leaving) > 1 and not flow.condition and source.default != flow.id:
                    self.say(
                        flow.line,
                        flow.id,
                        _("The arrow leaves a gateway without a condition."),
                        _("Write a condition, or make it the default."),
                    )
            elif flow.condition:
                self.say(
                    flow.line,
                    flow.id,
                    _("A condition is only asked behind a gateway."),
                    _("Put an exclusive gateway before the arrow."),
                )
        for node in nodes.values():
            leaving = self.drawn.leaving(node.id)
            if node.default and node.default not in {f.id for f in leaving}:
                self.say(
                    node.line,
                    node.id,
                    _("The default arrow does not leave this element."),
                    _("Choose one of its own arrows as the default."),
                )
            if len(leaving) > 1 and node.tag not in GATEWAYS:
                self.say(
                    node.line,
                    node.id,
                    _("Several arrows leave an element that is no gateway."),
                    _("Put a gateway behind it."),
                )

    def _shape_of_the_whole(self) -> None:
        nodes = self.drawn.nodes
        starts = [n for n in nodes.values() if n.tag == "startEvent"]
        ends = [n for n in nodes.values() if n.tag == "endEvent"]
        if len(starts) != 1:
            self.say(
                0,
                self.drawn.process_id,
                _("The process has %(count)s start events.") % {"count": len(starts)},
                _("Draw exactly one start event."),
            )
        if not ends:
            self.say(0, self.drawn.process_id, _("The process has no end event."), _("Lead every way to an end event."))
        reached = self._reach((s.id for s in starts), self.drawn.after) if starts else set(nodes)
        for node in nodes.values():
            if node.id not in reached and node.tag in SUPPORTED:
                self.say(
                    node.line, node.id, _("No way leads to this element."), _("Draw an arrow to it, or remove it.")
                )
        before: dict[str, list[str]] = {}
        for node in nodes.values():
            for target in self.drawn.after(node.id):
                before.setdefault(target, []).append(node.id)
        ending = self._reach((e.id for e in ends), lambda i: before.get(i, []))
        for node in nodes.values():
            if ends and node.id in reached and node.id not in ending and node.tag in SUPPORTED:
                self.say(
                    node.line, node.id, _("No way leads from this element to an end."), _("Draw an arrow from it.")
                )
        self._circles()
        self._waiting_for_itself(starts)

    def _waiting_for_itself(self, starts: list[Node]) -> None:
        """A parallel gateway that begins a loop would wait for the arrow that comes back, which it has not sent yet."""
        for node in self.drawn.nodes.values():
            entering = self.drawn.entering(node.id)
            if node.tag != "parallelGateway" or len(entering) < 2:
                continue
            apart = self._reach((s.id for s in starts), lambda i, own=node.id: [] if i == own else self.drawn.after(i))
            if any(f.source not in apart for f in entering):
                self.say(
                    node.line,
                    node.id,
                    _("The parallel gateway waits for an arrow that only it can set off."),
                    _("Lead that arrow into an exclusive gateway before it."),
                )

    def _reach(self, begin: Iterator[str], step: object) -> set[str]:
        todo, seen = list(begin), set[str]()
        while todo:
            node_id = todo.pop()
            if node_id not in seen and node_id in self.drawn.nodes:
                seen.add(node_id)
                todo.extend(step(node_id))  # type: ignore[operator]
        return seen

    def _circles(self) -> None:
        """A circle without a step that waits would never come to rest."""
        automatic = {n.id for n in self.drawn.nodes.values() if not waits(n)}
        for node_id in sorted(automatic):
            first = (f.target for f in self.drawn.leaving(node_id))
            within = self._reach(
                (t for t in first if t in automatic),
                lambda i: (f.target for f in self.drawn.leaving(i) if f.target in automatic),
            )
            if node_id in within:
                node = self.drawn.nodes[node_id]
                self.say(
                    node.line,
                    node.id,
                    _("The process would go round here without waiting for anybody."),
                    _("Put a user task or a timer into the circle."),
                )
                return

    def _drawing(self) -> None:
        mend = _("Open the file in the process designer, draw the element and save.")
        for node in self.drawn.nodes.values():
            if node.id not in self.drawn.boxes:
                self.say(node.line, node.id, _("The element is not drawn."), mend)
        for flow in self.drawn.flows.values():
            if len(self.drawn.edges.get(flow.id, ())) < 2:
                self.say(flow.line, flow.id, _("The arrow is not drawn."), mend)


def _owner(element: etree._Element) -> str:
    while element is not None:
        if element.get("id"):
            return str(element.get("id"))
        element = element.getparent()
    return ""
