"""A small made world for tests: one bounded city, three districts, bodies, people in every role, the matter loaded.

The city is 云望市 (371599) around 116.0 E, 36.45 N, as in the shipped data. 望川区 (371592) is dispatched by the city
directly, 云东区 (371591) through its own centre. `build()` needs a database; the fixture `world` builds one for a test.

Examples
--------
>>> world = build()                                     # doctest: +SKIP
>>> world.actor("acceptor")                             # doctest: +SKIP
>>> world.handler_of("wangchuan-sanitation").account    # doctest: +SKIP
"""

from __future__ import annotations

import csv
import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CITY, DIRECT, TWO_LEVEL, THIRD = "371599", "371592", "371591", "371593"
WEST, SOUTH, DISTRICT_W, STREET_W, HEIGHT, STEP = 115.97, 36.44, 0.02, 0.006, 0.02, 0.001
GRIDS_PER_SIDE = 5  # unit grids of a community, about 90 m by 111 m each
PASSWORD = "yunwang-2026"
ROOT = Path(__file__).resolve().parents[1]
CITY_DIR = ROOT / "src" / "yiwang" / "apps" / "city"
DISTRICTS = ((DIRECT, "望川区", "Wangchuan District", ("望湖街道", "柳岸街道", "长桥街道")),
             (TWO_LEVEL, "云东区", "Yundong District", ("朝霞街道", "听河街道", "云门街道")),
             (THIRD, "南陌区", "Nanmo District", ("南陌街道", "麦香街道", "新铺街道")))  # fmt: skip

# key: (role, organization, name, area code or "" for the city)
PEOPLE: dict[str, tuple[str, str, str, str]] = {
    "inspector": ("inspector", "centre-supervision", "丁巡", "371592001"),
    "inspector2": ("inspector", "centre-supervision", "林查", "371592"),
    "inspector3": ("inspector", "centre-supervision", "宋看", "371591"),
    "acceptor": ("acceptor", "centre-supervision", "何受", ""),
    "acceptor2": ("acceptor", "centre-hotline", "吕接", ""),
    "shift_leader": ("shift_leader", "centre-supervision", "郑值", ""),
    "shift_leader2": ("shift_leader", "centre-supervision", "钱班", ""),
    "dispatcher": ("dispatcher", "centre-command", "吴派", ""),
    "district_dispatcher": ("district_dispatcher", "yundong-command", "周区", "371591"),
    "handler": ("handler", "wangchuan-sanitation", "冯处", ""),
    "handler2": ("handler", "company-water", "陈水", ""),
    "leader": ("leader", "city-government", "沈领", ""),
    "evaluator": ("evaluator", "centre-supervision", "秦评", ""),
    "data_steward": ("data_steward", "city-government", "尤数", ""),
    "data_steward2": ("data_steward", "city-government", "伍数", ""),
    "data_owner": ("data_owner", "bureau-civil", "许民", ""),
    "data_owner2": ("data_owner", "bureau-health", "吕卫", ""),
    "data_clerk": ("data_clerk", "bureau-civil", "施报", ""),
    "administrator": ("administrator", "centre-command", "韩管", ""),
    "citizen": ("citizen", "", "杨民", ""),
    "security_administrator": ("security_administrator", "centre-command", "褚安", ""),
    "audit_administrator": ("audit_administrator", "centre-command", "卫审", ""),
}


@dataclass(frozen=True)
class Person:
    """An account with its first post."""

    key: str
    account: Any
    post: Any

    @property
    def username(self) -> str:
        return str(self.account.username)


@dataclass(frozen=True)
class World:
    """Everything a test names; areas and organisations by code, people and assets by key."""

    areas: dict[str, Any]
    orgs: dict[str, Any]
    people: dict[str, Person]
    assets: dict[str, Any] = field(default_factory=dict)
    matter: Any = None  # the loaded version of `city.problem`

    @property
    def city(self) -> Any:
        return self.areas[CITY]

    @property
    def district(self) -> Any:
        """The district that the city dispatches directly."""
        return self.areas[DIRECT]

    def account(self, key: str) -> Any:
        return self.people[key].account

    def actor(self, key: str, **more: Any) -> Any:
        """Return the person as an actor, with what his posts grant now."""
        from yiwang.kernel.identity.queries import actor_for

        return actor_for(self.people[key].account, **more)

    def public(self) -> Any:
        from yiwang.kernel.identity.queries import actor_for_public

        return actor_for_public()

    def client(self, key: str | None = None) -> Any:
        """Return a Django test client, signed in as the person."""
        from django.test import Client

        client = Client()
        if key is not None:
            client.force_login(self.people[key].account)
        return client

    def handler_of(self, code: str) -> Person:
        """Return somebody of an organisation who may handle; made when there is none."""
        key = f"handler:{code}"
        if key not in self.people:
            known = next((p for p in self.people.values() if p.post and p.post.role.code == "handler"
                          and p.post.organization.code == code), None)  # fmt: skip
            self.people[key] = known or _person(key, "handler", self.orgs[code], "处" + code[:8], None, self.orgs[code])
        return self.people[key]

    def point(self, column: int = 2, row: int = 2, district: str = DIRECT) -> tuple[float, float]:
        """Return the centre of a unit grid (column and row 0-4) of the district's first community: lon, lat."""
        west = WEST + DISTRICT_W * [d[0] for d in DISTRICTS].index(district)
        return round(west + (column + 0.5) * STEP, 6), round(SOUTH + (row + 0.5) * STEP, 6)

    @property
    def outside(self) -> tuple[float, float]:
        return 110.0, 30.0

    @property
    def no_grid(self) -> tuple[float, float]:
        """A point inside the first street where no unit grid is drawn."""
        return round(WEST + 0.0035, 6), round(SOUTH + 0.015, 6)


def build(*, matter: bool = True, two_level: bool = True) -> World:
    """Make the world in the present database. `matter=False` leaves out dictionary and matter (areas and people only)."""
    forget()
    areas = _areas(two_level)
    orgs = _organizations(areas)
    install_roles()
    people: dict[str, Person] = {}
    for key, (role, org, name, area) in PEOPLE.items():
        scope = orgs[org] if role in ("handler", "data_owner", "data_clerk") else None
        where = None if role.endswith("administrator") else areas[area or CITY]
        people[key] = _person(key, role, orgs.get(org), name, where, scope)
    version, assets = None, _assets(areas, orgs)
    if matter:
        from yiwang.apps.city.services import load_dictionary
        from yiwang.apps.city.services.emergency import load_preplans
        from yiwang.kernel.base.actor import system
        from yiwang.kernel.cases.services import load_matter

        load_dictionary()
        load_preplans()
        version = load_matter(system("test"), CITY_DIR / "matters" / "problem")
        _duties(areas, orgs)
    return World(areas=areas, orgs=orgs, people=people, assets=assets, matter=version)


def forget() -> None:
    """Empty what rooms keep by id for a process's life: another database has other rows under the same ids."""
    from django.contrib.contenttypes.models import ContentType

    from yiwang.kernel.cases import config as configs
    from yiwang.kernel.cases.queries import matters, names
    from yiwang.kernel.worktime.queries import forget as forget_calendars

    configs.forget()
    matters.forget()
    names.forget()
    forget_calendars()
    ContentType.objects.clear_cache()


def install_roles() -> None:
    """Store the roles of all manifests with what they grant."""
    from yiwang.kernel.base.actor import system
    from yiwang.kernel.identity.services import sync_shipped_roles

    sync_shipped_roles(system("test"))


def _texts(zh: str, en: str = "") -> dict[str, str]:
    return {"zh-Hans": zh, "en": en or zh}


def _areas(two_level: bool) -> dict[str, Any]:
    from yiwang.kernel.areas.models import Area
    from yiwang.kernel.geography.loading import copy_rows, polygon
    from yiwang.kernel.geography.models import AreaShape, ResponsibilityGrid, UnitGrid
    from yiwang.kernel.geography.services import measure_areas

    made: dict[str, Any] = {}
    shapes: list[tuple[Any, ...]] = []

    def box(x: float, y: float, width: float, height: float) -> str:
        x, y = round(x, 6), round(y, 6)
        right, top = round(x + width, 6), round(y + height, 6)
        return polygon([(x, y), (right, y), (right, top), (x, top)])

    def add(level: str, code: str, name: dict[str, str], parent: Any, shape: str, **more: Any) -> Any:
        area = Area(level=level, code=code, name=name, parent=parent, region=code[:6], path="-" + code, **more)
        area.save()
        area.path = f"{parent.path if parent else ''}{area.pk}."
        area.save(update_fields=["path"])
        made[code] = area
        shapes.append((area.pk, area.path, level, shape))
        return area

    city = add("city", CITY, _texts("云望市", "Yunwang City"), None, box(WEST - 0.03, SOUTH - 0.03, 0.12, 0.08), bounded=True,
               time_zone="Asia/Shanghai", calendar_code="cn")  # fmt: skip
    for number, (code, zh, en, streets) in enumerate(DISTRICTS):
        x = WEST + number * DISTRICT_W
        district = add("district", code, _texts(zh, en), city, box(x, SOUTH, DISTRICT_W, HEIGHT),
                       two_level=two_level and code == TWO_LEVEL)  # fmt: skip
        for at, street_name in enumerate(streets, 1):
            left = x + (at - 1) * STREET_W
            street = add("street", f"{code}{at:03d}", _texts(street_name), district, box(left, SOUTH, STREET_W, HEIGHT))
            community = add("community", f"{street.code}001", _texts(f"{street_name[:2]}社区"), street,
                            box(left, SOUTH, GRIDS_PER_SIDE * STEP, GRIDS_PER_SIDE * STEP))  # fmt: skip
            if at > 1:
                continue
            cells = []
            for row in range(GRIDS_PER_SIDE):
                for column in range(GRIDS_PER_SIDE):
                    serial = row * GRIDS_PER_SIDE + column + 1
                    cells.append(add("grid", f"{community.code}{serial:03d}", _texts(f"{serial}号网格", f"Grid {serial}"), community,
                                     box(left + column * STEP, SOUTH + row * STEP, STEP, STEP)))  # fmt: skip
            whole = box(left, SOUTH, GRIDS_PER_SIDE * STEP, GRIDS_PER_SIDE * STEP)
            copy_rows(ResponsibilityGrid._meta.db_table, ["code", "name", "area_id", "area_path", "shape"],
                      [(f"{code}Z0001", _texts(f"{street_name[:2]}责任网格", "Responsibility grid"), street.pk, street.path, whole)])  # fmt: skip
            grid = ResponsibilityGrid.objects.get(code=f"{code}Z0001")
            UnitGrid.objects.bulk_create([UnitGrid(area=cell, responsibility_grid=grid) for cell in cells])
    copy_rows(AreaShape._meta.db_table, ["area_id", "area_path", "level", "shape"], shapes)
    measure_areas()
    return made


def _organizations(areas: dict[str, Any]) -> dict[str, Any]:
    from yiwang.kernel.identity.models import Organization

    made: dict[str, Any] = {}
    with (CITY_DIR / "data" / "organizations.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            parent = made.get(row["parent"])
            org = Organization(
                code=row["code"], name=_texts(row["name_zh"], row["name_en"]), kind=row["kind"], parent=parent,
                credit_code=row["credit_code"], area=areas[row["area"]], path="-" + row["code"], phone="0635-8200000",
            )  # fmt: skip
            org.save()
            org.path = f"{parent.path if parent else ''}{org.pk}."
            org.save(update_fields=["path"])
            made[org.code] = org
    return made


_hashed: list[str] = []


def _person(key: str, role: str, org: Any, name: str, area: Any, org_scope: Any) -> Person:
    from django.contrib.auth.hashers import make_password

    from yiwang.kernel.identity.models import Account, Holding, Organization, Post, Role

    if not _hashed:
        _hashed.append(make_password(PASSWORD))
    account = Account.objects.create(
        username=key.replace(":", "-"), name=name, name_en=key, password=_hashed[0], is_citizen=role == "citizen",
        duty_phone="0635-8201234",
    )  # fmt: skip
    held = Role.objects.get(code=role)
    body = org or Organization.objects.get(code="city-government")
    post, _new = Post.objects.get_or_create(
        code=f"{body.code}-{role}", defaults={"name": held.name, "organization": body, "role": held}
    )
    Holding.objects.create(account=account, post=post, area=area, org_scope=org_scope)
    return Person(key, account, post)


def _assets(areas: dict[str, Any], orgs: dict[str, Any]) -> dict[str, Any]:
    """Three covers, a lamp and a door plate in the first community of the direct district."""
    from yiwang.kernel.geography.loading import copy_rows, point
    from yiwang.kernel.geography.models import AddressPoint, Asset

    community = areas[f"{DIRECT}001001"]
    grid = areas[f"{DIRECT}001001013"]
    lon, lat = WEST + 2.5 * STEP, SOUTH + 2.5 * STEP
    rows = [
        ("cover", "01001", "上水井盖", "Water-supply cover", lon, lat, "company-water", "company-water"),
        ("cover2", "01001", "上水井盖", "Water-supply cover", lon + 0.0004, lat, "company-water", "company-water"),
        ("drain", "01002", "污水井盖", "Sewage cover", lon - 0.0004, lat, "crew-drainage", "bureau-municipal"),
        ("lamp", "01037", "路灯", "Street lamp", lon, lat + 0.0004, "crew-lamps", "bureau-urban"),
    ]
    made = {}
    for number, (key, class_code, zh, en, x, y, keeper, owner) in enumerate(rows, 1):
        copy_rows(
            Asset._meta.db_table,
            ["code", "class_code", "name", "area_id", "area_path", "grid_id", "point", "keeper_org_id", "owner_org_id",
             "supervisor_org_id", "road", "address"],
            [(f"{DIRECT}{class_code}{number:06d}", class_code, _texts(zh, en), grid.pk, grid.path, grid.pk, point(x, y),
              orgs[keeper].pk, orgs[owner].pk, orgs["bureau-urban"].pk, "望湖路", "望湖路12号门前")],
        )  # fmt: skip
        made[key] = Asset.objects.get(code=f"{DIRECT}{class_code}{number:06d}")
    copy_rows(
        AddressPoint._meta.db_table, ["kind", "name", "road", "number", "point", "area_path"],
        [("address", "望湖路12号", "望湖路", "12号", point(lon, lat + 0.0001), community.path),
         ("address", "望湖路24号", "望湖路", "24号", point(lon + 0.0008, lat + 0.0001), community.path),
         ("poi", "望湖公园东门", "", "", point(lon + 0.0015, lat + 0.0010), community.path)],
    )  # fmt: skip
    return made


def _duties(areas: dict[str, Any], orgs: dict[str, Any]) -> None:
    from yiwang.apps.city.models import CityDuty

    with (CITY_DIR / "data" / "duties.csv").open(encoding="utf-8") as stream:
        rows = [
            CityDuty(duty=row["duty"], area=areas[row["area"]], organization=orgs[row["organization"]])
            for row in csv.DictReader(stream) if row["area"] in areas and row["organization"] in orgs
        ]  # fmt: skip
    CityDuty.objects.bulk_create(rows, ignore_conflicts=True)


# --- things to do in it ------------------------------------------------------------------------------------------------


def picture(text: str = "before", *, size: tuple[int, int] = (640, 480), exif: tuple[float, float] | None = None) -> bytes:
    """Return a JPEG that differs by its text: blocks and lines, so that perceptual hashes and scene matching have a grip."""
    import hashlib
    import io

    from PIL import Image, ImageDraw

    seed = hashlib.sha256(text.encode()).digest()
    image = Image.new("RGB", size, (seed[0] // 2 + 90, seed[1] // 2 + 90, seed[2] // 2 + 90))
    pen = ImageDraw.Draw(image)
    for i in range(0, 24, 2):
        x, y = seed[i] * size[0] // 256, seed[i + 1] * size[1] // 256
        pen.rectangle((x, y, x + 40 + seed[i] // 4, y + 30 + seed[i + 1] // 4), fill=(seed[i], seed[i + 1], seed[(i + 7) % 32]))
    pen.text((12, 12), text, fill=(0, 0, 0))
    out = io.BytesIO()
    if exif is None:
        image.save(out, "JPEG", quality=85)
    else:
        tags = image.getexif()
        tags[0x8825] = {1: "N", 2: _dms(exif[1]), 3: "E", 4: _dms(exif[0])}
        image.save(out, "JPEG", quality=85, exif=tags)
    return out.getvalue()


def _dms(degrees: float) -> tuple[float, float, float]:
    whole = int(degrees)
    minutes = int((degrees - whole) * 60)
    return float(whole), float(minutes), round((degrees - whole - minutes / 60) * 3600, 4)


@pytest.fixture
def world(db: None, world_database: Any) -> World:
    """The whole world, fresh for this test: built once a process, the test's changes rolled back (conftest.py)."""
    made: World = pickle.loads(world_database.kept)
    return made


@pytest.fixture
def bare_world(db: None) -> World:
    """Areas, bodies and people without the matter."""
    return build(matter=False)
