"""What the forms of the city's steps ask (分类、立案条件、派遣部门、处置结果、核查、结案条件)."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _

from yiwang.apps.city.queries import casepage, lists
from yiwang.apps.city.queries.field import told
from yiwang.apps.city.queries.judging import appeals
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.contracts import Move
from yiwang.kernel.cases.queries import names, work
from yiwang.kernel.ui.desks.acting import Extra
from yiwang.kernel.ui.desks.clocks import limit_text

Maker = Callable[[Actor, Any, Move, Any], Extra]
OTHER = "other"


def extra_for(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    """Return the city's fields of a move; nothing where the kernel's own form says it all."""
    by_step = BY_STEP.get((move.step, move.outcome)) if move.action in ("complete", "rework") else None
    maker = by_step or BY_ACTION.get(move.action if move.action != "complete" else "")
    if maker is None and move.step in ("verify", "verify_parallel") and move.action == "complete":
        maker = _verify
    return maker(actor, case, move, task) if maker else Extra()


def _reasons(case: Any, kind: str) -> list[tuple[str, str]]:
    return names.reasons(configs.of_version(case.matter_version_id), kind)


def _class_fields(case: Any, *, required: bool) -> dict[str, forms.Field]:
    side = lists.typed(case)
    current = f"{side.kind}:{side.class_code}" if side.class_code else ""
    choices: list[Any] = [("", _("Choose…")), *casepage.classes()]
    if current and current not in {value for _major, rows in choices[1:] for value, _name in rows}:
        choices.insert(1, (current, casepage.class_text(side)))  # a component's own 异常: known, but not offered
    component = side.component.code if side.component else ""
    near = side.nearest_asset
    hint = ""
    if near is not None:
        hint = _("Nearest: %(code)s %(name)s, %(m)s m away") % {
            "code": near.code, "name": texts.pick(near.name), "m": round(side.nearest_m or 0)
        }  # fmt: skip
    return {
        "class": forms.ChoiceField(choices=choices, required=required, label=_("Class"), initial=current),
        "component": forms.CharField(required=False, max_length=17, label=_("Component code"), initial=component, help_text=hint),
    }


def _pass_on(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    return Extra(fields=_class_fields(case, required=True))


def _ask_verify(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    people = [("", _("Whoever patrols there")), *casepage.inspectors_for(case)]
    field = forms.ChoiceField(choices=people, required=False, label=_("Inspector"))
    return Extra(fields={"account": field}, reason_label=_("What to look at"))


def _refuse(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    return Extra(reasons=_reasons(case, "refuse"), reason_hint=_("The reporter is told this."))


def _verify(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    return Extra(photos=_("Photos from the place"), photos_needed=True)


def _condition_field(case: Any) -> forms.ChoiceField:
    choices = []
    for row in casepage.condition_choices(case):
        urgent = format_html(' <span class="yw-chip tone-overdue">{}</span>', _("Urgent")) if row.urgent else ""
        choices.append((
            row.key,
            format_html(
                '<span class="yw-choice"><b>{}</b>{}<small>{} · {} · {}</small></span>', texts.pick(row.condition), urgent,
                limit_text(row.limit_unit, row.limit_value), _("closes when: %(closing)s") % {"closing": texts.pick(row.closing)}, row.key,
            ),
        ))  # fmt: skip
    return forms.ChoiceField(
        choices=choices, widget=forms.RadioSelect, label=_("Filing condition"),
        initial=choices[0][0] if len(choices) == 1 else None,
    )


def _file(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    field = _condition_field(case)
    fields: dict[str, forms.Field] = {"condition": field}
    note = ""
    if not field.choices:
        note = _("The command manual has no condition for this class today. Send it back to be classed, or complete the manual.")
    if any(t.likeness.certain for t in casepage.twins(actor, case)):
        fields["not_duplicate"] = forms.BooleanField(required=False, label=_("It is not the same as the open case shown, file it"))
    return Extra(fields=fields, note=note)


def _department_fields(actor: Actor, case: Any) -> dict[str, forms.Field]:
    choices: list[tuple[str, Any]] = []
    for at, option in enumerate(casepage.department_choices(case)):
        badge = format_html(' <span class="yw-chip tone-accent">{}</span>', _("proposed")) if at == 0 else ""
        choices.append((
            option.uid, format_html('<span class="yw-choice"><b>{}</b>{}<small>{}</small></span>', option.name, badge, option.why)
        ))  # fmt: skip
    everybody = casepage.all_departments()
    choices.append((OTHER, _("Another body (choose it below)")))
    return {
        "lead": forms.ChoiceField(choices=choices, widget=forms.RadioSelect, label=_("Department"), initial=choices[0][0]),
        "other": forms.ChoiceField(choices=[("", _("Choose…")), *everybody], required=False, label=_("Another body")),
        "helpers": forms.MultipleChoiceField(
            choices=everybody, required=False, label=_("Helpers"), widget=forms.SelectMultiple(attrs={"size": 5}),
            help_text=_("They get a task of their own; the department above leads. Hold Ctrl for several."),
        ),
    }


def _departments(found: dict[str, Any]) -> dict[str, Any]:
    lead = found.get("lead")
    if lead == OTHER:
        if not found.get("other"):
            raise forms.ValidationError({"other": _("Choose the body.")})
        if not found.get("reason"):
            raise forms.ValidationError({"reason": _("Say why none of the proposed ones.")})
        lead = found["other"]
    return {"departments": list(dict.fromkeys([lead, *(found.get("helpers") or [])]))}


def is_two_level(case: Any) -> bool:
    """Say whether the city hands the case to the district's own centre (二级指挥)."""
    return bool(case.data.get("_process", {}).get("two_level"))


def _dispatch(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    if move.step == "dispatch" and is_two_level(case):
        return Extra(note=_("This district dispatches through its own centre; the case goes there."), reason_required=False)
    return Extra(fields=_department_fields(actor, case), combine=_departments, folded=("other", "helpers"))


def _redispatch(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    return Extra(fields=_department_fields(actor, case), combine=_departments, folded=("other", "helpers"), reason_required=True)


def _done(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    lead = task is None or task.index == 0
    return Extra(
        photos=_("Photos after the work"), photos_needed=lead, reason_label=_("What was done"), reason_required=True,
        reason_hint=_("One or two sentences; the inspector checks against them."),
    )


def _return(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    return Extra(reasons=_reasons(case, "return"), reason_hint=_("A third return goes to arbitration. The clock runs on meanwhile."))


def _decide_return(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    field = forms.BooleanField(required=False, label=_("It was dispatched wrongly"), help_text=_("Counts against the dispatch, not the department."))
    return Extra(fields={"wrong_dispatch": field, "basis": _basis_field()}, reason_hint=_("It becomes a precedent for cases like this one."))


def _basis_field() -> forms.Field:
    return forms.CharField(
        required=False, max_length=500, label=_("Basis"), help_text=_("A law, a document, a paper of hand-over; it stands in the precedent.")
    )


def _deny_return(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    return Extra(fields={"basis": _basis_field()}, reason_hint=_("It becomes a precedent for cases like this one."))


def _arbitrate(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    return Extra(fields={"basis": _basis_field()}, reason_required=True)


def _check(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    return Extra(photos=_("Photos from the place"), photos_needed=True, note=_("Compare with the photos before and after on the left."))


def _close(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    row = case.filing_row
    if row is None:
        return Extra()
    label = format_html('<span class="yw-choice"><b>{}</b><small>{}</small></span>', texts.pick(row.closing), _("closing condition of %(key)s") % {"key": row.key})
    fields: dict[str, forms.Field] = {
        "closing": forms.ChoiceField(choices=[(row.key, label)], widget=forms.RadioSelect, label=_("This closing condition is met"))
    }
    if row.informs_only:
        fields["informing"] = forms.BooleanField(required=False, label=_("Close by informing"), help_text=_("The manual allows it for this condition."))
    return Extra(fields=fields)


def _self_audit(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    return Extra(fields={"condition": _condition_field(case)})


def _correct(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    own: dict[str, forms.Field] = {
        "title": forms.CharField(max_length=200, label=_("Title"), initial=case.title),
        "description": forms.CharField(max_length=10_000, required=False, label=_("Description"), initial=case.description,
                                       widget=forms.Textarea(attrs={"rows": 3})),
        "address": forms.CharField(max_length=256, required=False, label=_("Address"), initial=case.address),
    }  # fmt: skip
    return Extra(fields={**own, **_class_fields(case, required=False)}, reason_hint=_("Old and new stay on record."))


def _merge(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    from yiwang.apps.city.queries.intake import twin_views

    choices: list[tuple[str, Any]] = [
        (str(t.uid), format_html('<span class="yw-choice"><b>{}</b><small>{}</small></span>', t.title,
                                 _("%(number)s · %(m)s m · %(percent)s %% alike · %(reasons)s") % {
                                     "number": t.number or t.state, "m": t.distance_m, "percent": t.percent, "reasons": t.reasons}))
        for t in twin_views(actor, casepage.twins(actor, case))
    ]  # fmt: skip
    fields: dict[str, forms.Field] = {}
    if choices:
        choices.append((OTHER, _("Another case, by its number")))
        fields["twin"] = forms.ChoiceField(choices=choices, widget=forms.RadioSelect, required=False, label=_("Join to"))
    fields["number"] = forms.CharField(required=False, max_length=40, label=_("Number of the case"))

    def combine(found: dict[str, Any]) -> dict[str, Any]:
        chosen = found.get("twin")
        if chosen and chosen != OTHER:
            return {"main": chosen}
        given = str(found.get("number") or "").strip()
        main = work.visible_cases(actor).filter(number=given).values_list("uid", flat=True).first() if given else None
        if main is None:
            raise forms.ValidationError({"number": _("There is no such case, or it does not concern you.")})
        return {"main": str(main)}

    return Extra(fields=fields, combine=combine, question=_("Join this report to that case? The reporter follows that case from now on."))


def _deny(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    hint = _("Codes parted by commas or lines; * stands for all of the list.")
    field = forms.CharField(max_length=20_000, label=_("Codes that are not yours"), help_text=hint, widget=forms.Textarea(attrs={"rows": 4}))
    return Extra(fields={"denied": field}, photos=_("Evidence"), photos_needed=True, reason_required=True)


def _give(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    field = forms.ChoiceField(choices=[("", _("Choose…")), *casepage.all_departments()], label=_("Whose they are"))
    return Extra(fields={"owner": field, "basis": _basis_field()}, reason_required=True)


def _appeal(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    """申诉: the counts that stand against the reader's body, each with how much."""
    org, names = appeals.body_of(actor, case), appeals.words(case)
    if org is None or not names:
        return Extra(reason_required=True)
    against = appeals.counted(case, org).against()
    choices = [(n, _amount(n, texts.pick(names[n]), amount)) for n, amount in against.items() if n in names]
    if not choices:
        return Extra(note=_("Nothing counts against your body in this case: neither overdue, nor rework, nor a return."), reason_required=True)
    field = forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, label=_("What is contested"))
    note = _("What is accepted is not counted any more for your body; the fact itself stays in the record.")
    return Extra(fields={"contests": field}, reason_required=True, note=note)


def _amount(name: str, word: str, amount: float) -> str:
    return _("%(what)s (%(span)s over)") % {"what": word, "span": told.span(amount * 60)} if name == "overdue" else f"{word} ×{round(amount)}"


def _judge_appeal(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    names = list(task.data.get("contests", [])) if task is not None else []
    if not names:
        return Extra()
    words = appeals.words(case)
    choices = [(n, texts.pick(words.get(n, n))) for n in names]
    field = forms.MultipleChoiceField(choices=choices, initial=names, widget=forms.CheckboxSelectMultiple, label=_("What is not counted any more"))
    return Extra(fields={"lifted": field}, reason_required=True)


BY_STEP: dict[tuple[str, str], Maker] = {
    ("accept", "pass"): _pass_on,
    ("accept", "verify"): _ask_verify,
    ("accept", "refuse"): _refuse,
    ("file", "file"): _file,
    ("file", "refuse"): _refuse,
    ("dispatch", "dispatch"): _dispatch,
    ("district_dispatch", "dispatch"): _dispatch,
    ("handle", "done"): _done,
    ("check", "pass"): _check,
    ("check", "fail"): _check,
    ("close", "close"): _close,
    ("self_audit", "close"): _self_audit,
    ("return", "agree"): _decide_return,
    ("return", "deny"): _deny_return,
    ("arbitrate", "uphold"): _arbitrate,
    ("appeal", "agree"): _judge_appeal,
    ("answer", "deny"): _deny,
    ("arbitrate", "other"): _give,
}
BY_ACTION: dict[str, Maker] = {"redispatch": _redispatch, "return": _return, "correct": _correct, "merge": _merge, "appeal": _appeal}
