"""Make the world of the tests in the database of the environment and print, as JSON, what the phones need to know."""

from __future__ import annotations

import json

import django


def main() -> None:
    django.setup()
    from tests.world import PASSWORD, PEOPLE, build

    world = build()
    places = [world.point(c, r) for c in range(5) for r in range(5)]
    people = {key: world.people[key].username for key in PEOPLE}
    print(json.dumps({"password": PASSWORD, "people": people, "places": places}))


if __name__ == "__main__":
    main()
