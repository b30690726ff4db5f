"""What other apps may ask of the data centre."""

from yiwang.apps.datahub.services.base.filling import fill_form
from yiwang.apps.datahub.services.base.reading import Value, Why

__all__ = ["Value", "Why", "fill_form"]
