"""The context processor of every template: one name, `shell`, worked out only as far as a template reads it."""

from django.http import HttpRequest

from yiwang.kernel.ui.shell import Shell, shell_of


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Give templates ``shell`` (kernel.ui.shell.Shell)."""
    return {"shell": shell_of(request)}
