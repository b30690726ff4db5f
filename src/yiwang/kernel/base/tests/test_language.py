"""One catalogue a language says what the many said."""

from typing import Any

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import trans_real

from yiwang.kernel.base.language import join_catalogues


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_joined_catalogues_say_the_same(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trans_real, "_translations", {})
    catalogue: Any = trans_real.translation(language)._catalog
    said = {key: catalogue.get(key) for key in catalogue.keys()}  # noqa: SIM118 - not a mapping
    before = len(catalogue._catalogs)
    left = join_catalogues(language)
    assert left < before
    assert left == len(catalogue._plurals)
    assert {key: catalogue.get(key) for key in catalogue.keys()} == said  # noqa: SIM118
    assert join_catalogues(language) == left
    with translation.override(language):
        assert translation.gettext("Overdue") == {"zh-hans": "已超期"}.get(language, "Overdue")
