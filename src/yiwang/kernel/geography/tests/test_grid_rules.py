"""Cutting, joining and checking grids: shapes in, findings out; one planted fault a rule (G01-G10)."""

import pytest
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from yiwang.kernel.geography.rules import codes, grids
from yiwang.kernel.geography.rules.grids import GridRuleError

X, Y, S = 115.98, 36.45, 0.001
HOME = box(X, Y, X + 4 * S, Y + 4 * S)


def cell(column, row=0, width=1.0, height=1.0):
    return box(X + column * S, Y + row * S, X + (column + width) * S, Y + (row + height) * S)


def told(pieces, **more):
    return [(f.rule, f.level, f.reason, f.piece) for f in grids.check(pieces, community=HOME, **more)]


@pytest.mark.parametrize(("fault", "pieces", "more", "expected"), [
    ("none", [cell(0, width=0.5), cell(0.5, width=0.5)], {"old": [cell(0)]}, []),
    ("G04", [Polygon([(X, Y), (X + S, Y + S), (X + S, Y), (X, Y + S)])], {}, [("G04", "error", "invalid", 0)]),
    ("G04-line", [LineString([(X, Y), (X + S, Y)])], {}, [("G04", "error", "invalid", 0)]),
    ("G05", [cell(0, width=0.6), cell(0.5, width=0.5)], {"old": [cell(0)]}, [("G05", "error", "overlap", 1)]),
    ("G05-there", [cell(1)], {"neighbours": [cell(1.5), cell(3)]}, [("G05", "error", "taken", 0)]),
    ("G06", [cell(0, width=0.5), cell(0.6, width=0.4)], {"old": [cell(0)]}, [("G06", "error", "gap", None)]),
    ("G06-more", [cell(0, height=1.2)], {"old": [cell(0)]}, [("G06", "notice", "grown", None)]),
    ("G07", [cell(3.5)], {}, [("G07", "error", "outside", 0)]),
    ("G10-small", [cell(0, width=0.02)], {}, [("G10", "error", "size", 0)]),
    ("G10-odd", [cell(0, width=0.1)], {}, [("G10", "notice", "unusual", 0)]),
    ("touching", [cell(1)], {"neighbours": [cell(0), cell(2), cell(1, 1)]}, []),
    ("sliver", [cell(0, width=0.4999999), cell(0.5, width=0.5)], {"old": [cell(0)]}, []),
], ids=lambda value: value if isinstance(value, str) else "")  # fmt: skip
def test_each_fault_is_named(fault, pieces, more, expected):
    assert told(pieces, **more) == expected, fault


@pytest.mark.parametrize(("line", "count"), [
    ([(X + S / 2, Y - S), (X + S / 2, Y + 2 * S)], 2), ([(X + S / 2, Y + S * 0.02), (X + S / 2, Y + S * 0.98)], 2),
    ([(X, Y), (X + S, Y + S)], 2), ([(X - S, Y + S * 0.3), (X + 2 * S, Y + S * 0.3)], 2),
])  # fmt: skip
def test_pieces_cover_what_was_cut(line, count):
    pieces = grids.split(cell(0), LineString(line))
    assert len(pieces) == count
    assert sum(p.area for p in pieces) == pytest.approx(cell(0).area)
    assert grids.check(pieces, old=[cell(0)], least_m2=0) == []
    assert pieces == grids.in_order(pieces)


@pytest.mark.parametrize(("line", "reason"), [
    (LineString([(X + S * 0.4, Y + S * 0.4), (X + S * 0.6, Y + S * 0.6)]), "no-cut"), (LineString([(X + 2 * S, Y), (X + 2 * S, Y + S)]), "no-cut"),
    (cell(0), "not-a-line"), (LineString(), "not-a-line"), (LineString([(X, Y - S), (X, Y + 2 * S)]), "no-cut"),
])  # fmt: skip
def test_lines_that_cut_nothing(line, reason):
    with pytest.raises(GridRuleError) as refused:
        grids.split(cell(0), line)
    assert refused.value.reason == reason


def test_joining():
    assert grids.merge([cell(0), cell(1), cell(1, 1)]).area == pytest.approx(3 * cell(0).area)
    for apart in ([cell(0), cell(2)], [cell(0), cell(1, 1)]):  # the second pair meets at a corner alone
        with pytest.raises(GridRuleError, match="apart"):
            grids.merge(apart)
    with pytest.raises(GridRuleError, match="empty"):
        grids.merge([])
    with pytest.raises(GridRuleError, match="apart"):
        grids.as_polygon(MultiPolygon([cell(0), cell(2)]))


def test_corners_drawn_by_hand_meet_those_that_are_there():
    drawn = Polygon([(x + 4e-6, y - 3e-6) for x, y in cell(1).exterior.coords])
    assert not drawn.equals(cell(1))
    assert grids.snapped(drawn, [cell(0), cell(2)]).intersection(cell(0)).area == pytest.approx(0, abs=1e-15)
    far = shapely.affinity.translate(drawn, 0.1)
    assert grids.snapped(far, [cell(0)]) == far


@pytest.mark.parametrize(("code", "reason"), [
    ("37150200100", "length"), ("371502001002001", "community"), ("371502001001_01", "length"), ("", "length"), ("3715020010010001", "length"),
])  # fmt: skip
def test_grid_codes_that_cannot_be(code, reason):
    with pytest.raises(codes.CodeError) as refused:
        codes.grid_code(code, "371502001001")
    assert refused.value.reason == reason


def test_codes_run_out_and_never_come_back():
    home = "371502001001"
    assert codes.next_grid_codes(home, [], 1) == [home + "001"]
    assert codes.next_grid_codes(home, [home + "005", "371502001002009"], 1) == [home + "006"]
    for used, count in (([home + "999"], 1), ([home + "990"], 10)):
        with pytest.raises(codes.CodeError, match="no"):
            codes.next_grid_codes(home, used, count)
    assert codes.grid_code(home + "0a1", home) == home + "0A1"
    assert codes.next_responsibility_code("371502", []) == "371502Z0001"
    with pytest.raises(codes.CodeError):
        codes.next_responsibility_code("371502", ["371502Z9999"])


def test_neighbours_share_corners():
    """G08: three grids meet in one corner of all three; giving it to one changes nothing of its ground."""
    south, west, east = cell(0, width=2), cell(0, 1), cell(1, 1)
    assert grids.lacking([west, east], [south]) == (1, 1)
    mended = grids.with_corners(south, [west, east])
    assert grids.lacking([west, east], [mended]) == (0, 0)
    assert len(mended.exterior.coords) == len(south.exterior.coords) + 1
    assert mended.equals(south)
    assert grids.lacking([west], [cell(3, 3)]) == (0, 0)
    assert grids.lacking([], [south]) == grids.lacking([south], []) == (0, 0)
    crossed = Polygon([(X, Y), (X + S, Y + S), (X + S, Y), (X, Y + S)])
    assert grids.with_corners(crossed, [south]) is crossed
