"""Who may ask the playground's server: its own page, opened from the URL that was printed, and nobody else.

The server asks AWS with its user's credentials. Other programs of this machine, and pages of other sites in
the same browser, must not get it to: they lack the token, which only the URL's fragment holds, and a name that
was made to lead to this machine (DNS rebinding) shows in `Host`.
"""

import hmac
import secrets
from collections.abc import Mapping
from http import HTTPStatus

from playground.refusals import RefusedError

TOKEN_HEADER = "X-Playground-Token"  # noqa: S105 - the name of a header
HOST = "127.0.0.1"
_TOKEN_BYTES = 32


class Doorkeeper:
    """Decides about requests to one server."""

    def __init__(self, port: int) -> None:
        self.token: str = secrets.token_urlsafe(_TOKEN_BYTES)
        self._hosts = {f"{HOST}:{port}", f"localhost:{port}"}

    def require_own_page(self, headers: Mapping[str, str]) -> None:
        """Let a request pass that this server's own page, or its user, made.

        Raises:
            RefusedError: it was made for another host, or by another site's page.
        """
        host = headers.get("Host", "")
        if host not in self._hosts:
            hosts = " and ".join(sorted(self._hosts))
            raise RefusedError(HTTPStatus.FORBIDDEN, f"this server answers to {hosts} only")
        is_own = headers.get("Origin", f"http://{host}") == f"http://{host}"
        if not is_own or headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
            raise RefusedError(HTTPStatus.FORBIDDEN, "another site's page may not ask this server")

    def require_token(self, headers: Mapping[str, str]) -> None:
        """Let a request pass that has the token.

        Raises:
            RefusedError: it has none, or another.
        """
        given = headers.get(TOKEN_HEADER, "")
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            raise RefusedError(
                HTTPStatus.UNAUTHORIZED,
                "the token is missing, or of an earlier run",
                "open the whole URL that genai playground printed",
            )
