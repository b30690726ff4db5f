"""A small county: one bounded city, two districts, streets, communities and a row of unit grids."""

from dataclasses import dataclass, field

import pytest

from tests.world import world as world  # fixture
from yiwang.kernel.areas.models import Area
from yiwang.kernel.areas.services import add_area
from yiwang.kernel.geography.loading import copy_rows, point, polygon
from yiwang.kernel.geography.services import measure_areas

X0, Y0, STEP = 115.98, 36.45, 0.001  # a grid is about 90 m by 111 m


def box(x, y, width, height):
    return polygon([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])


@dataclass
class County:
    city: Area
    district: Area
    street: Area
    community: Area
    grids: list[Area] = field(default_factory=list)

    @staticmethod
    def centre(column, row=0):
        return X0 + (column + 0.5) * STEP, Y0 + (row + 0.5) * STEP


@pytest.fixture
def county(db):
    city = add_area(level="city", code="371500", name={"zh-Hans": "聊城市", "en": "Liaocheng"}, bounded=True)
    district = add_area(level="district", code="371502", name={"zh-Hans": "东昌府区"}, parent=city)
    street = add_area(level="street", code="371502001", name={"zh-Hans": "柳园街道"}, parent=district)
    community = add_area(level="community", code="371502001001", name={"zh-Hans": "湖滨社区"}, parent=street)
    grids = [
        add_area(level="grid", code=f"3715020010010{n:02d}", name={"zh-Hans": f"{n}号网格"}, parent=community) for n in range(1, 6)
    ]
    shapes = [(city, box(X0 - 0.05, Y0 - 0.05, 0.1, 0.1)), (district, box(X0 - 0.02, Y0 - 0.02, 0.04, 0.04)),
              (street, box(X0 - 0.01, Y0 - 0.01, 0.02, 0.02)), (community, box(X0, Y0, 0.006, 0.006))]
    # Four grids touch in a row; the fifth lies apart.
    shapes += [(g, box(X0 + n * STEP if n < 4 else X0, Y0 if n < 4 else Y0 + 0.004, STEP, STEP)) for n, g in enumerate(grids)]
    copy_rows("yw_geography_areashape", ["area_id", "area_path", "level", "shape"],
              [(a.pk, a.path, a.level, s) for a, s in shapes])
    copy_rows("yw_geography_unitgrid", ["area_id"], [(g.pk,) for g in grids])
    measure_areas()
    return County(city, district, street, community, grids)


@pytest.fixture
def assets(county):
    rows = []
    for n in range(1, 41):
        x, y = X0 + 0.0001 * n, Y0 + 0.0005
        class_code = "01001" if n % 2 else "01002"
        rows.append((f"371502{class_code}{n:06d}", class_code, {"zh-Hans": "上水井盖", "en": "Cover"}, county.community.pk,
                     county.community.path, point(x, y)))
    copy_rows("yw_geography_asset", ["code", "class_code", "name", "area_id", "area_path", "point"], rows)
    return rows


@pytest.fixture
def addresses(county):
    rows = [
        ("address", "东昌西路42号", "东昌西路", "42号", [], point(X0 + 0.0005, Y0 + 0.0008)),
        ("address", "东昌西路24号", "东昌西路", "24号", [], point(X0 + 0.0015, Y0 + 0.0008)),
        ("poi", "聊城大学东门", "", "", ["聊大东门", "大学东门"], point(X0 + 0.003, Y0 + 0.003)),
        ("crossing", "东昌西路与柳园路路口", "东昌西路", "", [], point(X0 + 0.004, Y0 + 0.001)),
    ]
    copy_rows("yw_geography_addresspoint", ["kind", "name", "road", "number", "aliases", "point", "area_path"],
              [(*row, county.community.path) for row in rows])
    copy_rows("yw_geography_road", ["name", "aliases", "line", "area_path"],
              [("柳园路", ["柳园大街"], f"SRID=4326;MULTILINESTRING(({X0} {Y0}, {X0 + 0.004} {Y0}))", county.street.path)])
