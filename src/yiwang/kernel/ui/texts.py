"""The sentences that script says, translated here and put into the page as JSON (#yw-texts)."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def script_texts() -> dict[str, str]:
    """Return every text of src/islands by key; a test compares the keys with the t("...") calls there."""
    return _durations() | _dialogs() | _forms() | _map() | _photos() | _islands() | _keys()


def _durations() -> dict[str, str]:
    return {
        "day_one": _("1 day"), "day_many": _("%(n)s days") % {"n": "{n}"},
        "work_day_one": _("1 working day"), "work_day_many": _("%(n)s working days") % {"n": "{n}"},
        "hour_one": _("1 hour"), "hour_many": _("%(n)s hours") % {"n": "{n}"},
        "minute_one": _("1 minute"), "minute_many": _("%(n)s minutes") % {"n": "{n}"},
        "min": _("%(n)s min") % {"n": "{n}"}, "under_minute": _("less than a minute"), "just_now": _("just now"),
        "ago": _("%(duration)s ago") % {"duration": "{duration}"},
        "left": _("%(duration)s left") % {"duration": "{duration}"},
        "overdue_by": _("Overdue by %(duration)s") % {"duration": "{duration}"},
    }  # fmt: skip


def _dialogs() -> dict[str, str]:
    return {
        "close": pgettext("button", "Close"), "cancel": pgettext("button", "Cancel"), "confirm": pgettext("button", "Confirm"), "please_confirm": _("Please confirm"),
        "undo": pgettext("button", "Undo"), "previous": pgettext("page", "Previous"), "next": pgettext("page", "Next"), "open": pgettext("button", "Open"),
        "open_original": _("Open the original"), "place": pgettext("map", "Place"), "copied": _("Copied: {text}"),
    }  # fmt: skip


def _forms() -> dict[str, str]:
    return {
        "draft_restored": _("What you typed until {time} has been put back."), "draft_discard": _("Start afresh"),
        "draft_sent": _("A text sent at {time} is still kept here, because no answer to it was seen."),
        "draft_take": _("Take it again"), "page_moved": _("This part of the page was renewed meanwhile; look at it once more, then choose again."),
        "live_moved": _("Something has moved here."), "live_refresh": pgettext("button", "Show it"),
        "server_failed": _("The platform could not do this"),
        "server_failed_hint": _("Nothing was changed. Try once more; if it fails again, tell your administrator the number below."),
        "quote_number": _("Number to quote:"),
        "no_connection": _("No connection to the platform"),
        "no_connection_hint": _("What you typed is kept on this page. Send it again when the connection is back."),
    }  # fmt: skip


def _map() -> dict[str, str]:
    return {
        "legend": _("Legend"), "legend_ring": _("Group with overdue ones"), "as_table": _("As a table"), "nothing_in_view": _("Nothing in this part of the map."),
        "tone_in_time": pgettext("limit", "In time"), "tone_soon": pgettext("limit", "Due soon"), "tone_overdue": pgettext("limit", "Overdue"),
        "tone_paused": pgettext("limit", "Paused"), "tone_done": pgettext("limit", "Done"), "tone_neutral": pgettext("limit", "Other"), "tone_accent": pgettext("limit", "Chosen"),
        "column_layer": pgettext("column", "Layer"), "column_code": pgettext("column", "Number"), "column_what": pgettext("column", "What"), "column_state": pgettext("column", "State"),
        "column_where": pgettext("column", "Where"),
        "find_address": _("Find an address or place"), "nothing_found": _("Nothing found"),
        "kind_road": _("Road"), "kind_address": _("Address"), "kind_place": _("Place name"), "kind_poi": _("Place name"),
        "kind_area": pgettext("map", "Area"), "kind_crossing": _("Crossing"), "kind_grid": pgettext("map", "Grid"),
        "draw_line_hint": _("Click from point to point; Enter or a double click ends the line, Backspace takes a point back, Escape begins anew."),
        "draw_area_hint": _("Click from corner to corner; Enter or a double click closes the shape, Backspace takes a corner back, Escape begins anew."),
        "draw_line_done": _("The line is in the field beside the map."), "draw_area_done": _("The shape is in the field beside the map; draw the next one, or go on."),
        "draw_finish": _("Finish drawing"), "draw_undo": _("Take the last point back"), "draw_clear": _("Begin anew"),
        "corners_hint": _("Drag a corner, or press the middle of an edge for a new one."),
        "corners_keys": _("By keyboard: arrows move, Page Down goes on, Insert adds, Delete removes."),
        "corners_now": _("{n} corners, {m2} m², neighbours that move along: {along}"), "corners_along": _("moves along"),
        "corners_with": _("Borders with neighbours move together."), "corners_alone": _("Neighbours stay; the preview says what gap or overlap comes of it."),
        "corners_least": _("A grid keeps at least three corners, and none falls onto another."), "corners_choose": _("Choose a corner first."),
        "corners_table": _("Corners as a table"), "corner_number": pgettext("corner", "No."), "corner_lon": _("Longitude"), "corner_lat": _("Latitude"), "corner_change": pgettext("corner", "Change"),
        "corner_of": _("Corner {n} of {all}"), "corner_add": _("New corner here"), "corner_lon_of": _("Longitude of corner {n}"), "corner_lat_of": _("Latitude of corner {n}"),
        "corner_add_after": _("New corner after corner {n}"), "corner_remove": _("Remove corner {n}"), "corners_remove": _("Remove the chosen corner"),
        "corners_together": _("Neighbours move along"), "corners_undo": _("Take the last change back"),
        "layers": _("Layers"), "print_map": _("Print the map"), "identified": _("What is here"), "nothing_here": _("Nothing is known of this place."),
        "fact_area": pgettext("map", "Area"), "fact_address": pgettext("map", "Address"), "fact_grid": _("Responsibility grid"), "fact_point": _("Longitude, latitude"),
        "measure_distance": _("Measure a distance"), "measure_area": _("Measure an area"),
        "measure_distance_hint": _("Click from point to point; a double click ends, Escape leaves."),
        "measure_area_hint": _("Click from corner to corner; a double click ends, Escape leaves."),
        "measured_m": _("{n} m"), "measured_km": _("{n} km"), "measured_m2": _("{n} m²"), "measured_km2": _("{n} km²"),
        "locate_me": _("Where I am"), "pick_hint": _("Tap the map, or drag the pin, to say where."),
        "gps_waiting": _("Asking this device where it is…"),
        "gps_refused": _("This device may not say where it is. Tap the map instead."),
        "gps_failed": _("The position could not be found. Tap the map instead."),
        "gps_not_here": _("Positions need a secure connection (https). Tap the map instead."),
        "no_grid": _("no unit grid here"),
        "map.NavigationControl.ZoomIn": _("Zoom in"), "map.NavigationControl.ZoomOut": _("Zoom out"),
        "map.NavigationControl.ResetBearing": _("North up"), "map.Map.Title": pgettext("map", "Map"), "map.Popup.Close": pgettext("button", "Close"),
        "map.ScaleControl.Meters": _("m"), "map.ScaleControl.Kilometers": _("km"),
    }  # fmt: skip


def _photos() -> dict[str, str]:
    return {
        "open_camera": _("Take photos"), "close_camera": _("Close the camera"), "choose_photos": _("Choose photos"),
        "take_photo": _("Take the photo"), "photos_taken": _("Photos taken"), "photo_n": _("Photo {n}"),
        "remove_photo": _("Remove photo {n}"), "photo_working": _("Making the photos smaller…"),
        "photo_enough": _("{n} photos are enough."), "camera_refused": _("The camera could not be opened. Choose a photo instead."),
        "photo_distance": _("{metres} m from the place (accurate to {accuracy} m)"),
        "photo_accuracy": _("Position accurate to {accuracy} m"), "photo_no_place": _("Position unknown"),
        "record": _("Record a voice message"), "recording": _("Stop recording ({n} s left)"), "record_drop": _("Throw the recording away"),
        "record_heard": _("Your recording"), "record_refused": _("The microphone could not be opened. Choose a sound file, or say it in words."),
    }  # fmt: skip


def _islands() -> dict[str, str]:
    return {
        "island_failed": _("This part could not be loaded. The facts stand in the text beside it."),
        "before": pgettext("photo", "Before"), "after": pgettext("photo", "After"), "compare_slide": _("Move between before and after"),
        "compare_share": _("{n} percent before"), "side_by_side": _("Side by side"),
        "diagram_open": _("Zoom the diagram"),
    }  # fmt: skip


def _keys() -> dict[str, str]:
    return {
        "key_waiting": _("Touch your key, or confirm on this device…"),
        "key_cancelled": _("Nothing was confirmed. Try again, or choose another way."),
        "key_known": _("This key is set up already."),
        "key_unsupported": _("Security keys do not work in this browser, or not at this address (HTTPS is needed)."),
    }  # fmt: skip
