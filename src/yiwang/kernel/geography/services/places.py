"""Upkeep of the index of places."""

from django.db import connection, transaction

from yiwang.kernel.geography.models import Sound
from yiwang.kernel.geography.rules.addresses.sounds import table


def keep_sounds() -> bool:
    """Bring the table of sounds to the rule that runs, and make the index of places anew where it changed.

    Runs with `yiwang setup`; returns whether anything was changed.
    """
    wanted = dict(table())
    there = dict(Sound.objects.values_list("letter", "sounds"))
    gone, changed = there.keys() - wanted.keys(), [letter for letter, sounds in wanted.items() if there.get(letter) != sounds]
    if not gone and not changed:
        return False
    with transaction.atomic():
        Sound.objects.filter(letter__in=gone).delete()
        Sound.objects.bulk_create(
            [Sound(letter=letter, sounds=wanted[letter]) for letter in changed], batch_size=5000, update_conflicts=True,
            update_fields=["sounds"], unique_fields=["letter"],
        )  # fmt: skip
        rebuild_places()
    return True


def rebuild_places() -> int:
    """Make the whole index of places anew from areas, roads and addresses; returns how many lines it has."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")  # a city's plates take a minute
        cursor.execute("SELECT yw_geo_rebuild_places()")
        return int(cursor.fetchone()[0])
