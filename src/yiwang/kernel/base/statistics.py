"""What the planner knows of tables: after a bulk write it is told at once, not when the server gets round to it.

Until then it plans for the tables as they were, empty perhaps, and a report that joins them takes minutes.
"""

from django.db import connection, models


def gather(*tables: type[models.Model]) -> None:
    """Gather statistics of these tables, as the owner (`yw_gather_statistics`); a second or less a table of any size.

    Of rows that are not committed it counts those of this connection alone. Nobody who reads or writes waits for it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT yw_gather_statistics(%s)", [[table._meta.db_table for table in tables]])
