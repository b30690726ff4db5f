"""Letting one address do so much in a while: what stands open to strangers is counted (限流)."""

from django.core.cache import cache
from django.http import HttpRequest

from yiwang.kernel.base.errors import TooMany


def address_of(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def limit(name: str, who: str, *, most: int, window_s: int) -> None:
    """Count one use and refuse beyond `most` in the window; counted in each web process by itself.

    Raises
    ------
    TooMany
        With the seconds to wait.
    """
    key = f"rate:{name}:{who}"
    cache.add(key, 0, window_s)
    try:
        count = cache.incr(key)
    except ValueError:  # it ran out between the two calls
        return
    if count > most:
        raise TooMany(retry_after_s=window_s)
