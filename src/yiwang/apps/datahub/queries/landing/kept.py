"""Which files of the lake a backup has to carry: those that are some data set's present rows."""

from typing import Any

_PRESENT = """
SELECT 'lake/' || code || '/' || file
FROM (SELECT DISTINCT ON (run.dataset_id) dataset.code, run.present
      FROM datahub_run run JOIN datahub_dataset dataset ON dataset.id = run.dataset_id
      WHERE run.state = 'done' ORDER BY run.dataset_id, run.ended_at DESC, run.id DESC) latest,
     jsonb_array_elements_text(present) AS file
"""


def files(connection: Any) -> list[str]:
    """Return paths below the data folder (AppManifest.kept), by a plain connection: a backup asks in its own snapshot."""
    return [path for (path,) in connection.execute(_PRESENT).fetchall()]
