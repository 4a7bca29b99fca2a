"""Requests that come again, from the function or from its callers. Rules GA841 to GA849."""

from collections.abc import Iterator

from settings.draft import Draft
from settings.problems import Finding
from settings.rules.rule import rule


@rule(841)
def time_out_has_another_attempt(draft: Draft) -> Iterator[Finding]:
    """Asking again after a time-out needs an attempt to do it with."""
    at = "invoker.retries"
    if draft.value(f"{at}.afterTimeout", bool) and draft.value(f"{at}.attempts", int) == 1:
        yield Finding(
            draft.key(f"{at}.afterTimeout"),
            "is true, and attempts is 1, so nothing is asked again",
            "write attempts: 2, or remove it",
        )


@rule(842)
def client_tokens_have_something_kept(draft: Draft) -> Iterator[Finding]:
    """Who keeps nothing of a request cannot know it again.

    A client token is remembered in S3, with the answer where records are full.
    """
    keeps_nothing = draft.value("invoker.records.keep", str) == "off"
    if keeps_nothing and draft.value("invoker.clientTokens", bool):
        how = "is" if draft.is_said("invoker.clientTokens") else "is by default"
        yield Finding(
            draft.key("invoker.clientTokens"),
            f"{how} true, which keeps an object for each token, and records.keep is off",
            "write clientTokens: false; or keep: metadata, which keeps no text and still knows a request again",
        )
