"""Show a reply of the function: the text on standard output, what is known about it on standard error."""

import json
import sys
import unicodedata
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from operations.asking import Reply, is_failed

_MAY_PASS = "the very same request may succeed later"  # noqa: S105 - no password
_FIXES = {
    "endpoint_missing": "deploy the stack with genai:endpoint.enabled: true",
    "bad_request": "what may be asked is in docs/invoking.md",
    "not_found": "ask for an id that a reply with status 202 gave",
    "access_denied": "deploy the stack again: its own program grants what the function needs",
}


class ReplyView:
    """Prints texts and what belongs to them."""

    def __init__(self, *, as_json: bool = False) -> None:
        self._as_json = as_json
        self._is_terminal = sys.stdout.isatty()
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)

    def piece(self, text: str) -> None:
        """Print a piece of a text that is not over yet."""
        if not self._as_json:
            sys.stdout.write(self.printable(text))
            sys.stdout.flush()

    def reply(self, reply: Reply, *, is_printed: bool = False) -> None:
        """Print a reply; `is_printed`: its text came in pieces already."""
        if self._as_json:
            print(json.dumps(reply, indent=2, ensure_ascii=False))
            return
        text = reply.get("text")
        if text is not None and not is_printed:
            sys.stdout.write(self.printable(text))
        if text or is_printed:
            print(flush=True)
        if embedding := reply.get("embedding"):
            print(json.dumps(embedding))
        if is_failed(reply):
            self.failure(reply)
        elif text is not None:
            self.console.print(Text(about(reply), "dim"))
        for warning in reply.get("warnings", []):
            self.console.print(Text(f"warning: {warning}", "yellow"))

    def failure(self, reply: Reply) -> None:
        """Print why there is no text, or not all of it."""
        error: Mapping[str, Any] = reply.get("error") or {}
        said = f"the function answered {reply.get('status')} {error.get('type')}: {error.get('message')}"
        print(f"genai: {said}", file=sys.stderr)
        fix = _FIXES.get(error.get("type", "")) or (_MAY_PASS if error.get("retryable") else "")
        if fix:
            print(f"fix: {fix}", file=sys.stderr)

    def printable(self, text: str) -> str:
        """Return a text that does nothing to the terminal; what is not for a terminal stays as it is."""
        return without_controls(text) if self._is_terminal else text


def without_controls(text: str) -> str:
    """Return a text without what would move the cursor or change colours, as a model may write anything."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")


def about(reply: Reply) -> str:
    """Return in one line what is known about a text: latency, tokens, why it ended, its record."""
    told = [f"{reply['latency_ms'] / 1000:.2f} s"] if "latency_ms" in reply else []
    if (first_ms := reply.get("first_text_ms")) is not None:
        told.append(f"first text after {first_ms / 1000:.2f} s")
    if usage := reply.get("usage"):
        told.append(f"{tokens(usage)} tokens")
    if reason := reply.get("finish_reason"):
        told.append(f"ended by {reason}")
    if reply.get("replayed"):
        told.append("generated before, for the same client token")
    told.append(reply.get("record") or "no record")
    return ", ".join(told)


def tokens(usage: Mapping[str, Any] | None) -> str:
    """Return the tokens of a prompt and its text, as far as the container counted them."""
    counts = [(usage or {}).get(name) for name in ("prompt_tokens", "completion_tokens")]
    return " + ".join("?" if count is None else str(count) for count in counts)
