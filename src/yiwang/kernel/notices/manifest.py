"""What the room notices declares."""

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.registry import AppManifest

MANIFEST = AppManifest(code="notices", label=_("Messages"))
