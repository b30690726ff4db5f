"""WSGI entry of the web processes."""

import os

from django.core.wsgi import get_wsgi_application

from yiwang.kernel.base.processes import die_with_parent
from yiwang.kernel.base.pulse import beat_while_answering

die_with_parent()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yiwang.site.settings")
application = get_wsgi_application()
beat_while_answering()
