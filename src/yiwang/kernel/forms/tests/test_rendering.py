"""A form as HTML: labels, help and errors belong to their fields, values come back, texts are in the reader's language."""

import re
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.translation import override

from yiwang.kernel.forms import rendering, services
from yiwang.kernel.forms.contracts import PersonAnswers
from yiwang.kernel.forms.errors import FormErrors, FormRefused
from yiwang.kernel.forms.models import FormVersion
from yiwang.kernel.forms.rules import schema as schemas
from yiwang.kernel.forms.rules.answers import clean


def both(zh, en):
    return {"zh-Hans": zh, "en": en}


OPTIONS = {"options": [{"value": "x", "label": both("甲", "One")}, {"value": "y", "label": both("乙", "Two")}]}
FORM = {
    "title": both("表单", "Form"),
    "sections": [{"id": "s", "title": both("全部", "All"), "fields": [
        {"id": f"f_{kind}", "kind": kind, "label": both(f"标签{kind}", f"Label {kind}"), "help": both("帮助", "Help"), "required": kind != "bool",
         **(OPTIONS if "choice" in kind else {})}
        for kind in schemas.KINDS
    ] + [{"id": "extra", "kind": "text", "label": both("补充", "Extra"), "visible_if": 'f_choice = "y"'}]}],
}  # fmt: skip


def html(language="en", answers=None, errors=(), prefix=""):
    with override(language):
        view = rendering.view(FORM, answers, errors, language=language, prefix=prefix)
        return render_to_string("forms/form.html", {"form": view})


def test_every_kind_has_a_label_help_and_error_tied_to_it():
    with pytest.raises(FormErrors) as refused:
        clean(FORM, {}, "en", now=datetime(2026, 7, 1, tzinfo=UTC))
    page = html(errors=refused.value.errors)
    ids = set(re.findall(r' id="([^"]+)"', page))
    for kind in schemas.KINDS:
        html_id = f"f-f_{kind}"
        assert html_id in ids, kind
        assert f"Label {kind}" in page
        assert f"{html_id}-help" in ids
        if kind != "bool":
            assert f'href="#{html_id}"' in page, kind  # summed at the top
            assert f"{html_id}-error" in ids
            assert f'aria-describedby="{html_id}-help {html_id}-error"' in page
    assert set(re.findall(r'for="([^"]+)"', page)) <= ids
    for names in re.findall(r'aria-(?:describedby|labelledby)="([^"]+)"', page):
        assert set(names.split()) <= ids
    assert page.count('role="alert"') == 1
    assert len(ids) == len(re.findall(r' id="[^"]+"', page))


def test_without_errors_there_is_no_alarm():
    page = html()
    assert "alert" not in page
    assert "aria-invalid" not in page


def test_texts_are_in_the_readers_language():
    assert "标签text" in html("zh-hans")
    assert "请选择" in html("zh-hans")
    assert "标签" not in html("en")


def test_values_come_back_and_are_escaped():
    page = html(answers={
        "f_text": '"><script>alert(1)</script>', "f_choice": "y", "f_multichoice": ["x"], "f_bool": True, "f_place": {"address": "云门路", "lon": 115.98},
        "f_person": {"name": "王某", "secret": True}, "f_photos": ["6f9619ff-8b86-d011-b42d-00c04fc964ff"], "f_textarea": "</textarea><b>",
    })  # fmt: skip
    assert "<script" not in page
    assert "</textarea><b>" not in page
    assert '<option value="y" selected>Two</option>' in page
    assert 'name="f_multichoice" value="x" checked' in page
    assert 'value="云门路"' in page
    assert 'value="115.98"' in page
    assert 'value="王某"' in page
    assert '<input type="hidden" name="f_photos" value="6f9619ff-8b86-d011-b42d-00c04fc964ff">' in page


def test_a_field_appears_when_its_condition_holds_and_its_source_is_marked():
    assert 'name="extra"' not in html()
    page = html(answers={"f_choice": "y"})
    assert 'name="extra"' in page
    assert re.search(r'<div class="mb-3" data-asks-again>\s*<label[^>]*for="f-f_choice"', page)
    assert page.count("data-asks-again") == 1


def test_names_and_ids_take_a_prefix():
    page = html(prefix="p1-")
    assert 'name="p1-f_text"' in page
    assert 'id="f-p1-f_text"' in page


def test_a_posted_form_becomes_answers():
    data = QueryDict(
        "p-f_text=a&p-f_multichoice=x&p-f_multichoice=y&p-f_bool=false&p-f_bool=true&p-f_place.lon=1&p-f_place.lat=&p-f_person.name=W"
        "&p-f_photos=&csrfmiddlewaretoken=t&p-f_number="
    )
    assert rendering.answers_of(FORM, data, prefix="p-") == {
        "f_text": "a", "f_multichoice": ["x", "y"], "f_bool": "true", "f_place": {"lon": "1"}, "f_person": {"name": "W"}, "f_number": "",
    }  # fmt: skip


SMALL = {"sections": [{"title": both("一", "One"), "fields": [
    {"id": "text", "kind": "text", "label": both("内容", "Text"), "required": True}, {"id": "tel", "kind": "phone", "label": both("电话", "Phone")},
]}]}  # fmt: skip


@pytest.mark.django_db
def test_forms_are_kept_as_versions_that_never_change():
    first = services.store("t.one", SMALL, by="管理员")
    assert services.store("t.one", dict(reversed(SMALL.items())), by="x").pk == first.pk
    other = services.store("t.one", {**SMALL, "title": both("二", "Two")}, by="x")
    assert [first.number, other.number] == [1, 2]
    with pytest.raises(TypeError):
        first.save()
    with pytest.raises(TypeError):
        first.delete()
    for statement in ("UPDATE yw_forms_formversion SET number = 9", "DELETE FROM yw_forms_formversion"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert FormVersion.objects.filter(code="t.one").count() == 2


@pytest.mark.django_db
def test_a_wrong_form_is_not_kept():
    with pytest.raises(FormRefused) as refused:
        services.store("t.one", {"sections": []}, by="x")
    assert refused.value.findings[0].startswith("sections: ")
    assert not FormVersion.objects.exists()


@pytest.mark.django_db
def test_a_report_is_split_into_plain_and_personal():
    version = services.store("t.one", SMALL, by="x")
    assert services.clean_report(version, {"text": "坑", "tel": "13800001234"}) == (
        {"text": "坑"},
        PersonAnswers(phone="13800001234"),
    )
    assert services.clean_report(version, {"text": "坑"}) == ({"text": "坑"}, None)
    with pytest.raises(FormErrors):
        services.clean_report(version, {"tel": "13800001234"})
