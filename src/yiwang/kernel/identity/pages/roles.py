"""Roles: what each grants, in the words of the manifests."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.kernel.base import registry
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity import queries, services
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import RoleForm
from yiwang.kernel.identity.models import Role
from yiwang.kernel.identity.pages.common import SECURITY, actor_of, submitted, typed


@require_GET
@door(SECURITY)
def roles(request: HttpRequest) -> HttpResponse:
    """GET roles/: every role, whether shipped, whether changed here."""
    return render(request, "identity/roles.html", {"roles": queries.roles(), "changed": queries.changed_roles()})


@require_http_methods(["GET", "POST"])
@door(SECURITY)
def new_role(request: HttpRequest) -> HttpResponse:
    """GET, POST roles/new/: add a local role."""
    form = RoleForm(typed(request))

    def create(values: dict[str, object]) -> Role:
        return services.create_role(actor_of(request), code=str(values["code"]), name=form.texts)

    if request.method == "POST" and (made := submitted(form, create)):
        return redirect("identity:role", made.code)
    return render(request, "identity/form.html", {
        "form": form, "heading": _("New role"), "button": _("Add"), "back": reverse("identity:roles"),
        "back_label": _("Roles"),
    }, status=422 if form.errors else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
@door(SECURITY)
def role(request: HttpRequest, code: str) -> HttpResponse:
    """GET, POST roles/<code>/ permissions=...: what the role grants."""
    found = queries.one(queries.roles(), code=code)
    granted, errors = queries.granted_by(found.pk), ()
    if request.method == "POST":
        granted = set(request.POST.getlist("permissions"))
        try:
            services.set_role_permissions(actor_of(request), found, granted)
        except BadInput as problem:
            errors = problem.errors  # type: ignore[assignment]
        else:
            messages.success(request, _("Saved. It holds from the next click of everybody in this role."))
            return redirect("identity:role", code)
    groups = [
        {
            "label": manifest.label,
            "permissions": [
                {"code": p.code, "label": p.label, "public": p.public, "office": p.office, "granted": p.code in granted}
                for p in manifest.permissions
            ],
        }
        for manifest in registry.manifests().values()
        if manifest.permissions
    ]
    context: dict[str, object] = {
        "role": found, "groups": groups, "errors": errors, "is_mine": found.code in actor_of(request).roles,
        "is_changed": found.pk in queries.changed_roles(),
    }  # fmt: skip
    return render(request, "identity/role.html", context, status=422 if errors else 200)
