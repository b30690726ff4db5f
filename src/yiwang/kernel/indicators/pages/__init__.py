"""Doors of judging: rankings, numbers that open, objects, definitions, closed results, bulletins."""
