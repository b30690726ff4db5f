"""Addresses of data standards."""

from django.urls import URLPattern, URLResolver, path

from yiwang.apps.datahub.pages.standards import checking, dictionary, lists

doors: list[URLPattern | URLResolver] = [
    path("standards/", dictionary.elements, name="elements"),
    path("standards/elements/new/", dictionary.element_new, name="element_new"),
    path("standards/elements/<slug:code>/", dictionary.element, name="element"),
    path("standards/codes/", lists.code_lists, name="code_lists"),
    path("standards/codes/new/", lists.code_list_new, name="code_list_new"),
    path("standards/codes/<slug:code>/", lists.code_list, name="code_list"),
    path("standards/codes/<slug:source>/to/<slug:target>/", lists.mapping, name="code_mapping"),
    path("standards/columns/", checking.naming, name="naming"),
    path("standards/columns/<slug:code>/", checking.naming_set, name="naming_set"),
    path("standards/grades/", checking.grading, name="grading"),
    path("standards/grades/of/<slug:code>/", checking.grading_look, name="grading_look"),
    path("standards/grades/<uuid:uid>/", checking.grade, name="grade"),
]
