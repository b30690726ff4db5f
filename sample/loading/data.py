"""The data centre of the sample county: what its subjects play, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sample.loading import base, collecting, economy, hub, opened, rights, sharing, space, standards
from sample.spec import Spec

Say = Callable[[str], None]


def _timed(say: Say, words: str, play: Callable[[], Any]) -> None:
    began = time.monotonic()
    made = play()
    if isinstance(made, dict):
        made = ", ".join(f"{name} {n}" for name, n in made.items())
    say(f"{words}: {made if isinstance(made, int | str) else len(made)} ({time.monotonic() - began:.1f} s)")


def play(spec: Spec, say: Say) -> None:
    """Deliver, agree on standards, share, and let people read and ask."""
    _timed(say, "deliveries of data", lambda: hub.play(spec))
    _timed(say, "runs of sources", lambda: collecting.play(spec))
    _timed(say, "acts of data standards", lambda: standards.play(spec))
    _timed(say, "data sharing", lambda: sharing.play(spec))
    _timed(say, "acts of the right to know", lambda: rights.play(spec))
    _timed(say, "series of the economy", lambda: economy.play(spec))
    _timed(say, "layers catalogued", lambda: space.play(spec))


def finish(spec: Spec, say: Say) -> None:
    """Link persons and bodies; open the sets that anybody may have, once the figures they are made of are there."""
    _timed(say, "base databases", lambda: base.play(spec.seed, spec.as_of))
    _timed(say, "open data sets", lambda: opened.play(spec))
