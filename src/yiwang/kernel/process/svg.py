"""Draw a diagram as SVG on the server: no script, readable by a screen reader, the present step lit.

The page colours it by the classes ``bpmn-done``, ``bpmn-now`` and ``bpmn-idle``; without style sheet it is black on white.
"""

from collections.abc import Collection, Mapping
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from yiwang.kernel.base.texts import pick
from yiwang.kernel.process.diagram import Box, Diagram, Node

_MARGIN = 12
_LINE = 15  # px between lines of text
_HEAD = 30  # px of a pool's or lane's head


def draw(
    drawn: Diagram,
    *,
    now: Collection[str] = (),
    done: Collection[str] = (),
    language: str | None = None,
    prefix: str = "bpmn",
) -> SafeString:
    """Return the ``<svg>`` element.

    Parameters
    ----------
    now, done : collection of str
        BPMN ids of the steps that wait and of the steps completed; a step in both is drawn as waiting.
    prefix : str
        Begins the ids inside the picture, so that a page can hold several.
    """
    picture = _Picture(drawn, set(now), set(done), language, prefix)
    return mark_safe(picture.render())  # noqa: S308 - every text is escaped below


class _Picture:
    def __init__(self, drawn: Diagram, now: set[str], done: set[str], language: str | None, prefix: str) -> None:
        self.drawn, self.now, self.done, self.language, self.prefix = drawn, now, done, language, prefix

    def render(self) -> str:
        left, top, right, bottom = self._extent()
        size = f"{left:g} {top:g} {right - left:g} {bottom - top:g}"
        waiting = [pick(n.name, self.language) for n in self.drawn.nodes.values() if n.id in self.now]
        title = pick(self.drawn.name, self.language) or _("Process diagram")
        text = _("Now at: %(steps)s") % {"steps": ", ".join(waiting)} if waiting else _("No step is waiting.")
        return "".join([
            f'<svg class="bpmn" xmlns="http://www.w3.org/2000/svg" viewBox="{size}" role="img" '
            f'aria-labelledby="{self.prefix}-title {self.prefix}-desc" font-size="12">',
            f'<title id="{self.prefix}-title">{escape(title)}</title><desc id="{self.prefix}-desc">{escape(text)}</desc>',
            f'<defs><marker id="{self.prefix}-arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">'
            '<path class="bpmn-arrow" d="M0 1 L9 5 L0 9 z"/></marker></defs>',
            *self._lanes(),
            *(self._edge(flow_id) for flow_id in self.drawn.flows),
            *(self._shape(node) for node in self.drawn.nodes.values()),
            "</svg>",
        ])  # fmt: skip

    def _extent(self) -> tuple[float, float, float, float]:
        boxes = [*self.drawn.boxes.values(), *self.drawn.labels.values()]
        points = [p for edge in self.drawn.edges.values() for p in edge]
        xs = [b.x for b in boxes] + [b.x + b.width for b in boxes] + [x for x, _y in points] or [0, 100]
        ys = [b.y for b in boxes] + [b.y + b.height for b in boxes] + [y for _x, y in points] or [0, 100]
        return min(xs) - _MARGIN, min(ys) - _MARGIN, max(xs) + _MARGIN, max(ys) + _MARGIN

    def _lanes(self) -> list[str]:
        found = []
        frames: list[tuple[str, Mapping[str, str]]] = list(self.drawn.participants.items())
        frames += [(lane.id, lane.name) for lane in self.drawn.lanes.values()]
        for frame_id, name in frames:
            if (box := self.drawn.boxes.get(frame_id)) is None:
                continue
            x, y = box.x + _HEAD / 2, box.y + box.height / 2
            label = escape(pick(name, self.language))
            found.append(
                f'<g class="bpmn-lane">{_rect(box, 0)}'
                f'<text x="{x:g}" y="{y:g}" text-anchor="middle" dominant-baseline="middle" transform="rotate(-90 {x:g} {y:g})">{label}</text></g>'
            )
        return found

    def _edge(self, flow_id: str) -> str:
        points = self.drawn.edges.get(flow_id, ())
        if len(points) < 2:
            return ""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        flow = self.drawn.flows[flow_id]
        name = pick(flow.name, self.language)
        label = self.drawn.labels.get(flow_id) or _middle(points)
        passed = flow.source in self.done and (flow.target in self.done or flow.target in self.now)
        return (
            f'<g class="bpmn-flow{" bpmn-done" if passed else ""}">'
            f'<polyline points="{path}" fill="none" stroke="currentColor" marker-end="url(#{self.prefix}-arrow)"/>{_lines(name, label)}</g>'
        )

    def _shape(self, node: Node) -> str:
        box = self.drawn.boxes.get(node.id)
        if box is None:
            return ""
        if node.id in self.now:
            state, words = "bpmn-now", _("now here")
        elif node.id in self.done:
            state, words = "bpmn-done", _("done already")
        else:
            state, words = "bpmn-idle", _("not yet")
        name = pick(node.name, self.language)
        kind = (
            "task"
            if node.tag.endswith("Task") or node.tag == "task"
            else "gateway"
            if node.tag.endswith("Gateway")
            else "event"
        )
        title = f"<title>{escape(f'{name}: {words}')}</title>" if name else ""
        label = box if kind == "task" else self.drawn.labels.get(node.id)
        text = _lines(name, label) if label else ""
        current = ' aria-current="step"' if node.id in self.now else ""
        return f'<g class="bpmn-{kind} {state}" data-step={quoteattr(node.id)}{current}>{title}{_body(kind, node, box)}{text}</g>'


def _rect(box: Box, radius: int) -> str:
    return f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="{radius}" fill="none" stroke="currentColor"/>'


def _body(kind: str, node: Node, box: Box) -> str:
    x, y = box.x + box.width / 2, box.y + box.height / 2
    if kind == "task":
        return _rect(box, 8).replace('fill="none"', 'fill="white"') + (
            _bars(x, box.y + box.height - 12) if node.multi else ""
        )
    if kind == "gateway":
        corners = f"{x:g},{box.y:g} {box.x + box.width:g},{y:g} {x:g},{box.y + box.height:g} {box.x:g},{y:g}"
        sign = {
            "parallelGateway": f'<path d="M{x - 9:g} {y:g}h18M{x:g} {y - 9:g}v18" stroke="currentColor" stroke-width="3"/>',
            "inclusiveGateway": f'<circle cx="{x:g}" cy="{y:g}" r="10" fill="none" stroke="currentColor" stroke-width="2"/>',
        }.get(node.tag, f'<path d="M{x - 7:g} {y - 7:g}l14 14m0-14l-14 14" stroke="currentColor" stroke-width="2"/>')
        return f'<polygon points="{corners}" fill="white" stroke="currentColor"/>{sign}'
    width = 3 if node.tag == "endEvent" else 1
    dashes = ' stroke-dasharray="4 3"' if not node.interrupting else ""
    ring = f'<circle cx="{x:g}" cy="{y:g}" r="{box.width / 2:g}" fill="white" stroke="currentColor" stroke-width="{width}"{dashes}/>'
    if node.event == "timer":
        ring += f'<circle cx="{x:g}" cy="{y:g}" r="{box.width / 2 - 4:g}" fill="none" stroke="currentColor"/><path d="M{x:g} {y - 8:g}v8h6" fill="none" stroke="currentColor"/>'
    elif node.event == "terminate":
        ring += f'<circle cx="{x:g}" cy="{y:g}" r="{box.width / 2 - 6:g}" fill="currentColor"/>'
    return ring


def _bars(x: float, y: float) -> str:
    return f'<path d="M{x - 5:g} {y:g}v9M{x:g} {y:g}v9M{x + 5:g} {y:g}v9" stroke="currentColor" stroke-width="2"/>'


def _middle(points: tuple[tuple[float, float], ...]) -> Box:
    (x1, y1), (x2, y2) = max(pairwise(points), key=lambda p: abs(p[0][0] - p[1][0]) + abs(p[0][1] - p[1][1]))
    return Box((x1 + x2) / 2 - 40, (y1 + y2) / 2 - 16, 80, 14)


def _lines(text: str, box: Box) -> str:
    """Text in the middle of a box, broken to its width (a Chinese character counts two)."""
    if not text:
        return ""
    lines = wrap(text, max(int(box.width / 6.2), 8))
    x, y = box.x + box.width / 2, box.y + box.height / 2 - (len(lines) - 1) * _LINE / 2
    spans = "".join(f'<tspan x="{x:g}" y="{y + i * _LINE:g}">{escape(line)}</tspan>' for i, line in enumerate(lines))
    return f'<text text-anchor="middle" dominant-baseline="middle" stroke="none">{spans}</text>'


def wrap(text: str, room: int) -> list[str]:
    """Break a text into lines of at most ``room`` half-width characters; words stay whole where they fit."""
    lines, line, used = [], "", 0
    for word in _words(text):
        width = sum(2 if ord(c) > 0x2E7F else 1 for c in word)
        if line and used + width > room:
            lines.append(line.rstrip())
            line, used = "", 0
            word = word.lstrip()
        line, used = line + word, used + width
    return [*lines, line.rstrip()] if line.strip() else lines


def _words(text: str) -> list[str]:
    found: list[str] = []
    for character in text:
        glued = found and ord(character) <= 0x2E7F and ord(found[-1][-1]) <= 0x2E7F and not found[-1].endswith(" ")
        if glued:
            found[-1] += character
        else:
            found.append(character)
    return found
