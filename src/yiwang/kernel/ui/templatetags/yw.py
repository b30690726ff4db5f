"""Every component under one load: ``{% load yw %}``. What each is for is said in its docstring and docs/reference/components.md."""

from django import template

from yiwang.kernel.ui.parts import blocks, chips, files, forms, frame, islands, lists, rows

register = template.Library()
for _library in (chips, lists, rows, blocks, files, forms, islands, frame):
    register.tags.update(_library.register.tags)
    register.filters.update(_library.register.filters)
