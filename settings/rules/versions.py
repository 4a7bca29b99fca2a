"""Which version of the function's code answers. Rules GA851 to GA859."""

from collections.abc import Iterator

from settings.draft import Draft
from settings.problems import Finding
from settings.rules.rule import rule

_VERSION = "invoker.versions.previousVersion"
_PERCENT = "invoker.versions.previousPercent"


@rule(851)
def previous_version_has_a_share(draft: Draft) -> Iterator[Finding]:
    """A share of the invocations is one version's, and a version without a share gets none."""
    if draft.is_wrong(_VERSION) or draft.is_wrong(_PERCENT):
        return
    if draft.is_said(_PERCENT) and not draft.is_said(_VERSION):
        yield Finding(
            draft.key(_PERCENT),
            "is given, and previousVersion, which would get that share, is not",
            "add previousVersion: 7, with the number of the version that answered before; or remove it",
        )
    if draft.is_said(_VERSION) and not draft.is_said(_PERCENT):
        yield Finding(
            draft.key(_VERSION),
            "is given, and its share of the invocations, previousPercent, is not",
            "add previousPercent: 90, and lower it as the new version proves itself; or remove it",
        )


@rule(852)
def previous_version_is_published(draft: Draft) -> Iterator[Finding]:
    """Without published versions there is no alias that could share invocations among them."""
    if draft.value("invoker.versions.publish", bool) is False and draft.value(_VERSION, int):
        yield Finding(
            draft.key(_VERSION),
            "is given, and publish is false",
            "write publish: true, or remove it",
        )


@rule(853)
def previous_version_is_of_one_function(draft: Draft) -> Iterator[Finding]:
    """With streaming the URL leads to a function of its own, whose versions are counted apart."""
    if draft.value("invoker.streaming", bool) and draft.value(_VERSION, int):
        yield Finding(
            draft.key(_VERSION),
            "is given, and with streaming: true there are two functions, whose versions are counted apart",
            "remove previousVersion and previousPercent while streaming is on, or remove streaming",
        )
