"""Doors of paper and plates."""

from django.urls import include, path

from yiwang.kernel.paper import pages

_doors = [
    path("paper/", pages.forms, name="forms"),
    path("paper/cases.pdf", pages.print_cases, name="print_cases"),
    path("paper/blanks.pdf", pages.print_blanks, name="print_blanks"),
    path("paper/<str:serial>/", pages.form, name="form"),
    path("paper/<str:serial>/close/", pages.close, name="close"),
    path("plates/", pages.plates, name="plates"),
    path("plates/print.pdf", pages.print_plates, name="print_plates"),
    path("plates/<str:code>/retire/", pages.retire, name="retire"),
    path("p/<str:code>", pages.scan, name="scan"),
]
urlpatterns = [path("", include((_doors, "paper")))]
