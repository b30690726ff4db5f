"""ASGI entry of the live stream; pages are served by WSGI (measured 3.5 times faster for synchronous Django)."""

import os
import threading

import django

from yiwang.kernel.base.processes import die_with_parent
from yiwang.kernel.base.pulse import beat_while_answering

die_with_parent()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yiwang.site.settings")
django.setup()

from yiwang.kernel.exchange.stream import application, beat_for_ever  # noqa: E402

threading.Thread(target=beat_for_ever, name="beat", daemon=True).start()
beat_while_answering()

__all__ = ["application"]
