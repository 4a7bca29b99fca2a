"""Send recorded requests again, and hold the new answers against the recorded ones."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal, cast

from operations.asking import ACCEPTED, Ask, Event, Reply, is_failed
from operations.records import StoredRecord
from operations.side_by_side import in_order

Outcome = Literal["same", "different", "fails", "recovered", "fails again", "new"]
"""Against the recorded answer; `new`: nothing was recorded that it could be held against."""
OUTCOMES: tuple[Outcome, ...] = ("same", "different", "fails", "recovered", "fails again", "new")
_KINDS = ("prompt", "messages", "body")


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """A recorded request, and what it is answered now."""

    record: StoredRecord
    reply: Reply
    outcome: Outcome
    similarity: float | None
    """Of two texts the share of words in common, in their order; of two vectors the cosine. 1 is the same. None where
    there are not two.
    """
    seconds_before: float | None
    seconds: float | None
    tokens_before: int | None
    tokens: int | None

    def as_data(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "uri": self.record.uri,
            "request_id": self.record.request_id,
            "outcome": self.outcome,
            "similarity": self.similarity,
            "seconds_before": self.seconds_before,
            "seconds": self.seconds,
            "tokens_before": self.tokens_before,
            "tokens": self.tokens,
            "request": self.record.content.get("request"),
            "before": self.record.content.get("reply") or self.record.content.get("error"),
            "reply": self.reply,
        }


@dataclass(frozen=True)
class ReplaySummary:
    """What came of a whole replay."""

    outcomes: Mapping[Outcome, int]
    mean_similarity: float | None
    """Of those that were answered both times."""
    seconds_before: float
    """Of those whose times are known before and now, all together; as `seconds`."""
    seconds: float
    tokens_before: int
    tokens: int


def event_of(record: StoredRecord) -> Event | None:
    """Return the request that a record tells of; None if its texts were not kept.

    Never its client token: the answer would be the recorded one.
    """
    request = record.content.get("request") or {}
    parameters = request.get("parameters") or {}
    asked = {kind: request[kind] for kind in _KINDS if kind in request}
    has_texts = all("content" in message for message in request.get("messages", []))
    if not asked or not has_texts or any(name.endswith("_characters") for name in parameters):
        return None
    return {**asked, **({"parameters": parameters} if parameters else {})}


def replay(ask: Ask, records: Iterable[StoredRecord], at_once: int) -> Iterator[Replayed]:
    """Ask again for each record whose texts were kept, up to `at_once` side by side, and compare; in their order.

    `ask` must not raise: what fails is a reply too.
    """
    asked = [(record, event) for record in records if (event := event_of(record)) is not None]
    return in_order(lambda each: compare(each[0], ask(each[1])), asked, at_once)


def compare(record: StoredRecord, reply: Reply) -> Replayed:
    """Hold a reply against the recorded one."""
    before = record.content.get("reply") or {}
    similarity = None if is_failed(reply) else _similarity(before, reply)
    milliseconds_before = _milliseconds(record.content)
    milliseconds = reply.get("latency_ms")
    return Replayed(
        record=record,
        reply=reply,
        outcome=_outcome(record, reply, similarity),
        similarity=similarity,
        seconds_before=None if milliseconds_before is None else milliseconds_before / 1000,
        seconds=None if milliseconds is None else milliseconds / 1000,
        tokens_before=(before.get("usage") or {}).get("completion_tokens"),
        tokens=(reply.get("usage") or {}).get("completion_tokens"),
    )


def summary_of(replayed: Sequence[Replayed]) -> ReplaySummary:
    """Return what came of all."""
    counts = Counter(each.outcome for each in replayed)
    similarities = [each.similarity for each in replayed if each.similarity is not None]
    timed = [
        (each.seconds_before, each.seconds)
        for each in replayed
        if each.seconds_before is not None and each.seconds is not None
    ]
    return ReplaySummary(
        {outcome: counts[outcome] for outcome in OUTCOMES if counts[outcome]},
        math.fsum(similarities) / len(similarities) if similarities else None,
        math.fsum(before for before, _ in timed),
        math.fsum(now for _, now in timed),
        sum(each.tokens_before or 0 for each in replayed),
        sum(each.tokens or 0 for each in replayed),
    )


def _milliseconds(content: Mapping[str, Any]) -> int | None:
    """How long the answer took; of an asynchronous endpoint's it is known once its record is completed."""
    latency = content.get("latency_ms") or {}
    if content.get("mode") != "async":
        return latency.get("total")
    return None if content.get("status") == ACCEPTED else latency.get("model")


def _outcome(record: StoredRecord, reply: Reply, similarity: float | None) -> Outcome:
    if is_failed(reply):
        return "fails again" if record.is_failed else "fails"
    if record.is_failed:
        return "recovered"
    if similarity is None:
        return "new"
    before = record.content["reply"]
    is_same = all(
        before.get(name) == reply.get(name) for name in ("text", "embedding") if name in before
    )
    return "same" if is_same else "different"


def _similarity(before: Mapping[str, Any], reply: Reply) -> float | None:
    if before.get("embedding") and reply.get("embedding"):
        return _cosine(before["embedding"], cast("list[float]", reply["embedding"]))
    if "text" in before and "text" in reply:
        # By words: by characters the time grows with the square of thousands.
        return SequenceMatcher(None, before["text"].split(), reply["text"].split()).ratio()
    return None


def _cosine(one: Sequence[float], other: Sequence[float]) -> float | None:
    lengths = math.hypot(*one) * math.hypot(*other)
    if len(one) != len(other) or not lengths:
        return None
    return math.fsum(a * b for a, b in zip(one, other, strict=True)) / lengths
