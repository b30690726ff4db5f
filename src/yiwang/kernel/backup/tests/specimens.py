"""Backups for the sweeps: they concern the whole, and their names are no secret to whoever may open the page."""

NOT_IDS = {"backups/<str:name>/verify/": "a backup's name in the store: no row, and of the whole platform"}
NOT_LISTS = {"backups/": "what was backed up; only administrators of the whole open the page"}
