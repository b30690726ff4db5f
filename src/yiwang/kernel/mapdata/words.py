"""The reader's and the checks' words as sentences: what is wrong, and what mends it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


def refusal(code: str, facts: Mapping[str, Any]) -> str:
    """Return why a whole file is refused, with the mend."""
    sentences = {
        "empty": _("The file is empty."),
        "dwg": _("This is a DWG drawing, a closed format. Open it in the drawing program and save it as DXF."),
        "binary_dxf": _("This is a binary DXF. Save it again as text (ASCII) DXF."),
        "loose_shapefile": _("A shapefile is several files. Put .shp, .shx, .dbf, .prj (and .cpg) into one ZIP file and send that."),
        "archive": _("Only ZIP archives are opened. Pack the files again as ZIP."),
        "sqlite": _("This is a database, but no GeoPackage. Export the layer as GeoPackage."),
        "unknown": _("This is neither GeoPackage, shapefile (ZIP), GeoJSON, CSV nor DXF."),
        "bomb": _("The archive unpacks to far more than it says or may. Nothing of it was kept."),
        "broken_zip": _("The archive is damaged or was cut off. Pack and send it again."),
        "encrypted": _("The archive has a password. Pack it without one."),
        "nested": _("There is an archive within the archive. Pack the files themselves."),
        "nothing_in_zip": _("There is no map file in the archive."),
        "many_in_zip": _("There are too many files in the archive. Send one GeoPackage, GeoJSON, CSV or DXF, or shapefiles."),
        "missing_part": _("Of the shapefile %(name)s the part %(part)s is missing. Pack all its parts together."),
        "no_layers": _("There is no layer with places in it."),
        "no_rows": _("The layer %(name)s has no rows."),
        "too_many_rows": _("There are %(count)s rows, more than the %(most)s that are taken at once. Send it in parts."),
        "too_big": _("The file needs more memory or space than a reader may have. Save it as GeoPackage, or send it in parts."),
        "too_large": _("A map file may have %(mb)s MB. Send it in parts."),
        "mixed_encoding": _("The words are partly in another encoding (from byte %(at)s). Save the file as UTF-8."),
        "unreadable": _("The file cannot be read: it is damaged, or not what its name says. %(detail)s"),
        "no_crs": _("The file does not say in which coordinate system it is."),
        "unknown_crs": _("This coordinate system is not known here: %(name)s."),
        "slow": _("Reading took too long and was stopped. Send it in parts."),
        "died": _("The file brought its reader down; nothing else was touched. Save it again with another program, or as GeoPackage."),
        "infected": _("The virus scanner refuses the file."),
        "gone": _("The uploaded file is no longer there. Send it again."),
    }  # fmt: skip
    try:
        return sentences.get(code, sentences["unreadable"]) % {"detail": "", "name": "", **facts}
    except (KeyError, ValueError, TypeError):
        return sentences["unreadable"] % {"detail": ""}


def problem(code: str, facts: Mapping[str, Any]) -> tuple[str, str]:
    """Return (what is wrong with a row, what mends it)."""
    table: dict[str, tuple[str, str]] = {
        "no_geometry": (_("It has no place."), _("Draw it, or leave the row out.")),
        "bad_geometry": (_("Its place cannot be read."), _("Coordinates are plain numbers; correct them in the file.")),
        "bad_coordinates": (_("Its coordinates lie outside the earth or the coordinate system."), _("Correct the coordinates, or choose the true coordinate system.")),
        "wrong_kind": (_("It is a %(found)s; the layer holds another kind."), _("Turn on mending (a point within an area, the area within a closed line), or draw it again.")),
        "several_points": (_("It is %(n)s points at once."), _("Make one row of each point.")),
        "crossing": (_("Its line crosses or touches itself, or is not closed: at %(at)s."), _("Turn on mending, or correct the line in the drawing program.")),
        "bad_text": (_("The words of %(field)s are in another encoding than the rest."), _("Write them again, or choose the true encoding.")),
        "code_missing": (_("It has no code."), _("Give it a code.")),
        "code_rule": (_("The code %(value)s is not built by the rule: %(rule)s."), _("Correct the code.")),
        "code_class": (_("The code %(value)s names another class than %(class_code)s."), _("Correct the code or the class.")),
        "code_district": (_("The code names district %(value)s, the place lies in %(district)s."), _("Correct the code, or the place.")),
        "code_twice": (_("The code stands in row %(first)s already."), _("Give each row its own code.")),
        "code_taken": (_("The code is in use in the layer."), _("Leave the row out if it is the same thing; else give it a new code.")),
        "outside": (_("It lies outside the county."), _("Check coordinate system and axes; leave out what is not ours.")),
        "no_area": (_("No jurisdiction is drawn there."), _("Draw the jurisdictions first.")),
        "not_yours": (_("It lies in an area where your post changes nothing."), _("Let somebody of that area bring it in.")),
        "missing": (_("%(field)s is missing."), _("Fill it in.")),
        "integer": (_("%(field)s is no whole number: %(value)s."), _("Write a whole number.")),
        "number": (_("%(field)s is no number: %(value)s."), _("Write a number.")),
        "boolean": (_("%(field)s is neither yes nor no: %(value)s."), _("Write 是 or 否.")),
        "date": (_("%(field)s is no date: %(value)s."), _("Write it like 2026-11-23.")),
        "long": (_("%(field)s has more than %(most)s characters."), _("Shorten it.")),
        "low": (_("%(field)s is less than %(least)s: %(value)s."), _("Correct the value.")),
        "high": (_("%(field)s is more than %(most)s: %(value)s."), _("Correct the value.")),
        "domain": (_("%(field)s has a value that is not in its list: %(value)s."), _("Use one of the list: %(allowed)s …")),
        "org": (_("%(field)s is a body that is not known: %(value)s."), _("Use the name or code as it stands under organisations, or enter the body first.")),
        "overlap_file": (_("It overlaps row %(other)s by %(m2)s m²."), _("Correct the border that they share.")),
        "overlap_table": (_("It overlaps the grid %(other)s by %(m2)s m²."), _("Correct the border that they share, or say that the file takes the place of the grids there.")),
        "outside_community": (_("%(m2)s m² of it lie outside its community."), _("A unit grid lies within one community: correct the border.")),
        "no_community": (_("There is no community with the code %(value)s."), _("The first twelve characters of the code are those of the community.")),
        "no_home": (_("It lies in no community."), _("Give it the code or name of its community, and check that the community has a border.")),
        "code_community": (_("The code %(value)s is not of the community %(community)s, which the row names."), _("Correct the code or the community.")),
        "code_used": (_("The code %(value)s belongs or belonged to another grid."), _("Codes are never given twice, old cases name them: give a new one, or leave it empty for the next free one.")),
        "several_areas": (_("It is %(n)s areas apart."), _("A grid is one area: make one row of each.")),
        "future": (_("It would be in force only from %(value)s."), _("Bring it in on that day, or leave the date empty.")),
        "grid_size": (_("It has %(m2)s m²; a grid has between %(least)s and %(most)s m² here."), _("Join it with a neighbour, or divide it.")),
        "gap": (_("Beside it %(m2)s m² of the grids whose place is taken would belong to none."), _("Cover the whole ground of the old grids, or leave the one out that is not wholly redrawn.")),
        "seam": (_("Between it and its neighbour or the border of the community %(m2)s m² are left, too little for a grid of their own."), _("Pull the borders together.")),
        "exhausted": (_("A community has numbers for %(most)s grids."), _("Make larger grids.")),
        "refused": ("%(text)s", _("Correct it, and check again.")),
        "beat_rule": (_("The responsibility grid %(value)s is not built by the rule: six digits of the district, Z and four digits."), _("Correct it, or leave it empty.")),
        "beat_street": (_("The responsibility grid %(value)s lies in another street."), _("Give one of the same street, or leave it empty.")),
        "beat_apart": (_("The responsibility grid %(value)s would fall into %(parts)s pieces."), _("Its unit grids adjoin each other: correct which belong to it.")),
    }  # fmt: skip
    wrong, mend = table.get(code, (code, ""))
    shown = {"field": "", "value": "", "allowed": "", **facts}
    try:
        return wrong % shown, mend % shown
    except (KeyError, ValueError, TypeError):
        return wrong, mend


RULES = {
    "none": gettext_lazy("any code"), "required": gettext_lazy("any code"), "asset": gettext_lazy("17 digits: district 6, class 5, number 6"),
    "unit_grid": gettext_lazy("15 digits or capital letters, the first 12 the community's"),
    "responsibility_grid": gettext_lazy("six digits of the district, Z and four digits"), "pattern": gettext_lazy("the layer's pattern"),
}  # fmt: skip
NOTES = {
    "no_prj": gettext_lazy("There is no .prj file: the coordinate system was guessed from the coordinates."),
    "flattened": gettext_lazy("It has heights or measures; the layer is flat, they are left out."),
    "curves": gettext_lazy("Curves are drawn as short straight lines."),
    "no_coordinates": gettext_lazy("Say which columns hold longitude and latitude, or WKT."),
}
ENCODINGS = {
    "bom": gettext_lazy("the file says so"), "ascii": gettext_lazy("there is no Chinese in it"), "content": gettext_lazy("told by its words"),
    "mixed": gettext_lazy("mixed: some rows are in another one"), "cpg": gettext_lazy("its .cpg says so"), "mark": gettext_lazy("its table says so"),
    "cpg_wrong": gettext_lazy("its .cpg says another, which its words are not in"), "chosen": gettext_lazy("chosen by you"),
}
OFFSETS = {"gcj02": "GCJ-02", "bd09": "BD-09"}
