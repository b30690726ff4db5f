"""Setting what a wall shows: for oneself, or for the whole installation."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.city.models import ScreenSetup
from yiwang.apps.city.rules import screen as rules
from yiwang.apps.city.rules.screen import Setup
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.identity.models import Account

VIEW, SET = "city.screen.view", "city.screen.setup"


@transaction.atomic
def save_setup(*, actor: Actor, layout: str, cards: Iterable[str], for_all: bool = False) -> Setup:
    """Keep layout and cards for the actor, or for everybody who has none of his own.

    Raises
    ------
    NotPermitted
        He may not look at the screen, or not set it for all.
    BadInput
        There is no such layout or card. Nothing was written.
    """
    permission = SET if for_all else VIEW
    if not actor.may_anywhere(permission):
        actor.require(permission)
    try:
        wanted = rules.setup_of(layout, list(cards))
    except ValueError as error:
        raise BadInput.one("cards", "unknown", _("There is no such layout or card. Open the settings again.")) from error
    account = None if for_all else Account.objects.get(pk=actor.account_id or 0)
    ScreenSetup.objects.update_or_create(account=account, defaults={"layout": wanted.layout, "cards": list(wanted.cards), "set_at": now()})
    audit.record(actor, action="city.screen.setup", data={"layout": wanted.layout, "cards": list(wanted.cards), "for_all": for_all})
    return wanted


@transaction.atomic
def drop_setup(*, actor: Actor) -> None:
    """Forget the actor's own setup: his wall shows what the installation shows."""
    gone, _kinds = ScreenSetup.objects.filter(account=actor.account_id or 0).delete()
    if gone:
        audit.record(actor, action="city.screen.setup", data={"own": False})
