"""Upkeep of the index of places."""

from django.db import connection, transaction

from yiwang.kernel.geography.models import Sound
from yiwang.kernel.geography.rules.addresses.sounds import table


def keep_sounds() -> bool:
    """Bring the table of sounds to the rule that runs, and make the index of places anew where it changed.

    Runs with `yiwang setup`; returns whether anything was changed.
    """
    wanted = dict(table())
    if dict(Sound.objects.values_list("letter", "sounds")) == wanted:
        return False
    with transaction.atomic():
        Sound.objects.all().delete()
        Sound.objects.bulk_create([Sound(letter=letter, sounds=sounds) for letter, sounds in wanted.items()], batch_size=5000)
        rebuild_places()
    return True


def rebuild_places() -> int:
    """Make the whole index of places anew from areas, roads and addresses; returns how many lines it has."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT yw_geo_rebuild_places()")
        return int(cursor.fetchone()[0])
