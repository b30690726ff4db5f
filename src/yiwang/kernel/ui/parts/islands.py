"""Islands: map, chart, diagram. Each is one element with its configuration; script draws what it says."""

import json
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from yiwang.kernel.ui import assets

register = template.Library()


def as_attribute(config: Any) -> str:
    """Return configuration for data-config: JSON, or an address as it is."""
    return config if isinstance(config, str) else json.dumps(config, ensure_ascii=False, separators=(",", ":"), default=str)


@register.inclusion_tag("ui/parts/map.html")
def map_view(config: Any, size: str = "", label: str = "", id: str = "") -> dict[str, Any]:
    """A map of our own data: mode "browse", "pick" or "one". `size` is tall, small or nothing; docs have every key.

    ``{% map_view map_config size="tall" label=_("Open cases") %}``
    """
    return {"config": as_attribute(config), "size": size, "label": label, "id": id}


@register.inclusion_tag("ui/parts/map_pick.html")
def map_pick(
    lon: str = "lon", lat: str = "lat", address: str = "address", lon_value: Any = "", lat_value: Any = "", address_value: str = "",
    size: str = "", **options: Any,
) -> dict[str, Any]:  # fmt: skip
    """Choosing a point: map with a pin, where-I-am, address search, and the fields that hold the answer.

    ``{% map_pick lon="lon" lat="lat" address="address" %}``: the names of the form's fields.
    """
    config = {"mode": "pick", "pick": {"lon": f"#id_{lon}", "lat": f"#id_{lat}", "address": f"#id_{address}", "accuracy": "#id_accuracy"}}
    config |= {name: value for name, value in options.items() if value not in (None, "")}
    return {
        "config": as_attribute(config), "lon": lon, "lat": lat, "address": address, "lon_value": lon_value, "lat_value": lat_value,
        "address_value": address_value, "size": size,
    }  # fmt: skip


@register.inclusion_tag("ui/parts/chart.html")
def chart(config: dict[str, Any] | str) -> dict[str, Any]:
    """A chart with named axes and unit, and the table behind a button; type bar, line, stack, share or radar.

    ``{% chart {"type": "bar", "title": ..., "unit": ..., "x": [...], "series": [{"name": ..., "values": [...]}]} %}``
    (made by the view). Without script the table itself stands there.
    """
    rows = []
    if isinstance(config, dict):
        rows = [(x, [series["values"][i] for series in config["series"]]) for i, x in enumerate(config["x"])]
    return {"config": as_attribute(config), "chart": config if isinstance(config, dict) else None, "rows": rows}


@register.inclusion_tag("ui/parts/diagram.html")
def diagram(svg: str = "", url: str = "", now: Any = (), done: Any = (), label: str = "") -> dict[str, Any]:
    """The process diagram: the server's SVG with the present step lit, and a viewer to zoom on request.

    ``{% diagram svg=svg url=xml_url now=steps_now done=steps_done %}``
    """
    config = as_attribute({"url": url, "now": list(now), "done": list(done)})
    return {"svg": mark_safe(svg), "url": url, "config": config, "label": label}  # noqa: S308  (drawn by kernel.process)


@register.simple_tag
def json_script_safe(value: Any) -> SafeString:
    """JSON that may stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return mark_safe(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S308


@register.inclusion_tag("ui/parts/head.html")
def islands_head() -> dict[str, Any]:
    """Style sheet, core script and sprite: once, in <head>."""
    return {"styles": assets.main_styles(), "core": assets.core(), "sprite": assets.sprite()}


@register.filter
def as_json(config: Any) -> str:
    """Configuration for a data attribute: ``data-config="{{ config|as_json }}"``."""
    return as_attribute(config)
