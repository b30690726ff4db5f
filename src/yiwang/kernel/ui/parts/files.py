"""Photos and files: the strip, before and after, taking photos in the page."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.translation import gettext as _

register = template.Library()


@register.inclusion_tag("ui/parts/file_strip.html")
def file_strip(files: Sequence[Any], empty: str = "") -> dict[str, Any]:
    """Files as thumbnails; a press shows them large, arrows turn the page.  ``{% file_strip case.files %}``: ``FileView``."""
    return {"files": files, "empty": empty}


@register.inclusion_tag("ui/parts/compare.html")
def compare(before: Any, after: Any, caption: str = "") -> dict[str, Any]:
    """Before and after under one bar; without script side by side.  ``{% compare before after %}``: two ``FileView``."""
    return {"before": before, "after": after, "caption": caption}


@register.inclusion_tag("ui/parts/camera.html")
def camera(
    name: str = "photos", id: str = "", label: str = "", most: int = 9, note: str = "", lon: float | None = None, lat: float | None = None,
    required: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Take or choose photos: `<input type="file" multiple>` that the page's camera fills where there is one.

    ``{% camera name="after" label=_("Photos after") note=case.number lon=case.lon lat=case.lat %}``; with a point the
    distance to it is said while taking the photo; time and place are burnt into what the page itself took.
    """
    field = id or f"id_{name}"
    config: dict[str, Any] = {"input": f"#{field}", "most": most, "note": note}
    if lon is not None and lat is not None:
        config["target"] = {"lon": lon, "lat": lat}
    return {"name": name, "id": field, "label": label or _("Photos"), "config": config, "required": required, "most": most}
