"""Models and lineage: what is computed from what, and where each column came from and went."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.datahub.pages.common import actor_of
from yiwang.apps.datahub.queries import transforms as queries
from yiwang.apps.datahub.services import transforms as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door

TONES = {"done": "done", "failed": "overdue", "broken": "soon", "running": "neutral"}


@require_http_methods(["GET", "POST"])
@door(queries.VIEW)
def model_list(request: HttpRequest) -> HttpResponse:
    """GET /data/models/: the models whose data sets the reader knows; POST: run them now."""
    actor = actor_of(request)
    if request.method == "POST":
        services.ask(actor)
        messages.success(request, _("They will run in a moment."))
        return redirect("datahub:models")
    models, wrong = queries.definitions()
    seen, (_ready, held), runs = queries.seen(actor), services.plan(), queries.last_runs()
    last = next((r for r in runs if r.state == "done"), None)
    rows = []
    for model in models.values():
        dataset = seen.get(model.code)
        if dataset is None:
            continue
        reads = [{"code": c, "name": texts.pick(seen[c].name) if c in seen else "", "hidden": c not in seen} for c in model.reads]
        rows.append({
            "code": model.code, "name": texts.pick(dataset.name), "about": texts.pick(model.about) if model.about else "", "body": texts.pick(dataset.org.name), "reads": reads,
            "rows": dataset.rows, "landed_at": dataset.landed_at, "waits": [c for c in held.get(model.code, ()) if c in seen] if model.code in held else None,
            "result": last.results.get(model.code) if last else None, "sql": model.sql, "kind": "Ibis" if model.expression else "SQL",
        })  # fmt: skip
    may_run = actor.may_anywhere(queries.RUN)
    shown = [{"at": r.began_at, "engine": "Spark" if r.engine == "spark" else "DuckDB", "state": r.get_state_display(), "tone": TONES.get(r.state, "neutral"), "why": r.why_text if may_run else "", "models": len(r.results), "rows": sum(x["rows"] for x in r.results.values())} for r in runs]
    return render(request, "datahub/transforms/models.html", {"rows": rows, "wrong": wrong if may_run else {}, "runs": shown, "may_run": may_run})


@require_GET
@door(queries.VIEW)
def lineage(request: HttpRequest, code: str) -> HttpResponse:
    """GET /data/lineage/<code>/?column=: a data set's columns, what each is made of and where it went."""
    column = request.GET.get("column", "")[:63]
    made = queries.lineage(actor_of(request), code, column)
    return render(request, "datahub/transforms/lineage.html", {**made, "name": texts.pick(made["dataset"].name)})


