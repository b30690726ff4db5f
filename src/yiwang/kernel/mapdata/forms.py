"""Forms of the wizard and of a layer's definition."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.kernel.geography.models import Backing, CodeRule, GeometryKind, ImportBatch, Layer
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.mapdata import queries
from yiwang.kernel.mapdata.contracts import CODE, Choice, FieldMapping
from yiwang.kernel.mapdata.targets import attributes_of, has_code

_SWAP = "|swapped"


class ChoiceForm(forms.Form):
    """What the reader understood, to be corrected; and which field fills which attribute."""

    def __init__(self, batch: ImportBatch, local: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.batch, found, chosen = batch, batch.understood, batch.chosen
        names = [f["name"] for f in found.get("fields", [])]
        none = [("", "–")]
        if len(found.get("sources", [])) > 1:
            self.fields["source"] = forms.ChoiceField(label=_("Layer of the file"), choices=[(s, s) for s in found["sources"]], initial=chosen.get("source"))
        if batch.format in ("shp", "csv", "geojson"):
            self.fields["encoding"] = forms.ChoiceField(
                label=_("Encoding of the words"), choices=[("UTF-8", "UTF-8"), ("GB18030", "GBK / GB18030"), ("BIG5", "Big5")],
                initial=chosen.get("encoding") or "UTF-8",
            )  # fmt: skip
        if batch.format == "csv":
            for key, label in (("x", _("Column of longitude or easting")), ("y", _("Column of latitude or northing")), ("wkt", _("or column of WKT"))):
                self.fields[key] = forms.ChoiceField(label=label, required=False, choices=none + [(n, n) for n in names], initial=chosen.get(key))
        self.fields["crs"] = forms.ChoiceField(
            label=_("Coordinate system"), choices=none + self._systems(local), required=False, initial=chosen.get("crs", "") + (_SWAP if chosen.get("swap") else "")
        )
        self.fields["offset"] = forms.ChoiceField(
            label=_("Take back the shift of a web map"), required=False, initial=chosen.get("offset"),
            choices=[("", _("no: surveyed coordinates")), ("gcj02", "GCJ-02"), ("bd09", "BD-09")],
        )  # fmt: skip
        self.fields["mend"] = forms.BooleanField(
            label=_("Mend shapes: crossing lines made valid, closed lines taken as areas, a point within an area"), required=False, initial=chosen.get("mend"),
        )
        if batch.layer.backing == Backing.UNIT_GRIDS:
            self.fields["replace"] = forms.BooleanField(
                label=_("Take the place of the grids in force that the file's grids cover; these end today"), required=False, initial=chosen.get("replace"),
            )
        self.mapped: list[dict[str, Any]] = []
        labels = queries.labels(batch.layer)
        fixed = batch.mapping.get("fixed", {})
        for attribute in ([{"name": CODE, "type": "text"}] if has_code(batch.layer) else []) + attributes_of(batch.layer):
            name = attribute["name"]
            label = _("Code of the row") if name == CODE else labels[name]
            self.fields[f"field_{name}"] = forms.ChoiceField(
                label=label, required=False, choices=none + [(n, n) for n in names], initial=batch.mapping.get("fields", {}).get(name, "")
            )
            if name != CODE:
                same = _("%(name)s: the same for all rows") % {"name": label}
                domain = attribute.get("domain")
                self.fields[f"fixed_{name}"] = (
                    forms.ChoiceField(label=same, required=False, initial=fixed.get(name, ""),
                                      choices=none + [(d["value"], d["label"].get("zh-Hans", d["value"])) for d in domain])
                    if domain else forms.CharField(label=same, required=False, max_length=200, initial=fixed.get(name, ""))
                )  # fmt: skip
            for key in (f"field_{name}", f"fixed_{name}"):
                if key in self.fields:
                    widget = self.fields[key].widget
                    widget.attrs["class"] = "form-select" if isinstance(widget, forms.Select) else "form-control"
            self.mapped.append({"name": name, "required": attribute.get("required"), "rule": attribute})

    def _systems(self, local: list[str]) -> list[tuple[str, str]]:
        crs = self.batch.understood.get("crs", {})
        swapped = _("axes swapped")
        found: list[tuple[str, str]] = []
        if stated := crs.get("stated"):
            found.append((stated["id"], _("as the file says: %(name)s") % {"name": stated_name(stated)}))
            found.append((stated["id"] + _SWAP, f"{stated_name(stated)} ({swapped})"))
        for one in crs.get("candidates", []):
            found.append((one["id"] + (_SWAP if one["swap"] else ""), stated_name(one) + (f" ({swapped})" if one["swap"] else "")))
        known = ["EPSG:4490", "EPSG:4326", *(f"EPSG:{n}" for n in range(4513, 4534)), *(f"EPSG:{n}" for n in range(4534, 4555)),
                 *(f"EPSG:{n}" for n in range(4491, 4502)), *(f"EPSG:{n}" for n in range(4502, 4513)), "EPSG:3857"]  # fmt: skip
        for name in known:
            for value, text in ((name, system_words(name)), (name + _SWAP, f"{system_words(name)} ({swapped})")):
                found.append((value, text))
        for name in local:
            found += [(f"LOCAL:{name}", name), (f"LOCAL:{name}{_SWAP}", f"{name} ({swapped})")]
        return list({value: (value, text) for value, text in reversed(found)}.values())[::-1]

    def rows(self) -> list[dict[str, Any]]:
        """Return the table of the mapping: attribute, the field's choice, the fixed value, samples of the chosen field."""
        samples = {f["name"]: f["samples"] for f in self.batch.understood.get("fields", [])}
        result = []
        for one in self.mapped:
            bound = self[f"field_{one['name']}"]
            fixed = self[f"fixed_{one['name']}"] if f"fixed_{one['name']}" in self.fields else None
            result.append({"label": bound.label, "field": bound, "fixed": fixed, "required": one["required"], "samples": samples.get(bound.value() or "", [])})
        return result

    def choice(self) -> Choice:
        value = self.cleaned_data
        crs = value["crs"]
        return Choice(
            source=value.get("source") or self.batch.chosen.get("source", ""), encoding=value.get("encoding") or self.batch.chosen.get("encoding", ""),
            crs=crs.removesuffix(_SWAP), swap=crs.endswith(_SWAP), offset=value["offset"], mend=value["mend"], replace=value.get("replace", False), x=value.get("x", ""), y=value.get("y", ""),
            wkt=value.get("wkt", ""),
        )  # fmt: skip

    def mapping(self) -> FieldMapping:
        value = self.cleaned_data
        names = [one["name"] for one in self.mapped]
        return FieldMapping(
            {n: value[f"field_{n}"] for n in names if value.get(f"field_{n}")}, {n: value[f"fixed_{n}"] for n in names if value.get(f"fixed_{n}")}
        )


def stated_name(system: dict[str, Any]) -> str:
    """Return the words for a system that the reader names: ours where it is one of ours, else as the file calls it."""
    return system_words(system["id"]) if system["id"].startswith("EPSG:") else str(system["name"])


def system_words(name: str) -> str:
    """Return the words for a system by number, as desks call it."""
    number = int(name.removeprefix("EPSG:"))
    if number in (4490, 4326, 3857):
        return {4490: _("CGCS2000, degrees"), 4326: _("WGS 84, degrees"), 3857: _("Web Mercator, metres")}[number]
    if number >= 4534:
        return _("CGCS2000, 3 degrees, meridian %(m)s°") % {"m": 75 + 3 * (number - 4534)}
    if number >= 4513:
        return _("CGCS2000, 3 degrees, zone %(z)s") % {"z": 25 + number - 4513}
    if number >= 4502:
        return _("CGCS2000, 6 degrees, meridian %(m)s°") % {"m": 75 + 6 * (number - 4502)}
    return _("CGCS2000, 6 degrees, zone %(z)s") % {"z": 13 + number - 4491}


class UploadForm(forms.Form):
    """A file for a layer."""

    layer = forms.ChoiceField(label=gettext_lazy("Into which layer"))
    file = forms.FileField(label=gettext_lazy("File"), allow_empty_file=True)

    def __init__(self, layers: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["layer"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = layers
        self.fields["file"].widget.attrs["accept"] = ".zip,.gpkg,.geojson,.json,.csv,.txt,.dxf"


class LayerForm(forms.Form):
    """A layer's definition; of a standard layer the fields that are the county's."""

    code = forms.SlugField(max_length=40, label=gettext_lazy("Code"), help_text=gettext_lazy("Small Latin letters, digits and underscores, like bus_stops."))
    name_zh = forms.CharField(max_length=60, label=gettext_lazy("Chinese name"))
    name_en = forms.CharField(max_length=60, required=False, label=gettext_lazy("English name"))
    geometry = forms.ChoiceField(choices=GeometryKind.choices, label=gettext_lazy("Kind of geometry"))
    owner_org = forms.ModelChoiceField(Organization.objects.none(), required=False, label=gettext_lazy("Body that keeps it"))
    code_rule = forms.ChoiceField(choices=[(v, t) for v, t in CodeRule.choices if v in ("none", "required", "pattern")], label=gettext_lazy("Rule of its codes"))
    code_pattern = forms.CharField(max_length=120, required=False, label=gettext_lazy("Pattern"), help_text=gettext_lazy(r"For the whole code, like GJ\d{4}."))
    color = forms.RegexField(r"^#[0-9a-fA-F]{6}$", label=gettext_lazy("Colour"), initial="#3b6ea8")
    min_zoom = forms.IntegerField(min_value=0, max_value=22, initial=11, label=gettext_lazy("Seen from zoom"))
    max_zoom = forms.IntegerField(min_value=0, max_value=22, initial=22, label=gettext_lazy("to zoom"))
    review_number = forms.CharField(max_length=60, required=False, label=gettext_lazy("Review number of the map"), help_text=gettext_lazy("Public maps show it."))
    is_secret = forms.BooleanField(required=False, label=gettext_lazy("Secret: shown online to nobody, and not exported"))
    attributes = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 6, "class": "mono"}), label=gettext_lazy("Attributes"),
        help_text=gettext_lazy("One a line: name | Chinese name | type (text, integer, number, boolean, date, org) | required or empty | values, like a=甲, b=乙"),
    )  # fmt: skip

    def __init__(self, layer: Layer | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner_org"]
        assert isinstance(owner, forms.ModelChoiceField)
        owner.queryset = Organization.objects.filter(is_active=True).order_by("code")
        owner.label_from_instance = lambda org: str(org.name.get("zh-Hans", org.code))  # type: ignore[assignment,method-assign]
        if layer is not None:
            for name in ["code", *(("geometry", "code_rule", "code_pattern", "attributes") if layer.is_standard else ())]:
                del self.fields[name]

    def values(self) -> dict[str, Any]:
        """Return what `define_layer` takes.

        Raises
        ------
        ValueError
            A line of the attributes cannot be read.
        """
        given = self.cleaned_data
        found: dict[str, Any] = {"name": {"zh-Hans": given["name_zh"], **({"en": given["name_en"]} if given["name_en"] else {})}}
        found |= {k: given[k] for k in ("owner_org", "min_zoom", "max_zoom", "review_number", "is_secret", "geometry", "code_rule", "code_pattern") if k in given}
        found["symbol"] = {"color": given["color"], "width": 2, "fill_opacity": 0.2}
        if "attributes" in given:
            found["schema"] = [read_attribute(line) for line in given["attributes"].splitlines() if line.strip()]
        return found


def read_attribute(line: str) -> dict[str, Any]:
    """Return one attribute out of "floors | 层数 | integer | required | 1=一, 2=二"."""
    parts = [part.strip() for part in line.replace("｜", "|").split("|")] + [""] * 5
    name, label, kind, required, values = parts[:5]
    found: dict[str, Any] = {"name": name, "label": {"zh-Hans": label}, "type": kind or "text", "required": bool(required) and required not in ("否", "no", "-")}
    if values:
        pairs = [p.partition("=") for p in values.replace("，", ",").split(",") if p.strip()]
        found["domain"] = [{"value": v.strip(), "label": {"zh-Hans": (t or v).strip()}} for v, _sep, t in pairs]
    return found


def attribute_line(attribute: dict[str, Any]) -> str:
    """Return the line that `read_attribute` reads."""
    values = ", ".join(f"{d['value']}={d['label'].get('zh-Hans', '')}" for d in attribute.get("domain", []))
    parts = [attribute["name"], attribute["label"].get("zh-Hans", ""), attribute["type"], "required" if attribute.get("required") else "", values]
    return " | ".join(parts).rstrip(" |")
