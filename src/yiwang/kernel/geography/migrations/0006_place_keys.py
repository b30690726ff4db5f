"""The index of places: names folded, as they sound, with a letter left out; door numbers and crossings by their roads."""

import django.contrib.gis.db.models.fields
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

FORWARD = r"""
CREATE FUNCTION yw_geo_sounds(folded text) RETURNS text[] LANGUAGE plpgsql STABLE AS $body$
DECLARE
    made text[] := ARRAY[''];
    heard text[];
    grown text[];
    way text;
    next text;
BEGIN
    FOR n IN 1 .. length(folded) LOOP
        SELECT sounds INTO heard FROM yw_geography_sound WHERE letter = substr(folded, n, 1);
        IF heard IS NULL THEN
            heard := ARRAY[substr(folded, n, 1)];
        ELSIF cardinality(made) * cardinality(heard) > 4 THEN
            heard := heard[1:1];
        END IF;
        grown := '{}';
        FOREACH way IN ARRAY made LOOP
            FOREACH next IN ARRAY heard LOOP
                grown := grown || (way || next || ' ');
            END LOOP;
        END LOOP;
        made := grown;
    END LOOP;
    RETURN made;
END
$body$;

-- In plpgsql, not SQL: its plan is kept, and a load of 200,000 rows comes by here each time.
CREATE FUNCTION yw_geo_put_place(
    p_kind text, p_ref bigint, p_level int, p_name text, p_aliases text[], p_other text, p_path text, p_at geometry, p_loose boolean
) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    first text := yw_geo_fold(p_name);
    written text[] := ARRAY[first];
    one text;
    heard text[] := '{}';
    gaps text[] := '{}';
BEGIN
    IF first = '' THEN
        RETURN;
    END IF;
    FOREACH one IN ARRAY p_aliases LOOP
        one := yw_geo_fold(one);
        IF one <> '' AND one <> ALL(written) THEN
            written := written || one;
        END IF;
    END LOOP;
    IF p_loose THEN
        FOREACH one IN ARRAY written LOOP
            IF length(one) BETWEEN 2 AND 16 AND one ~ '[一-鿿]' THEN
                heard := heard || yw_geo_sounds(one);
            END IF;
            IF length(one) BETWEEN 3 AND 16 THEN
                FOR n IN 1 .. length(one) LOOP
                    IF substr(one, n, 1) !~ '[0-9]' THEN
                        gaps := gaps || overlay(one PLACING '' FROM n FOR 1);
                    END IF;
                END LOOP;
            END IF;
        END LOOP;
    END IF;
    INSERT INTO yw_geography_placekey (key, way, kind, ref, level, name, number, rest, other, area_path, at)
    SELECT k, CASE WHEN k = first THEN 'name' ELSE 'alias' END, p_kind, p_ref, p_level, p_name, NULL, '', p_other, p_path, p_at FROM unnest(written) AS k
    UNION ALL SELECT DISTINCT k, 'sound', p_kind, p_ref, p_level, p_name, NULL::int, '', p_other, p_path, p_at FROM unnest(heard) AS k
    UNION ALL SELECT DISTINCT k, 'gap', p_kind, p_ref, p_level, p_name, NULL::int, '', p_other, p_path, p_at FROM unnest(gaps) AS k;
END
$body$;

CREATE FUNCTION yw_geo_index_address(a yw_geography_addresspoint) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    plain text;
    base text := yw_geo_fold(a.road);
    tail text;
    m text[];
    sub text;
    known text;
BEGIN
    IF a.kind = 'address' AND base <> '' AND a.number ~ '^[0-9]{1,6}号?$' AND a.name = a.road || a.number AND a.aliases = '{}'
        AND EXISTS (SELECT 1 FROM yw_geography_placekey k WHERE k.key = base AND k.way = 'name' AND k.kind = 'road'
                    AND split_part(k.area_path, '.', 1) = split_part(a.area_path, '.', 1)) THEN
        INSERT INTO yw_geography_placekey (key, way, kind, ref, level, name, number, rest, other, area_path, at)
        VALUES (base, 'door', 'address', a.id, 8, a.name, rtrim(a.number, '号')::int, '', '', a.area_path, a.point);
        RETURN;  -- as most plates are
    END IF;
    plain := regexp_replace(normalize(left(a.name, 200), NFKC), '\s', '', 'g');
    tail := regexp_replace(normalize(a.number, NFKC), '\s', '', 'g');
    IF a.kind = 'crossing' THEN
        PERFORM yw_geo_put_place('crossing', a.id, 10, a.name, a.aliases, '', a.area_path, a.point, false);
        m := regexp_match(plain, '^(.+?)[与和、](.+?)的?(?:交叉路口|十字路口|交叉口|交汇处|交口|路口|口)?$');
        IF m IS NOT NULL THEN
            INSERT INTO yw_geography_placekey (key, way, kind, ref, level, name, rest, other, area_path, at)
            VALUES (yw_geo_fold(m[1]), 'cross', 'crossing', a.id, 10, a.name, '', yw_geo_fold(m[2]), a.area_path, a.point),
                   (yw_geo_fold(m[2]), 'cross', 'crossing', a.id, 10, a.name, '', yw_geo_fold(m[1]), a.area_path, a.point);
        END IF;
        RETURN;
    ELSIF a.kind <> 'address' THEN
        PERFORM yw_geo_put_place('poi', a.id, 10, a.name, a.aliases, base, a.area_path, a.point, true);
        RETURN;
    END IF;
    known := CASE WHEN base <> '' THEN 'road' ELSE 'estate' END;
    IF base = '' OR tail = '' THEN  -- 幸福小区3号楼, 张庄村12号: what stands before the first figure
        m := regexp_match(plain, '^(.*?[^0-9甲乙丙丁戊己庚辛-])([甲乙丙丁戊己庚辛]?[0-9].*)$');
        IF m IS NOT NULL THEN
            base := coalesce(nullif(base, ''), yw_geo_fold(m[1]));
            tail := m[2];
        END IF;
    END IF;
    m := regexp_match(tail, '^([甲乙丙丁戊己庚辛]?)([0-9]{1,6})(?:[-之附]([0-9]{1,4}))?([甲乙丙丁戊己庚辛]?)号?(?:院|大院)?(.*)$');
    IF base = '' OR m IS NULL THEN
        PERFORM yw_geo_put_place('address', a.id, 8, a.name, a.aliases, '', a.area_path, a.point, true);
        RETURN;
    END IF;
    sub := coalesce(m[3], (regexp_match(m[5], '^[之附-]([0-9]+)号?$'))[1]);
    INSERT INTO yw_geography_placekey (key, way, kind, ref, level, name, number, rest, other, area_path, at)
    VALUES (base, 'door', 'address', a.id, CASE WHEN plain ~ '(号楼|栋|幢)$' THEN 9 ELSE 8 END, a.name, m[2]::int,
            m[1] || m[4] || CASE WHEN sub IS NULL THEN regexp_replace(m[5], '号楼|栋|幢|座', '楼', 'g') ELSE '之' || sub END, '', a.area_path, a.point);
    IF cardinality(a.aliases) > 0 THEN
        INSERT INTO yw_geography_placekey (key, way, kind, ref, level, name, rest, other, area_path, at)
        SELECT DISTINCT yw_geo_fold(l), 'alias', 'address', a.id, 8, a.name, '', '', a.area_path, a.point FROM unnest(a.aliases) AS l
        WHERE yw_geo_fold(l) <> '';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM yw_geography_placekey k WHERE k.key = base AND k.way = 'name' AND k.kind = known
                   AND split_part(k.area_path, '.', 1) = split_part(a.area_path, '.', 1)) THEN
        PERFORM yw_geo_put_place(known, 0, CASE known WHEN 'road' THEN 6 ELSE 7 END, coalesce(nullif(a.road, ''), base), '{}', '',
                                 a.area_path, a.point, true);
    END IF;
END
$body$;

CREATE FUNCTION yw_geo_index_road(r yw_geography_road) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
    DELETE FROM yw_geography_placekey WHERE ref = 0 AND kind = 'road' AND name = r.name
        AND split_part(area_path, '.', 1) = split_part(r.area_path, '.', 1);
    PERFORM yw_geo_put_place('road', r.id, 6, r.name, r.aliases, '', r.area_path, ST_PointOnSurface(r.line), true);
END
$body$;

CREATE FUNCTION yw_geo_index_area(p_area bigint) RETURNS void LANGUAGE sql AS $body$
    SELECT yw_geo_put_place('area', a.id, CASE a.level WHEN 'city' THEN 2 WHEN 'district' THEN 3 WHEN 'street' THEN 4 ELSE 5 END, a.name->>'zh-Hans',
        array_remove(ARRAY[
            CASE WHEN a.level IN ('city', 'district') AND length(a.name->>'zh-Hans') > 2 THEN regexp_replace(a.name->>'zh-Hans', '[市区县旗]$', '') END,
            regexp_replace(a.name->>'zh-Hans', '(街道)(办事处|办)$', '\1')
        ], NULL), '', a.path, coalesce(s.centroid, ST_PointOnSurface(s.shape)), a.level IN ('street', 'community'))
    FROM yw_areas_area a JOIN yw_geography_areashape s ON s.area_id = a.id
    WHERE a.id = p_area AND a.level <> 'grid' AND a.valid_to IS NULL AND coalesce(a.name->>'zh-Hans', '') <> ''
$body$;

-- A session keeps the plans that it made while the tables were small: only plain index scans, or a load of a city is quadratic.
CREATE FUNCTION yw_geo_address_changed() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_bitmapscan = off AS $body$
DECLARE
    ghost record;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        FOR ghost IN DELETE FROM yw_geography_placekey WHERE ref = OLD.id AND kind IN ('address', 'poi', 'crossing') RETURNING key, way LOOP
            IF ghost.way = 'door' AND NOT EXISTS (SELECT 1 FROM yw_geography_placekey WHERE key = ghost.key AND way = 'door') THEN
                -- The last plate of a road or estate that only plates knew.
                DELETE FROM yw_geography_placekey WHERE ref = 0 AND kind IN ('road', 'estate') AND yw_geo_fold(name) = ghost.key;
            END IF;
        END LOOP;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM yw_geo_index_address(NEW);
    END IF;
    RETURN NULL;
END
$body$;
CREATE TRIGGER yw_geo_address_changed AFTER INSERT OR DELETE OR UPDATE OF name, aliases, road, number, kind, point, area_path
    ON yw_geography_addresspoint FOR EACH ROW EXECUTE FUNCTION yw_geo_address_changed();

CREATE FUNCTION yw_geo_road_changed() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_bitmapscan = off AS $body$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM yw_geography_placekey WHERE ref = OLD.id AND kind = 'road';
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM yw_geo_index_road(NEW);
    END IF;
    RETURN NULL;
END
$body$;
CREATE TRIGGER yw_geo_road_changed AFTER INSERT OR DELETE OR UPDATE OF name, aliases, line, area_path
    ON yw_geography_road FOR EACH ROW EXECUTE FUNCTION yw_geo_road_changed();

CREATE FUNCTION yw_geo_area_changed() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_bitmapscan = off AS $body$
DECLARE
    of_area bigint;
BEGIN
    IF TG_TABLE_NAME = 'yw_areas_area' THEN
        of_area := NEW.id;
    ELSIF TG_OP = 'DELETE' THEN
        of_area := OLD.area_id;
    ELSE
        of_area := NEW.area_id;
    END IF;
    DELETE FROM yw_geography_placekey WHERE ref = of_area AND kind = 'area';
    PERFORM yw_geo_index_area(of_area);
    RETURN NULL;
END
$body$;
CREATE TRIGGER yw_geo_area_drawn AFTER INSERT OR UPDATE OF shape, centroid ON yw_geography_areashape
    FOR EACH ROW WHEN (NEW.level <> 'grid') EXECUTE FUNCTION yw_geo_area_changed();
CREATE TRIGGER yw_geo_area_erased AFTER DELETE ON yw_geography_areashape
    FOR EACH ROW WHEN (OLD.level <> 'grid') EXECUTE FUNCTION yw_geo_area_changed();
CREATE TRIGGER yw_geo_area_named AFTER UPDATE OF name, valid_to, path, level ON yw_areas_area
    FOR EACH ROW WHEN (NEW.level <> 'grid') EXECUTE FUNCTION yw_geo_area_changed();

CREATE FUNCTION yw_geo_rebuild_places() RETURNS bigint LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_bitmapscan = off AS $body$
BEGIN
    DELETE FROM yw_geography_placekey;
    PERFORM yw_geo_index_area(area_id) FROM yw_geography_areashape WHERE level <> 'grid';
    PERFORM yw_geo_index_road(r) FROM yw_geography_road r;
    PERFORM yw_geo_index_address(a) FROM yw_geography_addresspoint a;
    RETURN (SELECT count(*) FROM yw_geography_placekey);
END
$body$;
"""

BACKWARD = """
DROP TRIGGER yw_geo_area_named ON yw_areas_area;
DROP TRIGGER yw_geo_area_erased ON yw_geography_areashape;
DROP TRIGGER yw_geo_area_drawn ON yw_geography_areashape;
DROP TRIGGER yw_geo_road_changed ON yw_geography_road;
DROP TRIGGER yw_geo_address_changed ON yw_geography_addresspoint;
DROP FUNCTION yw_geo_rebuild_places();
DROP FUNCTION yw_geo_area_changed();
DROP FUNCTION yw_geo_road_changed();
DROP FUNCTION yw_geo_address_changed();
DROP FUNCTION yw_geo_index_area(bigint);
DROP FUNCTION yw_geo_index_road(yw_geography_road);
DROP FUNCTION yw_geo_index_address(yw_geography_addresspoint);
DROP FUNCTION yw_geo_put_place(text, bigint, int, text, text[], text, text, geometry, boolean);
DROP FUNCTION yw_geo_sounds(text);
"""


# rules/addresses/sounds.py as it was when this was written; `yiwang setup` brings later changes.
TWO_READINGS = "长重行乐朝曾单会都厦大石泊番堡铺蚌洞六尉牟莘阿解盖角什沈盛宿圩峒涌冲车藏广校见洗种查盘调折的地"


def plain(reading):
    for written, heard in (("zh", "z"), ("ch", "c"), ("sh", "s")):
        reading = reading.replace(written, heard, 1) if reading.startswith(written) else reading
    if reading[0] == "n" and reading[1:2] in tuple("aeiouv"):
        reading = "l" + reading[1:]
    return reading.replace("v", "u").replace("ü", "u").removesuffix("g") if reading.endswith("ng") else reading.replace("v", "u").replace("ü", "u")


def fill_sounds(apps, editor):
    from pypinyin import Style, pinyin

    model = apps.get_model("yw_geography", "Sound")
    made = []
    for code in range(0x4E00, 0xA000):
        readings = pinyin(chr(code), style=Style.NORMAL, heteronym=True, errors="ignore")
        if readings:
            taken = readings[0] if chr(code) in TWO_READINGS else readings[0][:1]
            made.append(model(letter=chr(code), sounds=list(dict.fromkeys(plain(r) for r in taken))[:3]))
    model.objects.bulk_create(made, batch_size=5000)


class Migration(migrations.Migration):
    small_data = True  # 21,000 letters of a table made here
    dependencies = [("yw_areas", "0001_initial"), ("yw_geography", "0005_layers")]
    operations = [
        migrations.CreateModel(
            name="Sound",
            fields=[
                ("letter", models.CharField(max_length=1, primary_key=True, serialize=False)),
                ("sounds", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
            ],
        ),
        migrations.CreateModel(
            name="PlaceKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.TextField()),
                ("way", models.CharField(max_length=5)),
                ("kind", models.CharField(max_length=8)),
                ("ref", models.BigIntegerField()),
                ("level", models.SmallIntegerField()),
                ("name", models.TextField()),
                ("number", models.IntegerField(null=True)),
                ("rest", models.TextField(blank=True)),
                ("other", models.TextField(blank=True)),
                ("area_path", models.TextField(blank=True)),
                ("at", django.contrib.gis.db.models.fields.PointField(null=True, spatial_index=False, srid=4326)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["key", "way", "number"], name="yw_geo_placekey_key",
                                 opclasses=["text_pattern_ops", "varchar_ops", "int4_ops"]),
                    models.Index(fields=["ref", "kind"], name="yw_geo_placekey_ref"),
                    django.contrib.postgres.indexes.GinIndex(
                        condition=models.Q(("way", "name")), fastupdate=False, fields=["key"], name="yw_geo_placekey_like",
                        opclasses=["gin_trgm_ops"]),
                ],
            },
        ),
        migrations.RemoveIndex(model_name="addresspoint", name="yw_geo_address_keys"),
        migrations.RemoveIndex(model_name="addresspoint", name="yw_geo_address_text"),
        # Release 0.1 names these columns: they and their trigger go when no running release does.
        migrations.SeparateDatabaseAndState(state_operations=[
            migrations.RemoveField(model_name="addresspoint", name="keys"),
            migrations.RemoveField(model_name="addresspoint", name="search_text"),
        ]),
        migrations.AddIndex(
            model_name="addresspoint",
            index=django.contrib.postgres.indexes.GistIndex(
                condition=models.Q(("kind", "crossing")), fields=["point"], name="yw_geo_address_crossing"),
        ),
        migrations.RunPython(fill_sounds, migrations.RunPython.noop),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]  # fmt: skip
