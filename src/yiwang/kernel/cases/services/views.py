"""Saved views of lists."""

from django.utils.translation import gettext as _

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, NotSignedIn
from yiwang.kernel.base.texts import is_showable
from yiwang.kernel.cases.models import SavedView

MOST_VIEWS = 20


def save_view(actor: Actor, page: str, name: str, query: str) -> SavedView:
    """Keep a list's filters under a name; the same name replaces."""
    if actor.account_id is None:
        raise NotSignedIn
    name = name.strip()
    if not 1 <= len(name) <= 60:
        raise BadInput.one("name", "length", _("1 to %(most)s characters.") % {"most": 60})
    if not is_showable(name + query):
        raise BadInput.one("name", "control", _("The text has characters that cannot be shown. Type it again."))
    if len(query) > 1000:
        raise BadInput.one("query", "length", _("1 to %(most)s characters.") % {"most": 1000})
    if SavedView.objects.filter(account_id=actor.account_id, page=page).exclude(name=name).count() >= MOST_VIEWS:
        raise BadInput.one("name", "too-many", _("At most %(most)s saved views. Delete one first.") % {"most": MOST_VIEWS})
    row, _created = SavedView.objects.update_or_create(
        account_id=actor.account_id, page=page, name=name, defaults={"query": query}
    )
    return row


def delete_view(actor: Actor, view_id: int) -> None:
    if actor.account_id is None:
        raise NotSignedIn
    SavedView.objects.filter(pk=view_id, account_id=actor.account_id).delete()
