"""Actions, fields and figures of the record in words."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.kernel.base import registry, texts
from yiwang.kernel.cases.config import action_table
from yiwang.kernel.ui.contracts import PersonView
from yiwang.kernel.ui.records.queries import Names

# Groups of actions that one asks for together; each is the beginning of its actions' names.
GROUPS = (
    ("identity.account.", gettext_lazy("Accounts")), ("identity.password.", gettext_lazy("Given passwords")), ("identity.post.", gettext_lazy("Posts given and ended")), ("identity.role.", gettext_lazy("Roles and what they grant")),
    ("identity.sign_in.", gettext_lazy("Failed sign-ins and locks")), ("identity.session.", gettext_lazy("Sessions")), ("identity.delegation.", gettext_lazy("Delegations")),
    ("identity.organization.", gettext_lazy("Organisations")), ("identity.client.", gettext_lazy("Other systems")), ("identity.", gettext_lazy("All of people and rights")),
    ("export.", gettext_lazy("Exports")), ("audit.", gettext_lazy("The record itself")), ("matter.", gettext_lazy("Matters")), ("worktime.", gettext_lazy("Working calendars")),
    ("geography.", gettext_lazy("Map and assets")), ("supervision.", gettext_lazy("Supervision")), ("backup.", gettext_lazy("Backups")),
)  # fmt: skip
ACTIONS = {
    "identity.signed_in": gettext_lazy("Sign-in"), "identity.signed_out": gettext_lazy("Sign-out"),
    "identity.sign_in.failed": gettext_lazy("Sign-in failed"), "identity.sign_in.locked": gettext_lazy("Locked after failures"),
    "identity.sign_in.released": gettext_lazy("Lock released"), "identity.session.ended": gettext_lazy("Session ended"),
    "identity.session.others_ended": gettext_lazy("Other sessions ended"), "identity.session.all_ended": gettext_lazy("All sessions ended"),
    "identity.second_factor.removed": gettext_lazy("Second factor taken away"), "identity.role.second_factor": gettext_lazy("Second factor demanded of a role"),
    "identity.account.created": gettext_lazy("Account made"), "identity.account.changed": gettext_lazy("Account changed"),
    "identity.account.closed": gettext_lazy("Account closed"), "identity.account.opened": gettext_lazy("Account opened"),
    "identity.account.dormant": gettext_lazy("Account dormant"), "identity.account.woken": gettext_lazy("Account woken"),
    "identity.account.left": gettext_lazy("Person left"), "identity.account.transferred": gettext_lazy("Person transferred"),
    "identity.account.password_reset": gettext_lazy("New password given"), "identity.account.password_changed": gettext_lazy("Password changed"),
    "identity.password.released": gettext_lazy("Given password released"), "identity.password.refused": gettext_lazy("Given password refused"),
    "identity.sign_in.waiting": gettext_lazy("Signed in with a password not yet released: refused"),
    "identity.post.created": gettext_lazy("Post created"), "identity.post.given": gettext_lazy("Post given"), "identity.post.ended": gettext_lazy("Post ended"),
    "identity.post.chosen": gettext_lazy("Acts in another post"), "identity.organization.created": gettext_lazy("Organisation created"),
    "identity.organization.changed": gettext_lazy("Organisation changed"), "identity.role.created": gettext_lazy("Role created"),
    "identity.role.updated": gettext_lazy("Role brought up to date"), "identity.role.changed": gettext_lazy("Role changed"),
    "identity.client.created": gettext_lazy("Key for another system made"), "identity.client.opened": gettext_lazy("Other system let in"),
    "identity.client.closed": gettext_lazy("Other system shut out"), "identity.delegation.created": gettext_lazy("Delegation given"),
    "identity.delegation.revoked": gettext_lazy("Delegation revoked"), "export.taken": gettext_lazy("Export taken"),
    "audit.restored": gettext_lazy("Restored backup accepted"), "audit.warning.raised": gettext_lazy("Warning raised"),
    "audit.warning.judged": gettext_lazy("Warning judged"), "audit.access.released": gettext_lazy("Secret readings released"), "audit.verification.asked": gettext_lazy("Verification asked for"),
    "party.corrected": gettext_lazy("Person's value corrected"), "matter.version.loaded": gettext_lazy("Matter version loaded"), "party.erased": gettext_lazy("Person's values erased"),
    "worktime.calendar.saved": gettext_lazy("Calendar saved"), "worktime.day.marked": gettext_lazy("Day marked"),
    "worktime.day.unmarked": gettext_lazy("Day unmarked"), "worktime.year.confirmed": gettext_lazy("Year confirmed"),
    "geography.shape.drawn": gettext_lazy("Border drawn"), "geography.shape.redrawn": gettext_lazy("Border drawn again"),
    "geography.grid.formed": gettext_lazy("Grid formed"), "geography.inspector.assigned": gettext_lazy("Inspector assigned"),
    "geography.inspector.released": gettext_lazy("Inspector released"), "geography.asset.added": gettext_lazy("Asset added"),
    "geography.asset.status": gettext_lazy("Asset's state changed"), "geography.layer.secret_refused": gettext_lazy("Secret layer refused"), "geography.asset.changed": gettext_lazy("Component changed"),
    "geography.asset.bulk_changed": gettext_lazy("List of components changed"), "geography.asset.retired": gettext_lazy("Component taken out of use"),
    "geography.asset.moved": gettext_lazy("Component moved"), "geography.asset.photographed": gettext_lazy("Component photographed"),
    "geography.grids.split": gettext_lazy("Grid split"), "geography.grids.merge": gettext_lazy("Grids merged"),
    "geography.grids.recode": gettext_lazy("Grid re-coded"), "geography.grids.redraw": gettext_lazy("Grids redrawn"),
    "geography.grids.draw": gettext_lazy("Grids drawn"), "geography.grids.remove": gettext_lazy("Grid removed"),
    "geography.grids.file": gettext_lazy("Grids brought in by a file"), "geography.grids.taken_back": gettext_lazy("Grids of a file taken back"),
    "geography.ownership.asked": gettext_lazy("Owners asked"), "geography.ownership.confirmed": gettext_lazy("Owners confirmed"),
    "geography.ownership.disputed": gettext_lazy("Owners disputed"), "geography.ownership.unconfirmed": gettext_lazy("Owners no longer confirmed"),
    "geography.layer.added": gettext_lazy("Layer added"), "geography.layer.changed": gettext_lazy("Layer changed"),
    "geography.import.uploaded": gettext_lazy("Map file sent"), "geography.import.ordered": gettext_lazy("Large map file ordered in"),
    "geography.import.brought_in": gettext_lazy("Map file brought in"), "geography.import.undone": gettext_lazy("Import undone"),
    "geography.import.discarded": gettext_lazy("Import discarded"), "geography.addresses.uploaded": gettext_lazy("File of addresses looked up"),
    "geography.addresses.removed": gettext_lazy("File of addresses removed"),
    "regrid": gettext_lazy("The grid below this case was changed"),
    "supervision.card.given": gettext_lazy("Card given"), "supervision.card.answered": gettext_lazy("Card explained"),
    "supervision.card.withdrawn": gettext_lazy("Card withdrawn"), "supervision.card.escalated": gettext_lazy("Card gone a step up"),
    "supervision.order.given": gettext_lazy("Order given"), "supervision.order.replied": gettext_lazy("Order answered"),
    "supervision.order.judged": gettext_lazy("Answer to an order judged"), "supervision.order.urged": gettext_lazy("Answer to an order urged"),
    "supervision.order.withdrawn": gettext_lazy("Order taken back"), "supervision.rules.saved": gettext_lazy("Warning rules saved"),
    "notices.choice.saved": gettext_lazy("Own reminders chosen"),
    "report": gettext_lazy("Reported"), "join": gettext_lazy("Reported again"), "receive": gettext_lazy("Task received"),
    "hand_over": gettext_lazy("Open task handed over"), "merged_in": gettext_lazy("Another case was joined to this one"),
    "engine": gettext_lazy("The process's own timer ran out"), "recompute": gettext_lazy("Due time counted again by the announced calendar"),
    "overdue": gettext_lazy("The limit is over"), "warn": gettext_lazy("Warning by rule"), "rate": gettext_lazy("Rated"), "complete": gettext_lazy("Step completed"),
}  # fmt: skip
FIELDS = {
    "name": gettext_lazy("Person's name"), "phone": gettext_lazy("Telephone"), "id_number": gettext_lazy("Identity number"), "address": gettext_lazy("Address"),
}  # fmt: skip
FAMILIES = {
    "edit": gettext_lazy("changes"), "remove": gettext_lazy("removals"), "export": gettext_lazy("exports"), "export_rows": gettext_lazy("exported rows"),
    "read": gettext_lazy("readings of personal data"), "read_late": gettext_lazy("readings of personal data at strange hours"),
    "relation": gettext_lazy("readings of somebody near the reader"), "read_by_many": gettext_lazy("different readers of one person"),
}  # fmt: skip
VERDICTS = {
    "explained": gettext_lazy("Explained: there was good cause"), "misuse": gettext_lazy("Misuse: followed up"),
    "mistake": gettext_lazy("Mistake of the watch"),
}  # fmt: skip
RELATIONS = {
    "own": gettext_lazy("himself"), "household": gettext_lazy("his household"), "neighbour": gettext_lazy("a neighbour in the same house"),
    "relative": gettext_lazy("the same family name in his street"), "colleague": gettext_lazy("a colleague"), "public": gettext_lazy("a person of public life"),
}  # fmt: skip
SECRECY = {"none": gettext_lazy("told to the person"), "investigation": gettext_lazy("kept secret by law")}
STREAMS = {"event": gettext_lazy("Record of events"), "access": gettext_lazy("Access to personal data")}


def action(code: str) -> str:
    """Return what was done; the code itself when nobody has words for it."""
    if code in ACTIONS:
        return str(ACTIONS[code])
    label = action_table().get(code, {}).get("label")
    return texts.pick(label) if label else code


def who(line: Any, behalf: str = "") -> PersonView | str:
    """Return who acted. Citizens have no name here: it stands with the party, for those who may read it."""
    if line.actor_kind == "person":
        return PersonView(name=line.actor_name, post=line.post_name, on_behalf_of=behalf) if line.actor_name else _("A citizen")
    return {
        "public": _("The public"), "client": line.actor_name or _("Another system"), "importer": _("Import"),
        "system": f"{_('The platform')} ({line.actor_name})" if line.actor_name else _("The platform"),
    }.get(line.actor_kind, line.actor_name)  # fmt: skip


def subject(line: Any, names: Names) -> str:
    """Return what an event was about, by number or name."""
    if line.case_id is not None:
        return names.cases.get(line.case_id, str(line.case_uid))
    data, found = line.data, []
    for key in ("account", "absent", "substitute", "organization", "post", "client"):
        if isinstance(data.get(key), str) and data[key]:
            found.append(texts.pick(named) if isinstance(named := names.things.get(data[key], data[key]), dict) else str(named))
    if isinstance(data.get("role"), str):
        found.append(texts.pick(names.roles.get(data["role"])) or data["role"])
    found += [str(data[key]) for key in ("number", "matter", "asset", "calendar") if data.get(key)]
    return " · ".join(found)


def facts(data: dict[str, Any]) -> list[tuple[str, str]]:
    """Return an administrative line's data as it stands, key by key."""
    def plain(value: Any) -> str:
        if isinstance(value, list):
            return ", ".join(str(v) for v in value) or "–"
        if isinstance(value, dict):
            return "; ".join(f"{k}: {plain(v)}" for k, v in value.items()) or "–"
        return "–" if value in (None, "") else str(value)

    return [(key, plain(value)) for key, value in data.items()]


def watched(family: str, subject_code: str, matters: dict[str, Any]) -> str:
    """Return what a warning counts: "changes · City problem"."""
    if family in ("read", "read_late", "read_by_many"):
        return str(FAMILIES[family])
    if family == "relation":
        return f"{FAMILIES[family]} · {RELATIONS.get(subject_code, subject_code)}"
    kind = texts.pick(matters.get(subject_code)) or action_group(subject_code)
    return f"{FAMILIES.get(family, family)} · {kind}"


def action_group(code: str) -> str:
    known = dict(GROUPS)
    if f"{code}." in known:
        return str(known[f"{code}."])
    resources = {r.code: r.label for m in registry.manifests().values() for r in m.data_resources}
    return str(resources.get(code, code))
