"""Areas, grids, bodies, people, roads, addresses and components by COPY."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from sample.components import AssetRow
from sample.land import Land, Ring
from sample.loading.known import Known, Person
from sample.people import PASSWORD, People
from sample.spec import CITY, ZONE, Spec, uid
from sample.streets import Streets
from yiwang.apps.city.models import CityClass, CityDuty
from yiwang.apps.city.rules.dictionary import rows as shipped_rows
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.actor import system
from yiwang.kernel.cases.config import of_version
from yiwang.kernel.cases.models import ManualRow, Matter
from yiwang.kernel.cases.queries import matters
from yiwang.kernel.geography.loading import copy_rows, point, reserve_ids
from yiwang.kernel.geography.models import (
    AddressPoint,
    AreaShape,
    Asset,
    GridInspector,
    ResponsibilityGrid,
    Road,
    UnitGrid,
)
from yiwang.kernel.geography.services import measure_areas
from yiwang.kernel.identity.models import Account, Holding, Organization, Post, Role
from yiwang.kernel.identity.services import create_client
from yiwang.kernel.process.engine import steps_of

Say = Callable[[str], None]
CLIENT_KEY = "yunwang-open311-sample-key"


def both(zh: str, en: str) -> dict[str, str]:
    return {"zh-Hans": zh, "en": en}


def shape(rings: list[Ring]) -> str:
    """Return a multipolygon of outer rings as text for COPY."""
    polygons = ", ".join("((" + ", ".join(f"{x!r} {y!r}" for x, y in ring) + "))" for ring in rings)
    return f"SRID=4326;MULTIPOLYGON({polygons})"


@transaction.atomic
def load(spec: Spec, land: Land, streets: Streets, people: People, assets: list[AssetRow], say: Say) -> Known:
    """Load everything that stands still and return the keys."""
    known = Known()
    _areas(spec, land, known)
    say(f"areas and grids: {len(land.areas)}")
    _organizations(spec, people, known)
    _people(spec, people, known)
    _grids(spec, land, people, known)
    _duties(known)
    say(f"organisations: {len(people.orgs)}, people: {len(people.accounts)}")
    _streets(spec, streets, land, known)
    _assets(spec, assets, known)
    say(f"components: {len(assets)}, addresses: {len(streets.places)}")
    _client(known)
    matter(known)
    return known


def _areas(spec: Spec, land: Land, known: Known) -> None:
    table = Area._meta.db_table
    ids = iter(reserve_ids(table, len(land.areas)))
    rng = spec.stream("area-uids")
    rows, shapes = [], []
    for area in land.areas:
        pk = next(ids)
        parent = known.areas.get(area.parent)
        path = f"{parent[1] if parent else ''}{pk}."
        known.areas[area.code] = (pk, path)
        root = area.level == "city"
        rows.append((
            pk, uid(rng), parent[0] if parent else None, area.level, area.code, both(area.name_zh, area.name_en), path, area.code[:6],
            area.manual_level, area.two_level, str(ZONE) if root else "", known.calendar if root else "",
            "EPSG:4490" if root else "", root, True,
        ))  # fmt: skip
        lon, lat = area.centroid
        shapes.append((pk, path, area.level, shape(area.rings), area.area_m2, point(lon, lat)))
    copy_rows(table, ["id", "uid", "parent_id", "level", "code", "name", "path", "region", "manual_level", "two_level", "time_zone",
                      "calendar_code", "crs", "bounded", "is_sample"], rows)  # fmt: skip
    copy_rows(AreaShape._meta.db_table, ["area_id", "area_path", "level", "shape", "area_m2", "centroid"], shapes)
    measure_areas()


def _grids(spec: Spec, land: Land, people: People, known: Known) -> None:
    table = ResponsibilityGrid._meta.db_table
    ids = reserve_ids(table, len(land.patrols))
    rng = spec.stream("patrol-uids")
    known.patrols = {p.code: pk for p, pk in zip(land.patrols, ids, strict=True)}
    copy_rows(
        table, ["id", "uid", "code", "name", "area_id", "area_path", "shape", "area_m2", "is_sample"],
        [(known.patrols[p.code], uid(rng), p.code, both(p.name_zh, p.name_en), *known.areas[p.street], shape(p.rings), p.area_m2, True)
         for p in land.patrols],
    )  # fmt: skip
    copy_rows(
        UnitGrid._meta.db_table, ["area_id", "responsibility_grid_id"],
        [(known.areas[g][0], known.patrols[p.code]) for p in land.patrols for g in p.grids],
    )
    walk = [(code, name, n > 0) for code, names in people.patrols.items() for n, name in enumerate(names)]
    codes = list(people.patrols)
    # The two inspectors of the city stand in for somebody each: without them nobody could check in another street's grid.
    walk += [(code, name, True) for code, name in ((codes[0], "inspector2"), (codes[-1], "inspector")) if name not in people.patrols[code]]
    copy_rows(
        GridInspector._meta.db_table, ["account_id", "grid_id", "shift", "is_substitute"],
        [(known.people[name].id, known.patrols[code], "", substitute) for code, name, substitute in walk],
    )  # fmt: skip


def _organizations(spec: Spec, people: People, known: Known) -> None:
    table = Organization._meta.db_table
    rng = spec.stream("org-uids")
    rows = []
    for org, pk in zip(people.orgs, reserve_ids(table, len(people.orgs)), strict=True):
        parent = known.orgs.get(org.parent)
        path = f"{parent[1] if parent else ''}{pk}."
        known.orgs[org.code] = (pk, path)
        rows.append((pk, uid(rng), org.code, org.credit_code, both(org.name_zh, org.name_en), org.kind, parent[0] if parent else None,
                     path, known.areas[org.area][0], "0635-8200000", True, True))  # fmt: skip
    copy_rows(table, ["id", "uid", "code", "credit_code", "name", "kind", "parent_id", "path", "area_id", "phone", "is_active",
                      "is_sample"], rows)  # fmt: skip


def _people(spec: Spec, people: People, known: Known) -> None:
    roles = dict(Role.objects.values_list("code", "pk"))
    rng = spec.stream("people-uids")
    posts = dict(zip([p.code for p in people.posts], reserve_ids(Post._meta.db_table, len(people.posts)), strict=True))
    by_code = {p.code: p for p in people.posts}
    copy_rows(
        Post._meta.db_table, ["id", "uid", "code", "name", "organization_id", "role_id", "is_active"],
        [(posts[p.code], uid(rng), p.code, both(p.name_zh, p.name_en), known.orgs[p.org][0], roles[p.role], True) for p in people.posts],
    )  # fmt: skip
    password = make_password(PASSWORD)  # one hash for all: they are all shown or unused, and scrypt takes its time
    table = Account._meta.db_table
    rows, holdings = [], []
    for account, pk in zip(people.accounts, reserve_ids(table, len(people.accounts)), strict=True):
        rows.append((pk, uid(rng), password, account.username, account.name, account.name_en, account.phone, account.is_citizen, True,
                     True, spec.start))  # fmt: skip
        first = by_code[account.posts[0]]
        known.people[account.username] = Person(pk, account.name, posts[first.code], first.name_zh, known.orgs[first.org][0])
        for code in account.posts:
            post = by_code[code]
            holdings.append((pk, posts[code], known.areas[post.area][0] if post.area else None, known.orgs[post.org_scope][0] if post.org_scope else None, spec.start))
    copy_rows(table, ["id", "uid", "password", "username", "name", "name_en", "duty_phone", "is_citizen", "is_sample", "is_active",
                      "date_joined"], rows)  # fmt: skip
    copy_rows(Holding._meta.db_table, ["account_id", "post_id", "area_id", "org_scope_id", "valid_from"], holdings)


def _duties(known: Known) -> None:
    CityDuty.objects.bulk_create(
        [
            CityDuty(duty=r["duty"], area_id=known.areas[r["area"]][0], organization_id=known.orgs[r["organization"]][0])
            for r in shipped_rows("duties")
        ]
    )


def _streets(spec: Spec, streets: Streets, land: Land, known: Known) -> None:
    rng = spec.stream("street-uids")
    root, path = known.areas[CITY]
    lines = [", ".join("(" + ", ".join(f"{x!r} {y!r}" for x, y in line) + ")" for line in r.lines) for r in streets.roads]
    copy_rows(
        Road._meta.db_table, ["uid", "name", "aliases", "area_id", "area_path", "line", "is_sample"],
        [(uid(rng), r.name, [r.name_en], root, path, f"SRID=4326;MULTILINESTRING({line})", True)
         for r, line in zip(streets.roads, lines, strict=True)],
    )  # fmt: skip
    copy_rows(
        AddressPoint._meta.db_table, ["uid", "kind", "name", "road", "number", "aliases", "area_id", "area_path", "point", "is_sample"],
        [(uid(rng), p.kind, p.name, p.road, p.number, p.aliases, *known.areas[land.grid_of[p.cell]], point(*p.point), True)
         for p in streets.places],
    )  # fmt: skip


def _assets(spec: Spec, assets: list[AssetRow], known: Known) -> None:
    rng = spec.stream("asset-uids")
    table = Asset._meta.db_table
    known.assets = {a.code: pk for a, pk in zip(assets, reserve_ids(table, len(assets)), strict=True)}

    def org(code: str) -> int | None:
        return known.orgs[code][0] if code else None

    def row(a: AssetRow) -> tuple[Any, ...]:
        grid_id, path = known.areas[a.grid]
        return (known.assets[a.code], uid(rng), a.code, a.class_code, both(a.name_zh, a.name_en), a.status, org(a.supervisor),
                org(a.owner), org(a.keeper), grid_id, path, grid_id, a.road, a.address, point(*a.point), a.accuracy, a.surveyed_on,
                "实测", a.extra, True)  # fmt: skip

    copy_rows(table, ["id", "uid", "code", "class_code", "name", "status", "supervisor_org_id", "owner_org_id", "keeper_org_id", "area_id",
                      "area_path", "grid_id", "road", "address", "point", "accuracy", "surveyed_on", "source", "extra", "is_sample"],
              (row(a) for a in assets))  # fmt: skip


def _client(known: Known) -> None:
    """Make the sample client of the Open311 interface."""
    role = Role.objects.get(code="open311_client")
    area = Area.objects.get(pk=known.areas[CITY][0])
    client, _key = create_client(
        system("sample"), code="open311-sample", name="云望市民开放接口", role=role, area=area, key=CLIENT_KEY, is_sample=True
    )
    known.client_id, known.client_name = client.pk, client.name


def matter(known: Known) -> None:
    """Look up the matter, its steps and its manual."""
    version = matters.current_version("city.problem")
    known.matter_id, known.version_id = Matter.objects.values_list("pk", flat=True).get(code="city.problem"), version.pk
    known.manual = dict(ManualRow.objects.filter(version_id=version.manual_id).values_list("key", "pk"))
    known.classes = {(k, c): n for k, c, n in CityClass.objects.values_list("kind", "code", "name")}
    config = of_version(version.pk)
    names = {s.spec: dict(s.name) for s in steps_of(matters.definition_of(version.pk))}
    known.steps = {
        step: {"name": names[step], "permission": config.step_permission(step), "state": config.step_state(step)} for step in names
    }


def present() -> bool:
    """Say whether the database holds areas already: a sample is only loaded into an empty one."""
    return Area.objects.exists()
