"""Response headers that every answer carries, whoever gives it: page, API, file, static file, refusal, live stream."""

from django.conf import settings

# What a page may ask of the device. The rest of what browsers offer is switched off, for us and for what we embed.
PERMISSIONS = ", ".join((
    "camera=(self)", "geolocation=(self)", "microphone=(self)", "fullscreen=(self)", "accelerometer=()", "autoplay=()",
    "display-capture=()", "gyroscope=()", "magnetometer=()", "midi=()", "payment=()", "usb=()",
))  # fmt: skip
COMMON = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
}
NOTHING = "default-src 'none'; frame-ancestors 'none'"  # policy of what is no page: it may load nothing at all


def hsts() -> str:
    """Return the value of Strict-Transport-Security, empty where the site does not promise HTTPS."""
    seconds: int = settings.SECURE_HSTS_SECONDS
    return f"max-age={seconds}" + ("; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else "") if seconds else ""


def of_stream() -> dict[str, str]:
    """Return the headers of the live stream, which Django's middleware never sees."""
    found = {**COMMON, "Content-Security-Policy": NOTHING, "Cache-Control": "no-store"}
    # The stream may have a port of its own beside the pages': another origin, the same site.
    found["Cross-Origin-Resource-Policy"] = "same-site"
    if value := hsts():
        found["Strict-Transport-Security"] = value
    return found
