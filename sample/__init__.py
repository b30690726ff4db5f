"""The fictional county Yunwang (云望市): the same seed and as-of date give the same bytes.

`county.build` is pure and knows no database; `loading` copies what it gives into the tables and drives open cases
through the platform's own services. Nothing here is real: names, codes (371591-371593, 371599 are unassigned) and people.
"""
