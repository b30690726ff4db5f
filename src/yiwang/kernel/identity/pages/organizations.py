"""Organisations as a tree, one organisation with its posts."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity import queries, services
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import KINDS, OrganizationChangeForm, OrganizationForm, PostForm
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.identity.pages.common import ADMIN, actor_of, submitted, typed


@require_GET
@door(ADMIN)
def organizations(request: HttpRequest) -> HttpResponse:
    """GET organizations/: the tree of bodies that the reader administers."""
    rows = [
        {"organization": o, "indent": range(o.path.count(".") - 1), "kind": KINDS.get(o.kind, o.kind)}  # type: ignore[call-overload]
        for o in queries.organizations_with_counts(actor_of(request))
    ]
    return render(request, "identity/organizations.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@door(ADMIN)
def new_organization(request: HttpRequest) -> HttpResponse:
    """GET, POST organizations/new/?parent=<id>: add a body."""
    form = OrganizationForm(actor_of(request), typed(request), initial={"parent": request.GET.get("parent")})

    def create(values: dict[str, object]) -> Organization:
        wanted = {k: v for k, v in values.items() if k not in ("name", "name_en")}
        return services.create_organization(actor_of(request), name=form.texts, **wanted)  # type: ignore[arg-type]

    if request.method == "POST" and (made := submitted(form, create)):
        return redirect("identity:organization", made.uid)
    return render(request, "identity/form.html", {
        "form": form, "heading": _("New organisation"), "button": _("Add"), "back": reverse("identity:organizations"),
        "back_label": _("Organisations and posts"),
    }, status=422 if form.errors else 200)  # fmt: skip


def _organization_page(request: HttpRequest, found: Organization, status: int = 200, **forms: object) -> HttpResponse:
    initial = {
        "name": found.name.get("zh-Hans"), "name_en": found.name.get("en"), "phone": found.phone,
        "is_active": found.is_active,
    }  # fmt: skip
    return render(request, "identity/organization.html", {
        "organization": found, "kind": KINDS.get(found.kind, found.kind),  # type: ignore[call-overload]
        "posts": queries.posts_with_holders(found.pk), "change_form": OrganizationChangeForm(initial=initial),
        "post_form": PostForm(), **forms,
    }, status=status)  # fmt: skip


@require_GET
@door(ADMIN)
def organization(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET organizations/<uid>/: one body, its posts and who holds them."""
    return _organization_page(request, queries.one(queries.visible_organizations(actor_of(request)), uid=uid))


@require_POST
@door(ADMIN)
def change_organization(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST organizations/<uid>/change/: name, phone, whether it still exists."""
    found = queries.one(queries.visible_organizations(actor_of(request)), uid=uid)
    form = OrganizationChangeForm(request.POST)

    def change(values: dict[str, object]) -> Organization:
        phone, is_active = str(values["phone"]), bool(values["is_active"])
        return services.update_organization(actor_of(request), found, name=form.texts, phone=phone, is_active=is_active)

    if not submitted(form, change):
        return _organization_page(request, found, 422, change_form=form)
    messages.success(request, _("Saved."))
    return redirect("identity:organization", uid)


@require_POST
@door(ADMIN)
def new_post(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST organizations/<uid>/posts/: add a seat."""
    found, form = queries.one(queries.visible_organizations(actor_of(request)), uid=uid), PostForm(request.POST)

    def create(values: dict[str, object]) -> object:
        code, role = str(values["code"]), values["role"]
        return services.create_post(actor_of(request), code=code, name=form.texts, organization=found, role=role)  # type: ignore[arg-type]

    if not submitted(form, create):
        return _organization_page(request, found, 422, post_form=form)
    messages.success(request, _("The post is added."))
    return redirect("identity:organization", uid)
