"""Writes of the inspector's phone (城管通): acts that were kept until there was a network, shifts, tracks."""

from yiwang.apps.city.services.field.acts import take
from yiwang.apps.city.services.field.cover import keep_cover
from yiwang.apps.city.services.field.tracks import end_old_months, note_track_read, take_positions, take_track

__all__ = ["end_old_months", "keep_cover", "note_track_read", "take", "take_positions", "take_track"]
