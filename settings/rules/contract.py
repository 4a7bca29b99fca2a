"""How the function asks the container: what a contract needs and what it can say. Rules GA801 to GA809."""

from collections.abc import Iterator

from settings import limits
from settings.defaults import default_of
from settings.draft import Draft
from settings.function_variables import REDACT, TEMPLATE, bytes_of_variables
from settings.problems import Finding
from settings.rules.rule import rule
from settings.template import placeholders_in

_LIMIT = "invoker.maxNewTokens"
# What handlers/contracts/ send of these holds no number of tokens.
_WITHOUT_A_LIMIT = {
    "tei": "an embedding has no new tokens",
    "input-text": "a request of this contract is a text and nothing else",
    "raw": "the caller's body goes to the container as it is",
}


@rule(801)
def template_contract_has_its_template(draft: Draft) -> Iterator[Finding]:
    """The contract template says nothing by itself: request and reply are what the stack describes."""
    if draft.contract == "template" and not draft.is_said(TEMPLATE):
        yield Finding(
            draft.key(TEMPLATE),
            "is missing, and invoker.contract is template",
            'add template: {request: {prompt: "<<prompt>>"}, text: "choices[0].text"}, as your container takes and '
            "answers it",
        )


@rule(802)
def template_is_used(draft: Draft) -> Iterator[Finding]:
    """A template beside another contract would do nothing, and look as if it did."""
    said = draft.value("invoker.contract", str)
    if said not in {None, "template"} and draft.is_said(TEMPLATE):
        yield Finding(
            draft.key(TEMPLATE),
            f"is for the contract template, and invoker.contract is {said}",
            "write contract: template, or remove it",
        )


@rule(803)
def token_limit_reaches_the_container(draft: Draft) -> Iterator[Finding]:
    """A limit that the container is never told bounds nothing, and neither the bill."""
    limit, usual = draft.value(_LIMIT, int), default_of(_LIMIT.split("."))
    # Pulumi hands the default of a whole section to the program as if the stack had said it.
    if limit in {None, usual} or draft.contract is None:
        return
    reason = _WITHOUT_A_LIMIT.get(draft.contract)
    fix = "remove it, and bound the tokens in the container"
    if draft.contract == "template" and _has_no_limit(draft):
        reason = "the template's request has no <<max_new_tokens>>"
        fix = 'add a key for it to the request, such as max_tokens: "<<max_new_tokens>>", or remove it'
    if reason:
        message = f"is {limit}, which the contract {draft.contract} cannot ask for: {reason}"
        yield Finding(draft.key(_LIMIT), message, fix)


@rule(804)
def function_s_variables_are_small_enough(draft: Draft) -> Iterator[Finding]:
    """Template and redaction reach the function in its variables, of which Lambda allows 4 KB in all.

    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    if draft.is_wrong(TEMPLATE) or draft.is_wrong(REDACT):
        return
    sizes = bytes_of_variables(draft)
    if sum(sizes.values()) <= limits.INVOKER_ENVIRONMENT_BYTES:
        return
    large = {
        dotted: sizes[name]
        for name, dotted in (("GENAI_TEMPLATE", TEMPLATE), ("GENAI_REDACT", REDACT))
        if name in sizes
    }
    longest = max(large, key=lambda dotted: large[dotted], default="model.source")
    yield Finding(
        draft.key(longest),
        f"makes the function's variables {sum(sizes.values())} bytes long; Lambda allows "
        f"{limits.INVOKER_ENVIRONMENT_BYTES} in all",
        "shorten it",
    )


def _has_no_limit(draft: Draft) -> bool:
    if draft.is_wrong(TEMPLATE):
        return False
    request = draft.group(f"{TEMPLATE}.request")
    return bool(request) and "max_new_tokens" not in placeholders_in(request)
