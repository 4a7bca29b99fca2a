"""What the page may ask about the stack, each answer a JSON value without credentials in it."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from operations.asking import ACCEPTED, Event, Reply, ask_function, ask_patiently
from operations.call_cost import CallCosts
from operations.deployment import Deployment
from operations.error_fixes import fix_of
from operations.errors import NotFoundError, OperationError
from operations.instance_price import PriceOfHour, listed_price
from operations.record_texts import answered, asked, in_one_line
from operations.records import Records, Selection, StoredRecord
from operations.streaming import OnText, StreamingUrl

Told = dict[str, Any]

HISTORY_LENGTH = 40
LONGEST_WAIT_SECONDS = 30 * 60.0
"""For an answer that comes later: a large model takes many minutes from no instance to its first text."""


class StackApi:
    """Answers for one deployed stack; may be asked by several threads."""

    def __init__(
        self,
        deployment: Deployment,
        price_of_hour: PriceOfHour = listed_price,
        limit_seconds: float = LONGEST_WAIT_SECONDS,
    ) -> None:
        """Look at the stack once, without asking its model anything.

        Args:
            deployment: the stack.
            price_of_hour: tells what its instances cost.
            limit_seconds: how long to wait for an answer that comes later.

        Raises:
            OperationError: there are no credentials, or nobody answers.
        """
        deployment.credentials()
        self._deployment = deployment
        self._limit_seconds = limit_seconds
        self._costs = CallCosts(deployment, price_of_hour)
        self._stream = _stream_of(deployment)

    @property
    def streams(self) -> bool:
        """Whether a text comes piece by piece."""
        return self._stream is not None

    def stack(self) -> dict[str, Any]:
        """What the page says about the stack."""
        account = self._deployment.account
        return {
            "stack": self._deployment.stack,
            "endpoint": self._deployment.endpoint_name,
            "region": self._deployment.region,
            "account": account.url if account else None,
            "streams": self.streams,
        }

    def history(self) -> list[dict[str, Any]]:
        """The newest records, each in a few words.

        Raises:
            OperationError: the bucket cannot be read.
        """
        newest = Records(self._deployment).newest(Selection(limit=HISTORY_LENGTH))
        return [_summary(each) for each in newest]

    def record(self, uri: str) -> dict[str, Any]:
        """One record as it lies in the bucket.

        Raises:
            OperationError: there is none, or the bucket cannot be read.
        """
        stored = Records(self._deployment).find(uri)
        return {"uri": stored.uri, "record": stored.content}

    def answer(self, request: Mapping[str, Any], tell: Callable[[Told], None]) -> None:
        """Ask for a text, and tell what happens as it happens: `text` and `waiting`, at last `answered` or `failed`.

        What `tell` raises ends the asking, and comes out of here.
        """
        watch = _StopWatch()

        def on_text(piece: str) -> None:
            watch.note_text()
            tell({"event": "text", "text": piece})

        def on_wait(reply: Reply) -> None:
            tell({"event": "waiting", "state": reply["state"], "message": reply.get("message")})

        try:
            reply = ask_patiently(
                lambda event: self._ask(event, on_text),
                dict(request),
                limit_seconds=self._limit_seconds,
                on_wait=on_wait,
            )
        except OperationError as failure:
            tell({"event": "failed", "message": str(failure), "fix": failure.fix})
        else:
            tell({**self._outcome(reply), **asdict(watch), "seconds": watch.seconds})

    def _ask(self, event: Event, on_text: OnText) -> Reply:
        if self._stream is None:
            return ask_function(self._deployment, event)
        return self._stream.ask(event, on_text)

    def _outcome(self, reply: Reply) -> Told:
        if reply["status"] == ACCEPTED:
            message = f"no answer came within {self._limit_seconds:g} s; the function says {reply['state']}"
            poll = reply.get("poll")
            fix = f"ask for it later by sending {json.dumps(poll)}" if poll else "ask again later"
            return {"event": "failed", "message": message, "fix": fix}
        told = {"event": "answered", "reply": reply}
        if error := reply.get("error"):
            return {**told, "fix": fix_of(error["type"])}
        cost = self._costs.cost_of(reply)
        return {**told, "cost": asdict(cost) if cost else None}


def _stream_of(deployment: Deployment) -> StreamingUrl | None:
    try:
        return StreamingUrl(deployment)
    except NotFoundError:
        raise
    except OperationError:
        return None  # the stack has no such URL: texts come as a whole


@dataclass
class _StopWatch:
    """From sending a request on."""

    first_text_seconds: float | None = None
    """To the first piece of a stream; None if the text came as a whole, or none came."""

    def __post_init__(self) -> None:
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def note_text(self) -> None:
        if self.first_text_seconds is None:
            self.first_text_seconds = self.seconds


def _summary(stored: StoredRecord) -> dict[str, Any]:
    record = stored.content
    return {
        "uri": stored.uri,
        "created_at": stored.created_at.isoformat(),
        "status": record["status"],
        "mode": record.get("mode"),
        "asked": in_one_line(asked(record)),
        "answered": in_one_line(answered(record)),
        "is_failed": stored.is_failed,
        "usage": (record.get("reply") or {}).get("usage"),
        "milliseconds": (record.get("latency_ms") or {}).get("total"),
    }
