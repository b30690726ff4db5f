"""People: list, a new account, one person with his posts."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.paging import capped_count, page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity import queries, services
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import AccountChangeForm, AccountForm, HoldingForm, ReasonForm
from yiwang.kernel.identity.models import Account, Standing
from yiwang.kernel.identity.pages import safety
from yiwang.kernel.identity.pages.common import ADMIN, SECURITY, actor_of, column, status, submitted, typed


@require_GET
@door(ADMIN, SECURITY)
def accounts(request: HttpRequest) -> HttpResponse:
    """GET people/?q=: everybody whom the reader administers."""
    search = request.GET.get("q", "").strip()[:60]
    rows = queries.accounts(actor_of(request), search)
    page = page_by_key(rows, cursor=request.GET.get("cursor", ""))
    total, capped = capped_count(rows)
    posts = queries.current_posts_of([a.pk for a in page.rows])
    here = reverse("identity:accounts")

    def link(cursor: str) -> str:
        return f"{here}?{urlencode({'q': search, 'cursor': cursor})}" if cursor else ""

    context: dict[str, object] = {
        "search": search, "may_make": actor_of(request).may_anywhere(ADMIN),
        "columns": [
            column("name", _("Full name"), "link", main=True), column("username", _("User name")), column("posts", _("Posts")),
            column("state", _("State"), "status"), column("seen", _("Last signed in"), "datetime"),
        ],
        "rows": [
            {
                "href": reverse("identity:account", args=[account.uid]),
                "cells": {
                    "name": account.name or account.username, "username": account.username,
                    "posts": _(", ").join(pick(p.name) for p in posts.get(account.pk, [])),
                    "state": _state(account), "seen": account.last_login,
                },
            }
            for account in page.rows
        ],
        "pages": {
            "previous_url": link(page.previous), "next_url": link(page.next), "shown": len(page.rows), "total": total,
            "capped": capped,
        },
    }  # fmt: skip
    return render(request, "identity/accounts.html", context, part="rows")


STANDINGS = {
    Standing.ACTIVE: (gettext_lazy("May sign in"), "done"), Standing.DORMANT: (gettext_lazy("Dormant"), "paused"),
    Standing.TRANSFERRED: (gettext_lazy("Transferred, without a post"), "soon"), Standing.LEFT: (gettext_lazy("Has left"), "neutral"),
    Standing.CLOSED: (gettext_lazy("No longer in use"), "neutral"),
}  # fmt: skip


def _state(account: Account) -> dict[str, object]:
    if not account.is_active and account.standing == Standing.ACTIVE:
        return status(_("No longer in use"), "neutral")
    return status(*STANDINGS[Standing(account.standing)])


@never_cache
@require_http_methods(["GET", "POST"])
@door(ADMIN)
def new_account(request: HttpRequest) -> HttpResponse:
    """GET, POST people/new/: make an account; the answer shows its password, once."""
    form = AccountForm(typed(request))
    if request.method == "POST":
        made = submitted(form, lambda values: services.create_account(actor_of(request), **values))
        if made:
            return render(request, "identity/password.html", {"account": made[0], "password": made[1], "is_new": True})
    return render(request, "identity/form.html", {
        "form": form, "heading": _("New account"), "button": _("Create account"), "back": reverse("identity:accounts"),
        "back_label": _("People"), "lead": _("A password is made and shown once. The account opens nothing until the security administrator gives it a post."),
    }, status=422 if form.errors else 200)  # fmt: skip


def _account_page(request: HttpRequest, account: Account, status_code: int = 200, **forms: object) -> HttpResponse:
    initial = {"name": account.name, "name_en": account.name_en, "duty_phone": account.duty_phone}
    return render(request, "identity/account.html", {
        "safety": safety.panel(request, account),
        "account": account, "state": _state(account), "holdings": queries.holdings_of(account.pk),
        "current": set(queries.current_holdings(account.pk).values_list("pk", flat=True)),
        "delegations": queries.delegations(account.pk)[:20], "is_me": account.pk == actor_of(request).account_id,
        "change_form": AccountChangeForm(initial=initial), "holding_form": HoldingForm(actor_of(request)),
        "may_make": actor_of(request).may_anywhere(ADMIN), "may_grant": actor_of(request).may_anywhere(SECURITY), **forms,
    }, status=status_code)  # fmt: skip


@require_GET
@door(ADMIN, SECURITY)
def account(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET people/<uid>/: a person, his posts past and present, what can be changed."""
    return _account_page(request, queries.account_for(actor_of(request), uid))


@require_POST
@door(ADMIN)
def change_account(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST people/<uid>/change/: name and office phone."""
    person, form = queries.account_for(actor_of(request), uid), AccountChangeForm(request.POST)
    if not submitted(form, lambda values: services.update_account(actor_of(request), person, **values)):
        return _account_page(request, person, 422, change_form=form)
    messages.success(request, _("Saved."))
    return redirect("identity:account", uid)


@never_cache
@require_POST
@door(ADMIN)
def reset_password(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST people/<uid>/password/: a new password, shown once."""
    person = queries.account_for(actor_of(request), uid)
    password = services.reset_password(actor_of(request), person)
    return render(request, "identity/password.html", {
        "account": person, "password": password, "is_new": False, "waits": queries.waiting_password(person.pk),
    })  # fmt: skip


@require_POST
@door(ADMIN)
def set_active(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST people/<uid>/active/ active=0|1: close or open the account."""
    person = queries.account_for(actor_of(request), uid)
    services.set_active(actor_of(request), person, request.POST.get("active") == "1")
    return redirect("identity:account", uid)


@require_POST
@door(SECURITY)
def give_post(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST people/<uid>/posts/: appoint the person."""
    person, form = queries.account_for(actor_of(request), uid), HoldingForm(actor_of(request), request.POST)
    if not submitted(form, lambda values: services.give_post(actor_of(request), account=person, **values)):
        return _account_page(request, person, 422, holding_form=form)
    messages.success(request, _("The post is given."))
    return redirect("identity:account", uid)


@require_POST
@door(SECURITY)
def end_holding(request: HttpRequest, holding_id: int) -> HttpResponse:
    """POST holdings/<id>/end/ reason=: take the post away from now on."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise BadInput.one("reason", "required", _("Say why."))
    ended = services.end_holding(actor_of(request), holding_id, reason=form.cleaned_data["reason"])
    messages.success(request, _("The post has ended."))
    return redirect("identity:account", ended.account.uid)
