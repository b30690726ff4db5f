"""Read XML that somebody sent: no DTD, no entities, no network, bounded size."""

from django.utils.translation import gettext as _
from lxml import etree

MAX_BYTES = 4_000_000
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
YIWANG = "urn:yiwang:bpmn:1"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
# The decision model's namespaces of DMN 1.1 to 1.5; dmn-js writes 1.3.
DMN_NAMESPACES = (
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
)


class BadXmlError(ValueError):
    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message, self.line = message, line


def read(content: bytes) -> etree._Element:
    """Return the root element. Raises BadXmlError with the line."""
    if len(content) > MAX_BYTES:
        raise BadXmlError(
            _("The file has %(size)s bytes; %(allowed)s are allowed.") % {"size": len(content), "allowed": MAX_BYTES}
        )
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_pis=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise BadXmlError(_("This is not well-formed XML: %(why)s.") % {"why": error.msg}, error.lineno or 0) from error
    if root.getroottree().docinfo.doctype:
        raise BadXmlError(_("A document type (DTD) is not allowed."), 1)
    return root


def local(element: etree._Element) -> str:
    """The tag without its namespace; "" for comments."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def line(element: etree._Element) -> int:
    return int(element.sourceline or 0)
