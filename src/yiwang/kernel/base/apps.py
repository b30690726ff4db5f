"""Django app of the room `base`."""

import os

from django.apps import AppConfig


class BaseConfig(AppConfig):
    name = "yiwang.kernel.base"
    label = "yw_base"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_login_failed

        from yiwang.kernel.base import deploy_checks, metrics, pulse, queue  # noqa: F401 - the checks register themselves

        def count(**_more: object) -> None:
            metrics.SIGN_IN_FAILURES.labels(door="password").inc()

        if os.environ.get("YIWANG_PROCESS") == "worker":
            pulse.beat_while(queue.worker_lives)
        queue.register()
        user_login_failed.connect(count, weak=False, dispatch_uid="yw_base_count_sign_in_failures")
