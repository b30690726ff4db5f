"""ASGI entry of the live stream; pages are served by WSGI (measured 3.5 times faster for synchronous Django)."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yiwang.site.settings")
django.setup()

from yiwang.kernel.exchange.stream import application  # noqa: E402

__all__ = ["application"]
