"""Forms of the moves: each asks what its action needs, keeps what was typed when it is refused, and is done once.

An app adds the fields that its steps need by a `FieldMaker`; the answers travel as `ActionRequest.data`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.base.idempotency import kept_answer, once
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.config import MatterConfig
from yiwang.kernel.cases.contracts import ActionRequest, ActionResult, Move
from yiwang.kernel.cases.queries import story
from yiwang.kernel.files import queries as file_queries
from yiwang.kernel.files import services as files
from yiwang.kernel.identity.queries import organizations
from yiwang.kernel.ui.contracts import FileView
from yiwang.kernel.ui.desks.files import file_view

PRIMARY_STYLE = {"refuse": "danger", "deny": "", "fail": "danger", "void": "danger", "back": ""}
MOST_PHOTOS = 9


@dataclass(frozen=True, kw_only=True)
class Extra:
    """What an app adds to a move's form. `notes` stand above the fields; `photos` is a label, empty for none."""

    fields: Mapping[str, forms.Field] = field(default_factory=dict)
    photos: str = ""
    photos_needed: bool = False
    reason_label: str = ""
    reason_hint: str = ""
    reason_required: bool | None = None
    reasons: Sequence[tuple[str, str]] = ()  # usual reasons (常用理由) to choose from; free text goes behind
    combine: Callable[[dict[str, Any]], dict[str, Any]] | None = None  # fields to data; may raise forms.ValidationError
    note: str = ""  # a sentence above the fields
    folded: tuple[str, ...] = ()  # fields that are seldom needed, behind "More"
    question: str = ""  # asked before it is sent, where nothing can be undone


FieldMaker = Callable[[Actor, Any, Move, Any], Extra]


class MoveForm(forms.Form):
    """The fields of one move. Names of hidden fields are the action's own; the rest is data."""

    reason = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, extra: Extra, move: Move, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.extra = extra
        needed = move.needs_reason if extra.reason_required is None else extra.reason_required
        for name, one in extra.fields.items():
            self.fields[name] = one
        if extra.reasons:
            choices = [("", _("Choose…")), *extra.reasons]
            self.fields["reason_code"] = forms.ChoiceField(choices=choices, required=False, label=_("Usual reason"))
        self.order_fields([*extra.fields, "reason_code", "reason"])
        self.reason_needed = needed
        reason = self.fields["reason"]
        reason.required = needed and not extra.reasons
        reason.label = extra.reason_label or (_("In words") if extra.reasons else _("Reason") if needed else _("Remark"))
        reason.help_text = extra.reason_hint or (_("It goes on record.") if needed else "")

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        usual = dict(self.extra.reasons).get(found.get("reason_code", ""), "")
        if usual:
            found["reason"] = f"{usual}：{found['reason']}" if found.get("reason") else usual
        elif self.reason_needed and self.extra.reasons and not found.get("reason"):
            self.add_error("reason", _("Choose a usual reason, or say it in words."))
        self.combined: dict[str, Any] | None = None
        if self.extra.combine is not None and not self.errors:
            self.combined = self.extra.combine(found)
        return found

    def answers(self) -> dict[str, Any]:
        """Return what the app's fields say, as data of the action; empty ones are left out."""
        given = self.combined if self.combined is not None else {n: self.cleaned_data.get(n) for n in self.extra.fields}
        if code := self.cleaned_data.get("reason_code"):
            given = {**given, "reason_code": code}
        return {
            name: value.isoformat() if hasattr(value, "isoformat") else str(value) if isinstance(value, UUID) else value
            for name, value in given.items() if value not in (None, "", [], False)
        }  # fmt: skip


@dataclass(kw_only=True)
class MoveView:
    """A move with its form, as the page shows it."""

    move: Move
    form: MoveForm
    extra: Extra
    version: int
    key: str
    dom_id: str
    uploaded: list[FileView] = field(default_factory=list)
    problem: ProblemError | None = None
    is_open: bool = False

    @property
    def label(self) -> str:
        return self.move.outcome_label or self.move.label

    @property
    def heading(self) -> str:
        """The step and what comes of it."""
        if self.label == self.move.task_name:
            return self.label
        return _("%(what)s: %(answer)s") % {"what": self.move.task_name, "answer": self.label}

    @property
    def open_fields(self) -> list[forms.BoundField]:
        return [f for f in self.form if f.name not in self.extra.folded]

    @property
    def folded_fields(self) -> list[forms.BoundField]:
        return [f for f in self.form if f.name in self.extra.folded]

    @property
    def fold_open(self) -> bool:
        return any(f.errors or (self.form.is_bound and f.data) for f in self.folded_fields)

    @property
    def photos_name(self) -> str:
        return f"{self.dom_id}-photos"

    @property
    def photos_required(self) -> bool:
        return self.extra.photos_needed and not self.uploaded

    @property
    def problem_detail(self) -> str:
        return self.problem.detail() if self.problem else ""

    @property
    def problem_errors(self) -> tuple[dict[str, str], ...]:
        return getattr(self.problem, "errors", ())

    @property
    def style(self) -> str:
        return PRIMARY_STYLE.get(self.move.outcome or self.move.action, "")


def dom_id(move: Move) -> str:
    """Name a move on the page: the same move has the same name after a reload."""
    task = str(move.task_uid)[-8:] if move.task_uid else "case"
    return f"move-{task}-{move.action}-{move.outcome}".rstrip("-")


def generic_extra(actor: Actor, case: Any, move: Move, task: Any) -> Extra:
    """What the kernel's own actions ask: a person, a body, a date."""
    today = timezone.localdate()
    if move.action == "transfer" and task is not None:
        choices = [("", _("Back to everybody of the post"))] if task.account_id else []
        choices += [(str(a.uid), f"{a.name or a.username}") for a in story.colleagues(task, actor)]
        return Extra(fields={"account": forms.ChoiceField(choices=choices, required=False, label=_("To whom"))})
    if move.action == "consult":
        orgs = [("", _("Choose…")), *((str(o.uid), texts.pick(o.name)) for o in organizations())]
        return Extra(
            fields={"org": forms.ChoiceField(choices=orgs, label=_("Which body"))}, reason_label=_("What do you want to know?")
        )
    if move.action == "suspend":
        pick = forms.DateField(
            label=_("Goes on at"), help_text=_("At most one year from today; the clock stands still until then."),
            widget=forms.DateInput(attrs={"type": "date", "min": today.isoformat()}),
        )
        return Extra(fields={"until": pick})
    if move.action == "extend":
        return Extra(reason_hint=_("One original limit is added if it is agreed. At most twice for a case."))
    if move.action == "supervise":
        due = forms.DateField(
            required=False, label=_("Answer until"), widget=forms.DateInput(attrs={"type": "date", "min": today.isoformat()})
        )
        return Extra(fields={"due_at": due}, reason_label=_("What do you expect?"))
    if move.action == "note":
        return Extra(photos=_("Photos"), reason_label=_("Note"), reason_required=False)
    if move.action == "milestone":
        codes = story.open_milestones(case)
        return Extra(fields={"code": forms.ChoiceField(choices=codes, label=_("Milestone"))}, reason_label=_("What was done"))
    if move.action == "merge":
        return Extra(fields={"main": forms.UUIDField(label=_("Number of the case that goes on"))})
    if move.action in ("void", "force_close"):
        return Extra(question=_("Ask for this? Somebody else has to agree; it stays on record."))
    if move.step in ("consult", "supervise"):
        return Extra(reason_label=_("Your answer"))
    return Extra()


def view_of(
    actor: Actor, case: Any, move: Move, tasks: Mapping[UUID, Any], maker: FieldMaker | None = None, *, data: Any = None, key: str = ""
) -> MoveView:
    """Make a move's form; bound when `data` is given."""
    task = tasks.get(move.task_uid) if move.task_uid else None
    extra = maker(actor, case, move, task) if maker else Extra()
    if extra == Extra():
        extra = generic_extra(actor, case, move, task)
    if task is not None and task.kind != "process" and not extra.note and task.data.get("reason"):
        asked = _("%(name)s asks: %(reason)s") % {"name": task.data.get("asked_by_name", ""), "reason": task.data["reason"]}
        extra = replace(extra, note=asked)
    name = dom_id(move)
    form = MoveForm(data, extra=extra, move=move, prefix=name, auto_id=f"id_{name}_%s") if data is not None else MoveForm(
        extra=extra, move=move, prefix=name, auto_id=f"id_{name}_%s"
    )
    return MoveView(move=move, form=form, extra=extra, version=case.version, key=key or str(uuid7()), dom_id=name)


def find(moves: list[Move], post: Mapping[str, str]) -> Move | None:
    """Return the move that a form was sent for, if the actor may still do it."""
    wanted = (post.get("action", ""), post.get("outcome", ""), post.get("task", ""))
    return next((m for m in moves if (m.action, m.outcome, str(m.task_uid or "")) == wanted), None)


def stale_move(post: Mapping[str, str]) -> Move:
    """Return the move of a form whose step has gone meanwhile: the service says who did what."""
    try:
        task = UUID(post.get("task", "")) if post.get("task") else None
    except ValueError as error:
        raise BadInput.one("task", "unknown", _("This is not the number of a task.")) from error
    action = post.get("action", "")[:40]
    return Move(action=action, label=action, task_uid=task, outcome=post.get("outcome", "")[:40])


def answered(actor: Actor, key: str) -> str:
    """Return the label kept with a form that was done before; empty when it was not."""
    found = kept_answer(actor, key) if key else None
    return str(found.get("label") or _("already done")) if found else ""


def keep_uploads(
    request: HttpRequest, actor: Actor, field_name: str, stage: str, token: str = "", *, kept: str = "uploaded"
) -> tuple[list[Any], list[str]]:
    """Store the photos sent with a form; return them, after those sent before, and the hashes that name the content.

    They belong to nobody yet: when the form is refused, the page shows them again and sends only their numbers.
    """
    rows = [file_queries.attachment(actor, uid, token) for uid in request.POST.getlist(kept)[:MOST_PHOTOS]]
    for upload in request.FILES.getlist(field_name)[: MOST_PHOTOS - len(rows)]:
        rows.append(files.store_upload(actor=actor, file=upload, stage=stage, token=token, photo_only=True))
    return rows, [row.original_sha256 for row in rows]


def do(actor: Actor, case: Any, shown: MoveView, request: HttpRequest, config: MatterConfig) -> ActionResult | None:
    """Do what a form asks, once; on a refusal the view carries what to say and None is returned.

    The request's own number names the form, so a second click, or the same form sent again by a poor network, gets the
    first answer. Photos are compared by content, because a browser sends them again each time.
    """
    move, form, extra = shown.move, shown.form, shown.extra
    shown.is_open = True
    try:
        stage = str(config.step(move.step).get("files_stage", "other"))
        rows, hashes = keep_uploads(request, actor, f"{shown.dom_id}-photos", stage) if extra.photos else ([], [])
        shown.uploaded = [file_view(r) for r in rows]
        if not form.is_valid():
            return None
        version = request.POST.get("version", "")
        wanted = ActionRequest(
            action=move.action, case_uid=case.uid, task_uid=move.task_uid, outcome=move.outcome,
            reason=form.cleaned_data.get("reason", ""), data=form.answers(), files=tuple(r.uid for r in rows),
            version=texts.whole(version),
        )  # fmt: skip
        body = {**asdict(wanted), "files": hashes}
        answer, _repeated = once(
            actor, shown.key, body, lambda: {"result": _plain(cases.act(actor, wanted)), "label": shown.label}
        )
        return _result(answer["result"])
    except ProblemError as problem:
        _show(shown, problem)
        return None


def _plain(result: ActionResult) -> dict[str, Any]:
    return {"case": str(result.case_uid), "state": result.state, "version": result.version}


def _result(answer: Mapping[str, Any]) -> ActionResult:
    return ActionResult(case_uid=UUID(answer["case"]), state=answer["state"], version=answer["version"])


def _show(shown: MoveView, problem: ProblemError) -> None:
    """Put a refusal where it belongs: at its field when the form has it, else at the top."""
    shown.problem = problem
    if not isinstance(problem, BadInput):
        return
    rest = []
    for error in problem.errors:
        if error["field"] in shown.form.fields and shown.form.is_bound:
            shown.form.add_error(error["field"], error["message"])
        else:
            rest.append(error)
    shown.problem = BadInput(errors=tuple(rest)) if rest else None
