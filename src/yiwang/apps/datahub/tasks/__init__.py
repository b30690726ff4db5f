"""Jobs of the data centre, a file for each subject."""

from yiwang.apps.datahub.tasks import base, forms, landing, rights, share, sources, transforms

__all__ = ["base", "forms", "landing", "rights", "share", "sources", "transforms"]
