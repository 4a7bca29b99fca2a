"""The files of the page, and what the browser may do with them."""

import functools
from importlib.resources import files

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

SECURITY_HEADERS = {
    # Nothing but this server's own files and answers: no inline script or style, no other site, no frame.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@functools.cache
def page_files() -> dict[str, tuple[str, bytes]]:
    """Return the content type and the content of every file, by its path on the server."""
    found = {
        f"/{file.name}": (CONTENT_TYPES[f".{file.name.rpartition('.')[2]}"], file.read_bytes())
        for file in files("playground").joinpath("static").iterdir()
    }
    return {"/": found["/index.html"], **found}
