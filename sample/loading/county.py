"""The whole load: ground, closed cases and open ones, the last two side by side."""

import io
import json
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from sample import county
from sample.loading import census, data, ground, history, judging, living, patrols, pressing, twins
from sample.people import PASSWORD
from sample.spec import Spec
from yiwang.kernel.exchange import relay
from yiwang.kernel.indicators.services import facts as indicators

Say = Callable[[str], None]
TWO_LEVEL = "371591"
# Readers of the record that must not act on a year that is over; those that count (facts) read it from its beginning.
UNTOLD = ("notices", "calendars", "accounts", "facts", "supervision")


class NotEmpty(RuntimeError):
    """The database holds areas already; nothing was changed."""


def load(spec: Spec, say: Say) -> Path:
    """Load the sample county into an empty, migrated database and return the file that lists its accounts.

    Raises
    ------
    NotEmpty
        There is something in it.
    RuntimeError
        A part could not be loaded; the database has to be made again (`./dev up` does so by itself).
    """
    if ground.present():
        raise NotEmpty("This database is not empty: the sample is only loaded into a new one. Use another data folder.")
    began = time.monotonic()
    call_command("setup", stdout=io.StringIO())
    with county.no_collection():
        made = county.build(spec)
        say(f"made: {len(made.closed)} closed and {len(made.open) + len(made.twins)} open cases ({time.monotonic() - began:.0f} s)")
        known = ground.load(spec, made.land, made.streets, made.people, made.assets, say)
        writer = history.prepare(spec, known, made.closed)
        connections.close_all()
        # Numbers are drawn by district, so districts can be played side by side and still come out the same each time.
        first = [s for s in made.open if s.district == TWO_LEVEL]
        children = [
            history.fork(lambda: living.Player(spec, known, made.people).play(first)),
            history.fork(lambda: living.Player(spec, known, made.people).play([s for s in made.open if s.district != TWO_LEVEL])),
        ]
        try:
            writer.run(made.closed)
        finally:
            history.wait(children)
        history.finish(writer, made.closed)
        twins.Doubler(spec, known, made.open).run(made.twins)
        living.truth(made.open)
        began_census = time.monotonic()
        orders = census.play(spec)
        say(f"{len(orders)} censuses ({time.monotonic() - began_census:.1f} s)")
        began_judging = time.monotonic()
        acts = pressing.play(spec) + judging.play(spec)
        say(f"{acts} acts of supervision and judging ({time.monotonic() - began_judging:.1f} s)")
        data.play(spec, say)
        say(f"{patrols.play(spec)} inspectors on patrol on the last day")
    say(f"cases stored ({time.monotonic() - began:.0f} s)")
    _untold()
    indicators.fill()
    say(f"facts made ({time.monotonic() - began:.0f} s)")
    began_closing = time.monotonic()
    say(f"{judging.close(spec)} results, bulletins and sheets ({time.monotonic() - began_closing:.1f} s)")
    data.finish(spec, say)
    _untold()
    say(f"open cases: {', '.join(f'{state} {n}' for state, n in living.states().items())}")
    path = describe(made)
    say(f"sample loaded in {time.monotonic() - began:.0f} s")
    return path


def _untold() -> None:
    for name in UNTOLD:
        relay.skip_to_now(name)


def describe(made: county.County) -> Path:
    """Write what a visitor needs: who may sign in, and the key of the Open311 interface."""
    path = Path(settings.DATA_DIR) / "sample.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "size": made.spec.size.name, "as_of": made.spec.as_of.isoformat(), "seed": made.spec.seed,
        "accounts": [
            {"role": a.role, "username": a.username, "password": PASSWORD, "name": a.name, "name_en": a.name_en}
            for a in made.people.accounts if a.shown
        ],
        "open311": {"api_key": ground.CLIENT_KEY},
    }  # fmt: skip
    whole = path.with_suffix(".tmp")
    whole.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    whole.replace(path)
    return path
