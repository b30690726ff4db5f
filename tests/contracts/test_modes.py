"""Trial and imported rows are seen only by who asks for them by name: every model with a `mode` reads live rows first."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

MODELS = [
    m for m in apps.get_models() if m.__module__.startswith("yiwang.") and any(f.name == "mode" for f in m._meta.fields)
]


def test_there_are_such_models() -> None:
    assert {"Event", "Case", "Report", "Task"} <= {m.__name__ for m in MODELS}


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_objects_are_live_rows(model: type[models.Model]) -> None:
    """`objects` filters, `all_modes` does not, and who writes the latter says so in his own code."""
    assert "mode" in str(model.objects.all().query.where), f"{model.__name__}.objects does not filter by mode"
    assert [c.rhs for c in model.objects.all().query.where.children if c.lhs.target.name == "mode"] == ["live"]
    assert not model.all_modes.all().query.where, f"{model.__name__}.all_modes filters"
    # What the framework itself uses (deleting, refreshing, relations) must see every row.
    assert not model._base_manager.all().query.where


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_the_database_knows_the_three_modes_only(model: type[models.Model]) -> None:
    """An unknown word would make rows that nobody counts."""
    field = model._meta.get_field("mode")
    assert field.max_length == 10
    assert not field.null
