"""Lamps (红黄绿灯): green below 80 % of the limit, yellow to 100 %, red above."""

from enum import StrEnum

YELLOW_FROM = 0.8


class Lamp(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


def lamp(used_minutes: float, total_minutes: float, *, yellow_from: float = YELLOW_FROM) -> Lamp:
    """Return the lamp of a clock; both figures are minutes on its own clock.

    Exactly at the limit is still yellow: the limit is met. A limit of nothing is red as soon as time is used.

    >>> lamp(79, 100), lamp(80, 100), lamp(100, 100), lamp(100.1, 100)
    (<Lamp.GREEN: 'green'>, <Lamp.YELLOW: 'yellow'>, <Lamp.YELLOW: 'yellow'>, <Lamp.RED: 'red'>)
    """
    if used_minutes > total_minutes:
        return Lamp.RED
    if total_minutes > 0 and used_minutes >= yellow_from * total_minutes:
        return Lamp.YELLOW
    return Lamp.GREEN
