"""Perceptual hashes: 64 bits, alike when few differ. Split into bands, so that an index finds the near ones."""

BITS = 64
MAX_DISTANCE = 4
# Five bands: two hashes that differ in at most four bits agree in at least one whole band (pigeonhole).
BAND_WIDTHS = (13, 13, 13, 13, 12)


def signed(value: int) -> int:
    """Return the 64 bits as PostgreSQL's bigint holds them."""
    return value - (1 << 64) if value >= 1 << 63 else value


def unsigned(value: int) -> int:
    return value & (1 << 64) - 1


def bands(value: int) -> list[int]:
    """Return the five band numbers of a hash; each carries its place, so that bands do not mix.

    >>> bands(0)
    [0, 8192, 16384, 24576, 32768]
    """
    rest, found = unsigned(value), []
    for place, width in enumerate(BAND_WIDTHS):
        found.append(place << 13 | rest & (1 << width) - 1)
        rest >>= width
    return found


def distance(one: int, two: int) -> int:
    """Return in how many bits two hashes differ."""
    return (unsigned(one) ^ unsigned(two)).bit_count()
