"""Words to a point: whole names inside the text first, likeness last."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.geography import queries
from yiwang.kernel.geography.models import AddressPoint
from yiwang.kernel.geography.rules.folding import contained_keys, fold


@pytest.mark.parametrize(("text", "name"), [
    ("东昌西路42号", "东昌西路42号"),
    ("东昌西路 ４２号", "东昌西路42号"),
    ("山东省聊城市东昌府区东昌西路42号对面南50米", "东昌西路42号"),
    ("东昌西路24号院内", "东昌西路24号"),
    ("聊大东门旁边", "聊城大学东门"),
    ("柳园路路口，东昌西路", "东昌西路与柳园路路口"),
    ("东昌西路与柳园路路口", "东昌西路与柳园路路口"),
    ("柳园大街", "柳园路"),
    ("湖滨社区", "湖滨社区"),
    ("聊城大学东", "聊城大学东门"),
])  # fmt: skip
def test_best_match(addresses, text, name, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = queries.place_by_address(text)
    assert found
    assert found[0].name == name
    assert 0 < found[0].score <= 1


def test_a_road_alone_is_not_enough_to_send_anybody(addresses):
    best = queries.place_by_address("柳园路")[0]
    assert (best.kind, best.level, best.is_enough) == ("road", 6, False)
    assert queries.place_by_address("东昌西路42号")[0].is_enough


@pytest.mark.parametrize("text", ["", " ", "。", "x", "%_%", "\\", "' OR 1=1 --", "号" * 5000, "\u200b\u200b", "🕳️🕳️"])
def test_odd_texts_find_nothing_and_break_nothing(addresses, text):
    assert queries.place_by_address(text) == []


def test_roots_limit_the_search(addresses, county):
    assert queries.place_by_address("东昌西路42号", roots=[county.city.pk])
    assert queries.place_by_address("东昌西路42号", roots=[county.city.pk + 999]) == []


def test_names_are_folded_by_the_database_as_by_python(addresses):
    row = AddressPoint.objects.get(name="聊城大学东门")
    assert row.keys == sorted(["聊城大学东门", "聊大东门", "大学东门"])
    row.aliases = ["Ｅａｓｔ Gate (1)"]
    row.save()
    row.refresh_from_db()
    assert fold("Ｅａｓｔ Gate (1)") in row.keys


@given(st.text(max_size=60))
def test_contained_keys_are_stretches_of_the_text(text):
    folded = fold(text)
    keys = contained_keys(folded)
    assert all(key in folded and 2 <= len(key) <= 40 for key in keys)
    assert len(keys) == len(set(keys))
