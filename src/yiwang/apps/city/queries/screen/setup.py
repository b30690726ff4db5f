"""What somebody's wall shows: his own setup, else the installation's, else everything."""

from django.db.models import Q

from yiwang.apps.city.models import ScreenSetup
from yiwang.apps.city.rules import screen as rules
from yiwang.apps.city.rules.screen import Setup
from yiwang.kernel.base.actor import Actor


def setup_for(actor: Actor) -> Setup:
    """Return the setup; cards that do not exist any more are left out. One query."""
    rows = {row.account_id: row for row in ScreenSetup.objects.filter(Q(account__isnull=True) | Q(account=actor.account_id))}
    row = rows.get(actor.account_id) or rows.get(None)
    if row is None:
        return rules.usual()
    known = set(rules.spec().cards)
    return rules.setup_of(row.layout if row.layout in rules.LAYOUTS else "auto", [c for c in row.cards if c in known])
