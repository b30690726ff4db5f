"""What the command screen (大屏幕监督指挥) reads: one place, its numbers, its points, its people.

A viewer sees areas in which he may see every case; so all who look at one area see the same, and one reading serves them.
"""

from yiwang.apps.city.queries.screen.numbers import Numbers, numbers
from yiwang.apps.city.queries.screen.place import Place, place_for, roots
from yiwang.apps.city.queries.screen.points import Moved, moved, points
from yiwang.apps.city.queries.screen.setup import setup_for

__all__ = ["Moved", "Numbers", "Place", "moved", "numbers", "place_for", "points", "roots", "setup_for"]
