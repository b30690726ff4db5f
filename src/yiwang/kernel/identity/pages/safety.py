"""What administrators do for the safety of accounts: locks, sessions, second factors, people who go (账号安全)."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity import handover, queries, services
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import PartForm, ReasonForm
from yiwang.kernel.identity.models import Account
from yiwang.kernel.identity.pages.common import ADMIN, SECURITY, actor_of, submitted, typed
from yiwang.kernel.identity.pages.own import session_rows
from yiwang.kernel.identity.services.life import Parting


def panel(request: HttpRequest, account: Account) -> dict[str, object]:
    """Return what the page of a person shows about the safety of his account."""
    factors = [f.type for f in queries.second_factors(account.pk)]
    return {
        "waits": queries.waiting_password(account.pk), "sessions": session_rows(account.pk), "locked": queries.locks(account.pk).first(),
        "has_app": "totp" in factors, "keys": factors.count("webauthn"),
        "asks_factor": queries.actor_for(account).needs_second_factor,
        "may_guard": actor_of(request).may(SECURITY), "may_make": actor_of(request).may(ADMIN),
        "work": sum(handover.open_work(account.pk).values()),
    }  # fmt: skip


def _reason(request: HttpRequest) -> str:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise BadInput.one("reason", "required", _("Say why."))
    return str(form.cleaned_data["reason"])


@never_cache
@require_GET
@door(SECURITY)
def locks(request: HttpRequest) -> HttpResponse:
    """GET locks/: names and addresses that are locked now."""
    return render(request, "identity/locks.html", {"rows": queries.locks()[:200]})


@require_POST
@door(SECURITY)
def release_lock(request: HttpRequest, lock_id: int) -> HttpResponse:
    """POST locks/<id>/release/ reason=: let the name or address try again."""
    services.release_lock(actor_of(request), lock_id, reason=_reason(request))
    messages.success(request, _("Released. The next try counts as the first."))
    return redirect("identity:locks")


@never_cache
@require_GET
@door(SECURITY)
def given_passwords(request: HttpRequest) -> HttpResponse:
    """GET given-passwords/: passwords that an administrator gave and that wait for a second hand; the last decided ones."""
    actor = actor_of(request)
    waiting = list(queries.given_passwords(actor)[:200])
    return render(request, "identity/given_passwords.html", {
        "rows": waiting, "decided": queries.given_passwords(actor, waiting=False)[:20], "me": actor.account_id,
        "posts": queries.current_posts_of([row.account_id for row in waiting]), "outcomes": OUTCOMES,
    })  # fmt: skip


OUTCOMES = {"released": (gettext_lazy("Released"), "done"), "refused": (gettext_lazy("Refused"), "overdue"), "replaced": (gettext_lazy("Replaced by another"), "neutral")}


@require_POST
@door(SECURITY)
def release_password(request: HttpRequest, given_id: int) -> HttpResponse:
    """POST given-passwords/<id>/release/ reason=: let the given password work."""
    services.release_password(actor_of(request), given_id, reason=_reason(request))
    messages.success(request, _("Released. The person can sign in with it now and then chooses another one."))
    return redirect("identity:given_passwords")


@require_POST
@door(SECURITY)
def refuse_password(request: HttpRequest, given_id: int) -> HttpResponse:
    """POST given-passwords/<id>/refuse/ reason=: take it away; the account has no password until another is released."""
    services.refuse_password(actor_of(request), given_id, reason=_reason(request))
    messages.success(request, _("Refused. Nobody can sign in to this account with a password until another one is given and released."))
    return redirect("identity:given_passwords")


@require_POST
@door(ADMIN, SECURITY)
def end_sessions(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST people/<uid>/sessions/end/ reason=: sign a person out everywhere."""
    person = queries.account_for(actor_of(request), uid)
    count = services.end_all_sessions(actor_of(request), person, reason=_reason(request))
    text = ngettext("%(count)s session has ended.", "%(count)s sessions have ended.", count)
    messages.success(request, text % {"count": count})
    return redirect("identity:account", uid)


@require_POST
@door(SECURITY)
def remove_second_factor(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST people/<uid>/second-factor/remove/ reason=: for somebody who has lost his."""
    person = queries.account_for(actor_of(request), uid)
    services.remove_second_factor(actor_of(request), person, reason=_reason(request))
    messages.success(request, _("The second factor is removed. A new one can be set up after the next sign-in."))
    return redirect("identity:account", uid)


@require_POST
@door(SECURITY)
def demand_second_factor(request: HttpRequest, code: str) -> HttpResponse:
    """POST roles/<code>/second-factor/ demanded=0|1: whether the role's holders sign in with two factors."""
    role = queries.one(queries.roles(), code=code)
    services.demand_second_factor(actor_of(request), role, request.POST.get("demanded") == "1")
    messages.success(request, _("Saved. It holds from the next click of everybody in this role."))
    return redirect("identity:role", code)


@require_POST
@door(ADMIN)
def wake(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST people/<uid>/wake/: let a dormant account sign in again."""
    services.wake(actor_of(request), queries.account_for(actor_of(request), uid))
    messages.success(request, _("The account is awake again."))
    return redirect("identity:account", uid)


@require_http_methods(["GET", "POST"])
@door(ADMIN)
def part(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST people/<uid>/part/: transferred or left; posts end and open tasks go over in one act."""
    person = queries.account_for(actor_of(request), uid)
    form = PartForm(person.pk, typed(request), initial={"how": request.GET.get("how", "transferred")})

    def go(values: dict[str, object]) -> Parting:
        return services.part(actor_of(request), person, **values)  # type: ignore[arg-type]

    if request.method == "POST" and (parting := submitted(form, go)):
        messages.success(request, _told(parting))
        return redirect("identity:account", uid)
    context: dict[str, object] = {
        "form": form, "account": person, "work": sum(handover.open_work(person.pk).values()),
        "holdings": queries.current_holdings(person.pk), "back": reverse("identity:account", args=[uid]),
        "is_me": person.pk == actor_of(request).account_id,
    }  # fmt: skip
    return render(request, "identity/part.html", context, status=422 if form.errors else 200)


def _told(parting: Parting) -> str:
    """Return what became of everything, in a sentence or two."""
    person = sum(p.to_person for p in parting.work.values())
    post = sum(p.to_post for p in parting.work.values())
    text = _("Done. Posts ended: %(posts)s. Tasks to the person: %(person)s, back to the post: %(post)s.") % {
        "posts": parting.posts, "person": person, "post": post,
    }  # fmt: skip
    if parting.vacant:
        text += " " + _("Nobody holds these posts now: %(posts)s") % {"posts": ", ".join(parting.vacant)}
    return text
