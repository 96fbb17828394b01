"""The headers of every answer, whatever its status: nothing inline, nothing framed, nothing kept in
a cache.
"""

from flask import Flask, Response, current_app, request

from casework.config import HTMX_CDN

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # no-referrer would break the CSRF check over HTTPS, which compares the referrer.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}


def content_security_policy(htmx: str) -> str:
    """Only named sources; the CDN's one file is the only thing from elsewhere, and SRI checks
    it.
    """
    scripts = "'self'" if htmx == "local" else f"'self' {HTMX_CDN}"
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {scripts}",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "manifest-src 'self'",
        ]
    )


def init_app(app: Flask) -> None:
    """Put the headers on every answer, errors and fragments too."""
    app.after_request(_protect)


def _protect(answer: Response) -> Response:
    settings = current_app.config["SETTINGS"]
    answer.headers.update(_HEADERS)
    answer.headers["Content-Security-Policy"] = content_security_policy(settings.htmx)
    if settings.tls:
        answer.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint == "static" and answer.status_code in (200, 304):
        # Addresses of static files carry their content's digest, so they may be kept.
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        answer.headers["Cache-Control"] = "no-store"
        answer.vary.update(["HX-Request", "Cookie"])
    return answer
