"""Root urls: kernel doors first, then each installed app's own `urls.py` if it has one."""

from importlib.util import find_spec

from django.conf import settings
from django.urls import include, path
from django.urls.resolvers import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = [path("accounts/", include("yiwang.kernel.identity.urls"))]
for _package in [f"yiwang.kernel.{room}" for room in settings.KERNEL_ROOMS] + [f"yiwang.apps.{app}" for app in settings.APPS]:
    if _package != "yiwang.kernel.identity" and find_spec(f"{_package}.urls"):
        urlpatterns.append(path("", include(f"{_package}.urls")))

handler400 = "yiwang.kernel.ui.failures.bad_request"
handler403 = "yiwang.kernel.ui.failures.forbidden"
handler404 = "yiwang.kernel.ui.failures.not_found"
handler500 = "yiwang.kernel.ui.failures.failed"
