"""The sentences that the phone says (src/islands/src/phone), by key "phone.<name>"; the page carries them in every language."""

from functools import lru_cache

from django.utils.translation import override, pgettext

from yiwang.kernel.ui.texts import script_texts


@lru_cache(maxsize=4)
def phone_texts(language: str) -> dict[str, str]:
    """Return every sentence of the phone in a language; a test compares the keys with what the script asks for."""
    with override(language):
        own = _screens() | _state() | _shift() | _tasks() | _report() | _place() | _queue() | _room() | _settings() | _figures() | _census()
        return script_texts() | {f"phone.{name}": text for name, text in own.items()}


def _screens() -> dict[str, str]:
    return {
        "app": pgettext("phone", "Street inspector"),
        "today": pgettext("phone", "Today"),
        "tasks": pgettext("phone", "Tasks"),
        "task": pgettext("phone", "Task"),
        "report": pgettext("phone", "Report a problem"),
        "report_short": pgettext("phone", "Report"),
        "sent": pgettext("phone", "Queue"),
        "me": pgettext("phone", "Me"),
        "pages": pgettext("phone", "Pages"),
        "figures": pgettext("phone", "My figures"),
        "messages": pgettext("phone", "Messages"),
    }  # fmt: skip


def _state() -> dict[str, str]:
    return {
        "online": pgettext("phone", "Connected"),
        "offline": pgettext("phone", "No network"),
        "waiting_short": pgettext("phone", "Waiting"),
        "signed_out": pgettext("phone", "Please sign in again"),
        "signed_out_text": pgettext("phone", "Your sign-in has ended. Everything is kept on this phone and is sent once you have signed in."),
        "sign_in": pgettext("phone", "Sign in"),
        "sign_out": pgettext("phone", "Sign out"),
        "forbidden": pgettext("phone", "This account may not report from the street"),
        "forbidden_text": pgettext("phone", "What waits stays on this phone. Ask your administrator, or sign in with the right account."),
        "track_refused": pgettext("phone", "A part of your track was not taken"),
        "new_version": pgettext("phone", "A newer version of this app is here."),
        "new_version_text": pgettext("phone", "It is used by itself when the app is started next. What you are writing stays."),
        "take_version": pgettext("phone", "Use it"),
        "not_alone": pgettext("phone", "This app will not start without a network"),
        "not_alone_text": pgettext("phone", "The browser does not let it: the address must begin with https, and private browsing has to be left. What you do is still kept while it is open."),
        "screen_failed": pgettext("phone", "This page could not be shown"),
        "screen_failed_text": pgettext("phone", "Nothing is lost. Go back and open it again."),
        "no_store": pgettext("phone", "This browser does not let the app keep anything"),
        "no_store_text": pgettext("phone", "Leave private browsing, or use another browser; without a store nothing could be kept while there is no network."),
        "nothing_yet": pgettext("phone", "Nothing has been loaded yet. Connect to the network once."),
        "clock_slow": pgettext("phone", "This phone's clock is slow by {duration}"),
        "clock_fast": pgettext("phone", "This phone's clock is fast by {duration}"),
        "clock_text": pgettext("phone", "Both times are kept, and the platform's counts. Let the phone set its clock by itself."),
        "as_of": pgettext("phone", "As of {time}"),
        "no_answer": pgettext("phone", "The platform does not answer. Work goes on with what is on the phone."),
    }  # fmt: skip


def _shift() -> dict[str, str]:
    return {
        "on_shift": pgettext("phone", "On shift"),
        "off_shift": pgettext("phone", "Off shift"),
        "since": pgettext("phone", "since {time}"),
        "off_shift_text": pgettext("phone", "No track is recorded."),
        "shift_in": pgettext("phone", "Begin shift"),
        "shift_out": pgettext("phone", "End shift"),
        "shift_in_done": pgettext("phone", "Signed in with your place."),
        "shift_in_no_place": pgettext("phone", "Signed in without a place: the phone has none yet."),
        "shift_out_done": pgettext("phone", "Signed out. No track is recorded any more."),
        "track_head": pgettext("phone", "Your track"),
        "track_title": pgettext("phone", "Your way is recorded while you are on shift"),
        "track_text": pgettext("phone", "Only between signing in and signing out is your way recorded; it is kept for {days} days. A locked screen gives no place: such gaps read \"no fix\" and never count as absence."),
        "track_yes": pgettext("phone", "Understood, begin shift"),
        "shifted_title": pgettext("phone", "This browser gives shifted places"),
        "shifted_text": pgettext("phone", "At the known point they were about {metres} m off (GCJ-02). They are set right before they are used; another browser would be better."),
        "shifted_yes": pgettext("phone", "Understood"),
    }  # fmt: skip


def _tasks() -> dict[str, str]:
    return {
        "kind_verify": pgettext("phone", "Verify"),
        "kind_check": pgettext("phone", "Check"),
        "kind_census": pgettext("phone", "Census"),
        "no_tasks": pgettext("phone", "Nothing to do. New tasks appear here by themselves."),
        "task_gone": pgettext("phone", "This task is not open any more."),
        "task_answered": pgettext("phone", "You have answered this"),
        "task_answered_text": pgettext("phone", "It is sent as soon as there is a network."),
        "away": pgettext("phone", "{metres} m from here"),
        "no_address": pgettext("phone", "No address"),
        "on_map": pgettext("phone", "Show on the map"),
        "before": pgettext("phone", "Before"),
        "before_n": pgettext("phone", "Photo {n} from before"),
        "now": pgettext("phone", "Now"),
        "answer": pgettext("phone", "Answer"),
        "reason": pgettext("phone", "Reason"),
        "urge": pgettext("phone", "Urged"),
        "supervise": pgettext("phone", "Supervised"),
        "notice": pgettext("phone", "Notice"),
        "new": pgettext("phone", "new"),
    }  # fmt: skip


def _report() -> dict[str, str]:
    return {
        "camera_first": pgettext("phone", "Begin with a photo."),
        "take_photo": pgettext("phone", "Take a photo"),
        "another_photo": pgettext("phone", "Another photo"),
        "what": pgettext("phone", "What is it?"),
        "class_search": pgettext("phone", "Name, pinyin initials or code"),
        "text": pgettext("phone", "Words"),
        "text_hint": pgettext("phone", "Say more if it helps (or speak by the keyboard)"),
        "speak": pgettext("phone", "Speak a note"),
        "speaking": pgettext("phone", "Stop ({n} s left)"),
        "remove_sound": pgettext("phone", "Remove the recording"),
        "microphone_refused": pgettext("phone", "The microphone may not be used. Type instead."),
        "send": pgettext("phone", "Send"),
        "discard": pgettext("phone", "Discard the draft"),
        "draft_there": pgettext("phone", "Go on with the unfinished report"),
        "need_photo": pgettext("phone", "Take a photo."),
        "need_class": pgettext("phone", "Choose a class."),
        "need_reason": pgettext("phone", "Give a reason."),
        "need_fields": pgettext("phone", "Fill in: {names}."),
        "kept_online": pgettext("phone", "Written down, being sent."),
        "kept_offline": pgettext("phone", "Written down. It is sent when the network is back."),
        "too_late_undo": pgettext("phone", "It has been sent already."),
        "need_place": pgettext("phone", "Wait for the position, or choose the place on the map."),
        "need_after": pgettext("phone", "Take a photo after the work."),
        "self_handled": pgettext("phone", "I have fixed it on the spot"),
        "after_photo": pgettext("phone", "Photo after the work"),
    }  # fmt: skip


def _place() -> dict[str, str]:
    return {
        "place_waiting": pgettext("phone", "Looking for the position…"),
        "place_refused": pgettext("phone", "The position may not be used. Choose the place on the map."),
        "place_off": pgettext("phone", "The position may not be used"),
        "place_off_text": pgettext("phone", "Allow it for this site in the browser's settings. Until then the place is chosen on the map, and your track reads \"no fix\"."),
        "place_pin": pgettext("phone", "Chosen on the map"),
        "place_component": pgettext("phone", "Component: {name}"),
        "place_again": pgettext("phone", "Use the position instead"),
        "no_place": pgettext("phone", "No place yet"),
        "outside_grids": pgettext("phone", "Outside your grids"),
        "take_place": pgettext("phone", "Take this place"),
        "take_component": pgettext("phone", "Take {name}"),
        "report_here": pgettext("phone", "Report from here"),
        "report_this": pgettext("phone", "Report this component"),
        "map_hint": pgettext("phone", "Tap a component, a task or a place."),
        "map_nearer": pgettext("phone", "Come nearer to see components."),
        "map_kept": pgettext("phone", "The map of your grids is on this phone."),
    }  # fmt: skip


def _queue() -> dict[str, str]:
    return {
        "waiting_n": pgettext("phone", "To be sent: {n}"),
        "more_n": pgettext("phone", "and {n} more"),
        "all_sent": pgettext("phone", "Everything has been sent."),
        "n_files": pgettext("phone", "{n} files"),
        "tried_n": pgettext("phone", "tried {n} times, will be tried again"),
        "others_act": pgettext("phone", "Of another person; it waits for his or her sign-in."),
        "send_now": pgettext("phone", "Send now"),
        "sending": pgettext("phone", "Sending…"),
        "still_offline": pgettext("phone", "There is no network yet."),
        "not_taken": pgettext("phone", "Not taken"),
        "not_taken_n": pgettext("phone", "Not taken: {n}"),
        "refused_n": pgettext("phone", "{n} not taken"),
        "refused_look": pgettext("phone", "See why; photos and words are still here."),
        "refused_status": pgettext("phone", "The platform refused it ({status})."),
        "file_lost": pgettext("phone", "A photo of this act is not on the phone any more."),
        "as_report": pgettext("phone", "Hand in as a new report"),
        "remove": pgettext("phone", "Remove"),
        "removed": pgettext("phone", "Removed."),
        "arrived": pgettext("phone", "Arrived"),
        "left_out": pgettext("phone", "{n} files were not taken"),
        "clock_off": pgettext("phone", "phone clock {duration} off"),
        "room": pgettext("phone", "{used} of {quota} MB used on this phone"),
    }  # fmt: skip


def _room() -> dict[str, str]:
    return {
        "full": pgettext("phone", "This phone has no room left"),
        "full_before": pgettext("phone", "No photo could be kept now. Send what waits, or free room on the phone, then try again. Nothing is lost."),
        "full_kept": pgettext("phone", "New tasks and the map cannot be kept. What waits is still sent. Free room on the phone, or remove what is kept here."),
        "full_photo": pgettext("phone", "The photo does not fit. Free room on the phone and try again; the photo is still held."),
        "try_again": pgettext("phone", "Try again"),
        "discard_photo": pgettext("phone", "Give up this photo"),
        "kept_here": pgettext("phone", "Kept on this phone"),
        "stay": pgettext("phone", "Keep it when room gets short"),
        "stays": pgettext("phone", "The browser keeps these data when room gets short."),
        "stay_refused": pgettext("phone", "The browser decides by itself. Install the app on the home screen."),
        "forget": pgettext("phone", "Remove my data from this phone"),
        "forget_text": pgettext("phone", "Tasks, map, drafts and the list of what was sent are removed from this phone."),
        "forget_waiting": pgettext("phone", "{n} are still to be sent. Send them first; nothing was removed."),
        "forget_yes": pgettext("phone", "Remove everything"),
    }  # fmt: skip


def _settings() -> dict[str, str]:
    return {
        "nobody": pgettext("phone", "Nobody yet"),
        "reading": pgettext("phone", "Reading"),
        "big": pgettext("phone", "Big characters"),
        "theme_auto": pgettext("phone", "As the phone"),
        "theme_light": pgettext("phone", "Light"),
        "theme_dark": pgettext("phone", "Dark"),
        "offline_map": pgettext("phone", "Map without a network"),
        "tiles": pgettext("phone", "{done} of {total} tiles are on this phone"),
        "tiles_none": pgettext("phone", "No map has been loaded yet."),
        "tiles_load": pgettext("phone", "Load the map again"),
        "tiles_loading": pgettext("phone", "The map is being loaded…"),
        "desk": pgettext("phone", "Pages for the desk"),
        "version": pgettext("phone", "Version {version}"),
        "sign_out_shift": pgettext("phone", "End your shift first."),
        "sign_out_waiting": pgettext("phone", "{n} are still to be sent; they stay on this phone until you sign in again. Tasks, messages and map are removed."),
        "sign_out_text": pgettext("phone", "Tasks, messages and map are removed from this phone."),
    }  # fmt: skip


def _figures() -> dict[str, str]:
    return {
        "month": pgettext("phone", "This month"),
        "fig_reports": pgettext("phone", "reported"),
        "fig_verified": pgettext("phone", "verified"),
        "fig_checked": pgettext("phone", "checked"),
        "fig_in_time": pgettext("phone", "in time"),
        "cover": pgettext("phone", "Patrol cover of my grids"),
        "cover_text": pgettext("phone", "{percent}%: {seen} of {cells} cells were passed today."),
    }  # fmt: skip


def _census() -> dict[str, str]:
    return {
        "census_list": pgettext("phone", "Components"),
        "census_progress": pgettext("phone", "{done} of {total} done"),
        "census_add": pgettext("phone", "Add a missing component"),
        "census_confirm": pgettext("phone", "As recorded"),
        "census_correct": pgettext("phone", "Correct"),
        "census_retire": pgettext("phone", "Not there any more"),
        "census_confirmed": pgettext("phone", "confirmed"),
        "census_corrected": pgettext("phone", "corrected"),
        "census_retired": pgettext("phone", "retired"),
        "census_added": pgettext("phone", "added"),
        "census_missed": pgettext("phone", "not found"),
        "census_not_found": pgettext("phone", "Not found"),
        "census_end": pgettext("phone", "End this part"),
        "need_change": pgettext("phone", "Change at least one thing."),
        "status": pgettext("phone", "Condition"),
        "status_intact": pgettext("phone", "Intact"),
        "status_damaged": pgettext("phone", "Damaged"),
        "status_lost": pgettext("phone", "Lost"),
        "road": pgettext("phone", "Road"),
        "address": pgettext("phone", "Address"),
        "remark": pgettext("phone", "Remark"),
    }  # fmt: skip
