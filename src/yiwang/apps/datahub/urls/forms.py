"""Doors of reporting by form."""

from django.urls import path

from yiwang.apps.datahub.pages import forms

doors = [
    path("forms/", forms.sheet_list, name="sheets"),
    path("forms/tasks/", forms.task_list, name="form_tasks"),
    path("forms/tasks/new/", forms.task_new, name="form_task_new"),
    path("forms/tasks/<uuid:uid>/", forms.task_page, name="form_task"),
    path("forms/<uuid:uid>/", forms.sheet_page, name="sheet"),
    path("forms/<uuid:uid>/sheet.xlsx", forms.sheet_file, name="sheet_file"),
]
