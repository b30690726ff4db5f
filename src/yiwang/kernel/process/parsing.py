"""Reading a diagram with SpiffWorkflow's parser, fitted to our elements."""

from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.event_parsers import BoundaryEventParser, IntermediateCatchEventParser
from SpiffWorkflow.bpmn.parser.task_parsers import ConditionalGatewayParser, GatewayParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, IntermediateCatchEvent, NoneTask, UserTask

from yiwang.kernel.process.diagram import Diagram, Node
from yiwang.kernel.process.spiff import AllWays, DecisionStep, LogicalTimer, Members, OneWay, ServiceStep, SomeWays


class _Parser(TaskParser):
    task: Any

    def _model(self) -> Node:
        node: Node = self.process_parser.parser.diagram.nodes[self.bpmn_id]
        return node

    def _add_multiinstance_task(self, loop_characteristics: Any) -> None:
        marker = self._model().multi
        if marker is None or marker.sequential:
            raise ValidationException("Only parallel multi-instance steps are supported", self.node, self.filename)
        original = self.spec.task_specs.pop(self.task.name)
        self.task = Members(
            self.spec, original.name, marker, description="Parallel MultiInstance", bpmn_name=original.bpmn_name
        )
        self._copy_task_attrs(original)
        original.completed_event.connect(self.task.instance_done)


class _ServiceParser(_Parser):
    def create_task(self) -> ServiceStep:
        own = self._model().extensions
        return ServiceStep(
            self.spec, self.bpmn_id, own.get("handler", ""), own.get("wait") == "true", **self.bpmn_attributes
        )


class _DecisionParser(_Parser):
    def create_task(self) -> DecisionStep:
        node = self._model()
        return DecisionStep(
            self.spec,
            self.bpmn_id,
            node.decision,
            node.extensions.get("result") or node.decision,
            **self.bpmn_attributes,
        )


class _OneWayParser(ConditionalGatewayParser, _Parser):
    pass


class _Timed:
    """Makes the timer of an event ours."""

    def parse_timer_event(self, event: Any) -> LogicalTimer:
        diagram: Diagram = self.process_parser.parser.diagram  # type: ignore[attr-defined]
        node = diagram.nodes[self.bpmn_id]  # type: ignore[attr-defined]
        return LogicalTimer(node.id, *node.timer)


class _CatchParser(_Timed, IntermediateCatchEventParser):
    pass


class _BoundaryParser(_Timed, BoundaryEventParser):
    pass


class Parser(BpmnParser):
    """The library's parser, limited to what we support; run after ``publish.validate`` has found nothing."""

    OVERRIDE_PARSER_CLASSES = {
        full_tag("userTask"): (_Parser, UserTask),
        full_tag("manualTask"): (_Parser, UserTask),
        full_tag("task"): (_Parser, NoneTask),
        full_tag("serviceTask"): (_ServiceParser, ServiceStep),
        full_tag("businessRuleTask"): (_DecisionParser, DecisionStep),
        full_tag("exclusiveGateway"): (_OneWayParser, OneWay),
        full_tag("inclusiveGateway"): (_OneWayParser, SomeWays),
        full_tag("parallelGateway"): (GatewayParser, AllWays),
        full_tag("intermediateCatchEvent"): (_CatchParser, IntermediateCatchEvent),
        full_tag("boundaryEvent"): (_BoundaryParser, BoundaryEvent),
        full_tag("scriptTask"): (None, None),
    }

    def __init__(self, diagram: Diagram) -> None:
        super().__init__()
        self.diagram = diagram

    def _add_diagram_indexes(self, bpmn: Any) -> None:
        # Without positions the library keeps the flows in the order of the file.
        self.document_lanes[self._document_key(bpmn)] = {}
        self.document_positions[self._document_key(bpmn)] = {}

    def _find_dependencies(self, process: Any) -> None:
        pass


def parse(root: etree._Element, diagram: Diagram) -> Any:
    """Return the library's process spec. Raises its ValidationException."""
    # The library reads a terminate event as one it would throw; the engine ends the instance itself.
    for event in list(root.iter("{http://www.omg.org/spec/BPMN/20100524/MODEL}terminateEventDefinition")):
        event.getparent().remove(event)
    parser = Parser(diagram)
    parser.add_bpmn_xml(root)
    return parser.get_process_parser(diagram.process_id).get_spec()
