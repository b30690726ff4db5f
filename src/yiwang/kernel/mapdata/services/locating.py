"""In which jurisdiction each row of an import lies, found once and kept beside the rows until the transaction ends.

A table of a million new rows has no statistics yet, and a question asked of it row by row may cost the square of them; so what
has to be known of all rows is written down by one walk, and everything after it is a join on keys. The walk goes area by area:
PostGIS prepares each border once and tests all the points below it.
"""

from typing import Any

from django.db import connection

from yiwang.kernel.geography.models import Backing, ImportBatch
from yiwang.kernel.mapdata.targets import Target

ROWS = "yw_geography_importrow"
PLACED, GIVEN, _SPOTS = "yw_import_placed", "yw_import_given", "yw_import_spots"
_DEPTH = "length(sh.area_path) - length(replace(sh.area_path, '.', ''))"


def locate(batch: ImportBatch) -> None:
    """Fill the table PLACED: row_id, area_id, area_path, level, district (code), of every row that lies in an area in force.

    The deepest area counts; on a border the smaller path, as everywhere. Lasts until the end of the transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{PLACED}, pg_temp.{_SPOTS}")
        cursor.execute(
            f"CREATE TEMP TABLE {_SPOTS} ON COMMIT DROP AS SELECT id AS row_id,"
            " CASE WHEN ST_Dimension(geometry) = 0 THEN geometry ELSE ST_PointOnSurface(geometry) END AS spot"
            f" FROM {ROWS} WHERE batch_id = %s AND geometry IS NOT NULL",
            [batch.pk],
        )
        _indexed(cursor)
        cursor.execute(
            f"CREATE TEMP TABLE {PLACED} (row_id bigint PRIMARY KEY, area_id bigint NOT NULL, area_path varchar(200) NOT NULL,"
            " level varchar(12) NOT NULL, district text) ON COMMIT DROP"
        )
        cursor.execute(
            f"SELECT DISTINCT {_DEPTH} AS depth FROM yw_geography_areashape sh JOIN yw_areas_area ar ON ar.id = sh.area_id"
            " WHERE ar.valid_to IS NULL ORDER BY depth DESC"
        )
        for (depth,) in cursor.fetchall():
            # OFFSET 0 keeps the order of the loops: areas without, points by their index within.
            cursor.execute(
                f"INSERT INTO {PLACED} SELECT p.row_id, sh.id, sh.area_path, sh.level, sh.district FROM"
                " (SELECT sh.area_id AS id, sh.area_path, sh.level, sh.shape, (SELECT left(a.code, 6) FROM yw_areas_area a"
                " WHERE a.id = ANY(string_to_array(trim(trailing '.' FROM sh.area_path), '.')::bigint[])"
                " AND (a.level = 'district' OR a.parent_id IS NULL) ORDER BY length(a.path) DESC LIMIT 1) AS district"
                " FROM yw_geography_areashape sh JOIN yw_areas_area ar ON ar.id = sh.area_id"
                f" WHERE ar.valid_to IS NULL AND {_DEPTH} = %s ORDER BY sh.area_path OFFSET 0) sh"
                f" CROSS JOIN LATERAL (SELECT row_id FROM {_SPOTS} s WHERE ST_Covers(sh.shape, s.spot) OFFSET 0) p ON CONFLICT DO NOTHING",
                [depth],
            )
            cursor.execute(f"CREATE TEMP TABLE yw_import_left ON COMMIT DROP AS SELECT * FROM {_SPOTS} s WHERE NOT EXISTS (SELECT 1 FROM {PLACED} p WHERE p.row_id = s.row_id)")
            left = cursor.rowcount
            cursor.execute(f"DROP TABLE {_SPOTS}")
            cursor.execute(f"ALTER TABLE yw_import_left RENAME TO {_SPOTS}")
            if left == 0:
                break
            _indexed(cursor)
        cursor.execute(f"ANALYZE {PLACED}")


def _indexed(cursor: Any) -> None:
    cursor.execute(f"CREATE INDEX ON {_SPOTS} USING gist (spot)")
    cursor.execute(f"ANALYZE {_SPOTS}")


def give_keys(batch: ImportBatch, target: Target, bases: list[tuple[str, str, str, int]]) -> None:
    """Fill the table GIVEN: row_id, object_id, code of every good row. Needs PLACED.

    `bases` are (district, class, prefix, last number in use): components without a code get the next ones, in the order of the file.
    """
    numbered = batch.layer.backing == Backing.ASSETS
    code = (
        "CASE WHEN r.code = '' THEN b.prefix || lpad((b.last + row_number() OVER (PARTITION BY r.code = '', b.prefix ORDER BY r.number))::text, 6, '0')"
        " ELSE r.code END"
    )
    join = (
        f"LEFT JOIN {PLACED} s ON s.row_id = r.id LEFT JOIN unnest(%s::text[], %s::text[], %s::text[], %s::int[]) AS b (district, class, prefix, last)"
        " ON b.district = s.district AND b.class = r.values->>'class_code'"
    )
    columns: list[list[Any]] = [list(column) for column in zip(*bases, strict=True)] if bases else [[], [], [], []]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [target.table])
        sequence = cursor.fetchone()[0]
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{GIVEN}")
        cursor.execute(
            f"CREATE TEMP TABLE {GIVEN} ON COMMIT DROP AS SELECT r.id AS row_id, nextval(%s::regclass) AS object_id, ({code if numbered else 'r.code'})::varchar(64) AS code"
            f" FROM {ROWS} r {join if numbered else ''} WHERE r.batch_id = %s AND r.problems = '[]'",
            [sequence, *(columns if numbered else ()), batch.pk],
        )
        cursor.execute(f"CREATE UNIQUE INDEX ON {GIVEN} (row_id)")
        cursor.execute(f"ANALYZE {GIVEN}")
