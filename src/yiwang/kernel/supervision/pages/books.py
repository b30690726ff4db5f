"""Doors of warning rules: the books in force, one rule to look at or change, versions before."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.kernel.base import registry, texts
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.supervision import services
from yiwang.kernel.supervision.contracts import Escalation, Phase, Rule
from yiwang.kernel.supervision.pages.common import actor_of, try_form
from yiwang.kernel.supervision.pages.forms import CHANNELS, CLOCKS, TELL, RuleForm
from yiwang.kernel.supervision.queries import rulebook

EDIT = "supervision.rule.edit"
ALL = "orders"  # how the book of the empty app is called in addresses
TONES = {"green": "in_time", "yellow": "soon", "red": "overdue"}


def _app(book: str) -> str:
    return "" if book == ALL else book


@require_GET
@door(EDIT)
def rule_list(request: HttpRequest) -> HttpResponse:
    """GET /supervision/rules/: every book in force with its rules and its last versions."""
    books = []
    for row in rulebook.books():
        book = rulebook.in_force(row.app)
        label = registry.manifests()[row.app].label if row.app in registry.manifests() else _("Orders and notes")
        books.append({"row": row, "name": label, "key": row.app or ALL, "rules": [_shown(rule) for rule in book.rules], "versions": list(rulebook.versions(row.app)[:5])})
    return render(request, "supervision/rules.html", {"books": books})


def _shown(rule: Rule) -> dict[str, Any]:
    clocks, tell = {**dict(CLOCKS), "order": _("an order's deadline")}, dict(TELL)
    return {
        "rule": rule, "name": texts.pick(rule.name), "clock": clocks.get(rule.clock, rule.clock), "when": when(rule), "tone": TONES.get(rule.colour or "", "neutral"),
        "tell": "、".join(str(tell.get(w, w.removeprefix("post:"))) for w in rule.tell), "channels": "、".join(str(dict(CHANNELS).get(c, c)) for c in rule.channels),
        "steps": len(rule.escalate), "only": " ".join((*rule.areas, *rule.classes, *rule.steps)),
    }  # fmt: skip


def when(rule: Rule) -> str:
    """Return a rule's moment in words."""
    if rule.phase is Phase.AT:
        return _("when it is over")
    if rule.phase is Phase.AFTER:
        return _("%(n)s minutes after it") % {"n": rule.over_minutes}
    return _("%(n)s %% of it used") % {"n": f"{100 * rule.share:g}"} if rule.share is not None else _("%(n)s minutes before it") % {"n": rule.left_minutes}


@require_http_methods(["GET", "POST"])
@door(EDIT)
def rule_page(request: HttpRequest, book: str, code: str = "") -> HttpResponse:
    """GET, POST /supervision/rules/<book>/<code>/ or .../new/: one rule; saving it makes a new version of the book."""
    app = _app(book)
    found = rulebook.book_for(app)
    rule = found.one(code) if code else None
    form = RuleForm(request.POST if request.method == "POST" else None, app=app, known=bool(code), initial=_initial(rule) if rule else {"clock": "department", "phase": "at", "tell": ["doer"]})
    if request.method == "POST" and form.is_valid():
        shown = int(request.POST["version"]) if request.POST.get("version", "").isdecimal() else 0
        note = form.cleaned_data["note"]
        got = try_form(request, form, lambda: services.save_rule(actor_of(request), app, _raw(form, code), shown=shown, note=note, code=code), _("The rules are saved. Running limits follow them within a minute."))
        if got is not None:
            return redirect("supervision:rules")
    context: dict[str, object] = {"form": form, "rule": rule, "book": book, "version": request.POST.get("version", found.version), "name": texts.pick(rule.name) if rule else ""}
    return render(request, "supervision/rule.html", context, status=422 if form.errors else 200)


def _initial(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code, "name_zh": rule.name.get("zh-Hans", ""), "name_en": rule.name.get("en", ""), "clock": rule.clock, "phase": rule.phase.value,
        "share": 100 * rule.share if rule.share is not None else None, "left_minutes": rule.left_minutes, "over_minutes": rule.over_minutes, "colour": rule.colour or "",
        "tell": [w for w in rule.tell if not w.startswith("post:")], "posts": " ".join(w.removeprefix("post:") for w in rule.tell if w.startswith("post:")),
        "channels": list(rule.channels), "urgent": rule.urgent, "escalate": "\n".join(_line(step) for step in rule.escalate), "areas": " ".join(rule.areas),
        "classes": " ".join(rule.classes), "steps": " ".join(rule.steps),
    }  # fmt: skip


def _line(step: Escalation) -> str:
    return f"{step.after_minutes} {' '.join(step.tell)}"


def _raw(form: RuleForm, code: str) -> dict[str, Any]:
    values = form.cleaned_data
    name = {"zh-Hans": values["name_zh"], **({"en": values["name_en"]} if values["name_en"] else {})}
    phase = values["phase"]
    return {
        "code": code or values["code"], "name": name, "clock": values["clock"], "phase": phase, "share": values["share"] / 100 if values["share"] else None,
        "left_minutes": values["left_minutes"], "over_minutes": values["over_minutes"], "colour": values["colour"] or None,
        "tell": [*values["tell"], *(f"post:{p}" for p in values["posts"].split())], "channels": values["channels"], "urgent": values["urgent"],
        "escalate": [_step(line) for line in values["escalate"].splitlines() if line.strip()], "areas": values["areas"], "classes": values["classes"], "steps": values["steps"],
    }  # fmt: skip


def _step(line: str) -> dict[str, Any]:
    first, *whom = line.split()
    if not first.isdecimal() or len(first) > 9:
        raise BadInput.one("escalate", "minutes", _("Each line begins with the working minutes: 240 leader"))
    return {"after_minutes": int(first), "tell": whom}


@require_POST
@door(EDIT)
def rule_remove(request: HttpRequest, book: str, code: str) -> HttpResponse:
    """POST /supervision/rules/<book>/<code>/remove/ version=: take a rule out of the book."""
    shown = int(request.POST["version"]) if request.POST.get("version", "").isdecimal() else 0
    services.remove_rule(actor_of(request), _app(book), code, shown=shown)
    messages.success(request, _("The rule is taken out. Cards that it gave stay."))
    return redirect("supervision:rules")
