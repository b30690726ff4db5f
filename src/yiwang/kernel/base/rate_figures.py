"""Reading the figures of limits that one installation sets; plain Python, because the settings read it."""


def parse(text: str) -> dict[str, tuple[int, int]]:
    """Read `name=most/seconds` or `name=off`, comma-separated; `*` stands for all others.

    >>> parse("public-report=20/600, search=off")
    {'public-report': (20, 600), 'search': (0, 0)}
    """
    found = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, _, figures = part.partition("=")
        if figures == "off":
            found[name] = (0, 0)
            continue
        most, _, window = figures.partition("/")
        if not (name and most.isdigit() and window.isdigit() and int(most) and int(window)):
            raise ValueError(f"YIWANG_RATES: {part!r} is not name=most/seconds or name=off")
        found[name] = (int(most), int(window))
    return found
