"""Django's settings, in code: no models, no database, no sessions, nothing read from the disk."""

from __future__ import annotations

import secrets
from importlib.resources import files

import django
from django import conf

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
    "Server": "portique",
}
"""Stand in every answer, refusals too."""


def configure() -> None:
    """Set Django up, once in a process."""
    if conf.settings.configured:
        return
    conf.settings.configure(
        DEBUG=False,
        # Nothing is signed with it and no cookie is set; it is drawn anew and kept nowhere.
        SECRET_KEY=secrets.token_urlsafe(50),
        ALLOWED_HOSTS=["*"],  # no answer depends on the name under which it was asked
        ROOT_URLCONF="portique.web.routes",
        APPEND_SLASH=False,
        DATABASES={},
        INSTALLED_APPS=[],
        MIDDLEWARE=["portique.web.answers.headers_on_all"],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [],
                "OPTIONS": {
                    "loaders": [
                        ("django.template.loaders.locmem.Loader", _templates()),
                    ]
                },
            }
        ],
        DEFAULT_CHARSET="utf-8",
        USE_I18N=False,
        USE_TZ=True,
        LOGGING_CONFIG=None,
        DATA_UPLOAD_MAX_MEMORY_SIZE=None,  # the door has its own limits
    )
    django.setup(set_prefix=False)


def _templates() -> dict[str, str]:
    return {name: page(name) for name in ("front.html",)}


def page(name: str) -> str:
    """Return the text of a file in `pages/`."""
    return (files("portique.web") / "pages" / name).read_text(encoding="utf-8")
