"""What of open data a backup carries: versions and files that rows name, which never change."""

from typing import Any

_SQL = """
SELECT 'lake/' || v.path FROM datahub_openversion v JOIN datahub_openset s ON s.id = v.open_set_id WHERE s.state <> 'retracted'
UNION SELECT 'lake/' || f.path FROM datahub_openfile f JOIN datahub_openset s ON s.id = f.open_set_id WHERE s.state <> 'retracted'
"""


def files(connection: Any) -> list[str]:
    """Return paths below the data folder, read on the given psycopg connection."""
    return [row[0] for row in connection.execute(_SQL).fetchall()]
