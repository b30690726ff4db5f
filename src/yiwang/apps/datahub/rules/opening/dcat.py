"""Open sets as a catalogue of DCAT-AP 3 (RDF): read by harvesters as Turtle or JSON-LD, a page of sets at a time.

Vocabularies: data-theme, frequency, file-type and language of the EU's publications office; paging by Hydra.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, SKOS, XSD

EU = "http://publications.europa.eu/resource/authority/"
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
ADMS = Namespace("http://www.w3.org/ns/adms#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
FILE_TYPES = {"csv": "CSV", "plain": "CSV", "xlsx": "XLSX", "json": "JSON", "parquet": "PARQUET", "geojson": "GEOJSON"}
MEDIA = "http://www.iana.org/assignments/media-types/"
LANGUAGES = {"zh-Hans": ("zh-Hans", f"{EU}language/ZHO"), "en": ("en", f"{EU}language/ENG")}


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    url: str
    format: str
    media: str
    bytes: int
    sha256: str
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class SetFacts:
    """What is said of one set; `page` is its page for people, `uri` its number in the catalogue."""

    uri: str
    page: str
    slug: str
    title: Mapping[str, str]
    notes: Mapping[str, str]
    tags: Sequence[str]
    publisher: tuple[str, Mapping[str, str]]  # address and name
    theme: str  # code of the EU's data-theme
    frequency: str
    licence: str  # address
    opened_at: datetime
    changed_at: datetime
    files: Sequence[FileFacts]
    period: tuple[str, str]  # first and last day that the rows tell of
    bbox: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class CatalogueFacts:
    uri: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    publisher: tuple[str, Mapping[str, str]]
    homepage: str
    issued_at: datetime
    changed_at: datetime
    total: int
    page_size: int
    pages: Mapping[str, str]  # self, first, last, next, previous: addresses of pages
    api: str = ""


def _texts(graph: Graph, node: Any, predicate: Any, values: Mapping[str, str], instead: str = "") -> None:
    said = {code: text for code, text in values.items() if text}
    for code, text in (said or {"zh-Hans": instead}).items():
        graph.add((node, predicate, Literal(text, lang=LANGUAGES.get(code, (code, ""))[0])))


def _graph() -> Graph:
    graph = Graph()
    for prefix, space in (("dcat", DCAT), ("dct", DCTERMS), ("foaf", FOAF), ("skos", SKOS), ("hydra", HYDRA), ("vcard", VCARD), ("adms", ADMS), ("spdx", SPDX)):
        graph.bind(prefix, space)
    return graph


def _agent(graph: Graph, publisher: tuple[str, Mapping[str, str]]) -> URIRef:
    node = URIRef(publisher[0])
    graph.add((node, RDF.type, FOAF.Agent))
    _texts(graph, node, FOAF.name, publisher[1])
    kind = URIRef("http://purl.org/adms/publishertype/LocalAuthority")
    graph.add((node, DCTERMS.type, kind))
    _concept(graph, kind, "Local authority")
    return node


def _concept(graph: Graph, node: URIRef, label: str) -> URIRef:
    graph.add((node, RDF.type, SKOS.Concept))
    graph.add((node, SKOS.prefLabel, Literal(label, lang="en")))
    return node


def _typed(graph: Graph, uri: str, kind: Any) -> URIRef:
    node = URIRef(uri)
    graph.add((node, RDF.type, kind))
    return node


def _moment(moment: datetime) -> Literal:
    return Literal(moment.isoformat(timespec="seconds"), datatype=XSD.dateTime)


def add_set(graph: Graph, facts: SetFacts) -> URIRef:
    """Add one set with its files to a graph and return its node."""
    node = URIRef(facts.uri)
    graph.add((node, RDF.type, DCAT.Dataset))
    _texts(graph, node, DCTERMS.title, facts.title)
    _texts(graph, node, DCTERMS.description, facts.notes, instead=facts.title.get("zh-Hans", facts.slug))
    graph.add((node, DCTERMS.identifier, Literal(facts.slug)))
    for tag in facts.tags:
        graph.add((node, DCAT.keyword, Literal(tag, lang="zh-Hans")))
    graph.add((node, DCTERMS.publisher, _agent(graph, facts.publisher)))
    graph.add((node, DCAT.theme, _concept(graph, URIRef(f"{EU}data-theme/{facts.theme}"), facts.theme)))
    graph.add((node, DCTERMS.accrualPeriodicity, _typed(graph, f"{EU}frequency/{facts.frequency}", DCTERMS.Frequency)))
    graph.add((node, DCTERMS.accessRights, _typed(graph, f"{EU}access-right/PUBLIC", DCTERMS.RightsStatement)))
    graph.add((node, DCTERMS.language, _typed(graph, LANGUAGES["zh-Hans"][1], DCTERMS.LinguisticSystem)))
    graph.add((node, DCTERMS.issued, _moment(facts.opened_at)))
    graph.add((node, DCTERMS.modified, _moment(facts.changed_at)))
    graph.add((node, DCAT.landingPage, _typed(graph, facts.page, FOAF.Document)))
    _contact(graph, node, facts.page, facts.publisher[1])
    if facts.bbox:
        _place(graph, node, facts.bbox)
    period = BNode()
    graph.add((node, DCTERMS.temporal, period))
    graph.add((period, RDF.type, DCTERMS.PeriodOfTime))
    for predicate, day in ((DCAT.startDate, facts.period[0]), (DCAT.endDate, facts.period[1])):
        graph.add((period, predicate, Literal(day, datatype=XSD.date)))
    for file in facts.files:
        graph.add((node, DCAT.distribution, _file(graph, facts, file)))
    return node


def _place(graph: Graph, node: URIRef, box: tuple[float, float, float, float]) -> None:
    west, south, east, north = (round(v, 6) for v in box)
    place, shape = BNode(), URIRef("http://www.opengis.net/ont/geosparql#wktLiteral")
    graph.add((node, DCTERMS.spatial, place))
    graph.add((place, RDF.type, DCTERMS.Location))
    wkt = f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"
    graph.add((place, DCAT.bbox, Literal(wkt, datatype=shape)))
    graph.add((place, DCAT.centroid, Literal(f"POINT({round((west + east) / 2, 6)} {round((south + north) / 2, 6)})", datatype=shape)))


def _licence(graph: Graph, address: str) -> URIRef:
    node = _typed(graph, address, DCTERMS.LicenseDocument)
    kind = "PublicDomain" if "publicdomain" in address else "Attribution"
    graph.add((node, DCTERMS.type, _concept(graph, URIRef(f"http://purl.org/adms/licencetype/{kind}"), kind)))
    return node


def _contact(graph: Graph, node: URIRef, page: str, name: Mapping[str, str]) -> None:
    contact = URIRef(f"{page}#contact")
    graph.add((node, DCAT.contactPoint, contact))
    graph.add((contact, RDF.type, VCARD.Organization))
    graph.add((contact, RDF.type, VCARD.Kind))
    graph.add((contact, VCARD.fn, Literal(name.get("zh-Hans", ""))))
    graph.add((contact, VCARD.hasURL, URIRef(page)))


def _file(graph: Graph, facts: SetFacts, file: FileFacts) -> URIRef:
    node = URIRef(f"{facts.uri}#{file.format}")
    graph.add((node, RDF.type, DCAT.Distribution))
    graph.add((node, DCTERMS.title, Literal(f"{facts.title.get('zh-Hans', facts.slug)}（{file.format}）", lang="zh-Hans")))
    graph.add((node, DCTERMS.description, Literal(facts.notes.get("zh-Hans") or facts.title.get("zh-Hans", facts.slug), lang="zh-Hans")))
    graph.add((node, DCAT.accessURL, _typed(graph, file.url, Namespace("http://www.w3.org/2000/01/rdf-schema#").Resource)))
    graph.add((node, DCAT.downloadURL, URIRef(file.url)))
    graph.add((node, DCTERMS.format, _typed(graph, f"{EU}file-type/{FILE_TYPES[file.format]}", DCTERMS.MediaTypeOrExtent)))
    graph.add((node, DCAT.mediaType, _typed(graph, f"{MEDIA}{file.media}", DCTERMS.MediaType)))
    graph.add((node, DCAT.byteSize, Literal(file.bytes, datatype=XSD.nonNegativeInteger)))
    graph.add((node, DCTERMS.license, _licence(graph, facts.licence)))
    graph.add((node, DCTERMS.issued, _moment(facts.opened_at)))
    graph.add((node, DCTERMS.modified, _moment(file.made_at)))
    available = URIRef(f"{EU}planned-availability/AVAILABLE")
    graph.add((node, URIRef("http://data.europa.eu/r5r/availability"), _concept(graph, available, "available")))
    check = URIRef(f"{facts.uri}#{file.format}-checksum")
    algorithm = URIRef("http://spdx.org/rdf/terms#checksumAlgorithm_sha256")
    graph.add((node, SPDX.checksum, check))
    graph.add((check, RDF.type, SPDX.Checksum))
    graph.add((check, SPDX.algorithm, algorithm))
    graph.add((algorithm, RDF.type, SPDX.ChecksumAlgorithm))
    graph.add((check, SPDX.checksumValue, Literal(file.sha256, datatype=XSD.hexBinary)))
    return node


def catalogue(facts: CatalogueFacts, sets: Sequence[SetFacts]) -> Graph:
    """Return the catalogue with one page of its sets."""
    graph = _graph()
    node = URIRef(facts.uri)
    graph.add((node, RDF.type, DCAT.Catalog))
    _texts(graph, node, DCTERMS.title, facts.title)
    _texts(graph, node, DCTERMS.description, facts.description)
    graph.add((node, DCTERMS.publisher, _agent(graph, facts.publisher)))
    graph.add((node, FOAF.homepage, _typed(graph, facts.homepage, FOAF.Document)))
    graph.add((node, DCTERMS.language, _typed(graph, LANGUAGES["zh-Hans"][1], DCTERMS.LinguisticSystem)))
    graph.add((node, DCTERMS.modified, _moment(facts.changed_at)))
    graph.add((node, DCTERMS.license, _licence(graph, "https://creativecommons.org/licenses/by/4.0/")))
    graph.add((node, DCTERMS.issued, _moment(facts.issued_at)))
    boxes = [s.bbox for s in sets if s.bbox]
    if boxes:
        _place(graph, node, (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)))
    scheme = _typed(graph, f"{EU}data-theme", SKOS.ConceptScheme)
    graph.add((scheme, DCTERMS.title, Literal("Data theme", lang="en")))
    graph.add((node, DCAT.themeTaxonomy, scheme))
    made = [add_set(graph, one) for one in sets]
    for one in made:
        graph.add((node, DCAT.dataset, one))
    if facts.api:
        _service(graph, node, facts, made)
    page = URIRef(facts.pages["self"])
    graph.add((page, RDF.type, HYDRA.PagedCollection))
    graph.add((page, HYDRA.totalItems, Literal(facts.total)))
    graph.add((page, HYDRA.itemsPerPage, Literal(facts.page_size)))
    for name, predicate in (("first", HYDRA.firstPage), ("last", HYDRA.lastPage), ("next", HYDRA.nextPage), ("previous", HYDRA.previousPage)):
        if facts.pages.get(name):
            graph.add((page, predicate, Literal(facts.pages[name])))
    return graph


def _service(graph: Graph, node: URIRef, facts: CatalogueFacts, sets: Sequence[URIRef]) -> None:
    service = _typed(graph, facts.api, DCAT.DataService)
    graph.add((node, DCAT.service, service))
    _texts(graph, service, DCTERMS.title, {"zh-Hans": "开放数据接口（CKAN）", "en": "Open data API (CKAN)"})
    _texts(graph, service, DCTERMS.description, {"zh-Hans": "按条件查询开放数据集及其数据行。", "en": "Open data sets and their rows by filters."})
    resource = Namespace("http://www.w3.org/2000/01/rdf-schema#").Resource
    graph.add((service, DCAT.endpointURL, _typed(graph, facts.api, resource)))
    graph.add((service, DCAT.endpointDescription, _typed(graph, f"{facts.api}help_show", resource)))
    graph.add((service, DCTERMS.publisher, URIRef(facts.publisher[0])))
    standard = _typed(graph, "https://docs.ckan.org/en/2.11/api/", DCTERMS.Standard)
    graph.add((service, DCTERMS.conformsTo, standard))
    graph.add((service, DCAT.keyword, Literal("CKAN", lang="en")))
    graph.add((service, DCAT.theme, _concept(graph, URIRef(f"{EU}data-theme/GOVE"), "GOVE")))
    _contact(graph, service, facts.homepage, facts.publisher[1])
    for one_set in sets:
        graph.add((service, DCAT.servesDataset, one_set))


def one(facts: SetFacts) -> Graph:
    """Return one set alone."""
    graph = _graph()
    add_set(graph, facts)
    return graph


def written(graph: Graph, form: str) -> str:
    """Write a graph: ttl or jsonld."""
    return graph.serialize(format="turtle" if form == "ttl" else "json-ld")
