"""Models of the Hugging Face Hub: whether the container can fetch them, and is told to. Rules of GA111 to GA122."""

from collections.abc import Iterator

from catalog.errors import CatalogError
from catalog.hub import hub_environment, hub_families
from catalog.images import image_families, lookup_family
from settings.arns import arn_region
from settings.draft import Draft
from settings.image_uri import CUSTOM_FAMILY
from settings.model_source import HubModel
from settings.problems import Finding
from settings.rules.rule import rule
from settings.wording import quote


@rule(111)
def hub_model_has_a_network(draft: Draft) -> Iterator[Finding]:
    """A container without a network cannot fetch a model from the Hub (CreateModel, EnableNetworkIsolation)."""
    is_isolated = draft.value("endpoint.networkIsolation", bool)
    if draft.source_kind == "hub" and is_isolated and draft.mode != "serverless":
        yield Finding(
            draft.key("endpoint.networkIsolation"),
            f"is true, and the container has to fetch {quote(draft.source or '')} from the Hub",
            "put the model's files into S3 and name those, or remove networkIsolation",
        )


@rule(112)
def family_fetches_the_hub_model(draft: Draft) -> Iterator[Finding]:
    """Not every image can fetch a model from the Hub, and not every one a revision of it."""
    hub = draft.hub
    if hub is None or not draft.images:
        return
    try:
        _ = hub_environment(draft.images[0], hub.id, hub.revision)
    except CatalogError as error:
        able = ", ".join(_families_that_fetch(hub))
        fix = f"choose one of {able}, or put the model's files into S3 and name those"
        yield Finding(draft.key("model.source"), str(error), fix)


@rule(113)
def own_image_is_told_its_hub_model(draft: Draft) -> Iterator[Finding]:
    """How an image of one's own is told what to fetch from the Hub, only its author knows."""
    hub, variables = draft.hub, draft.variables
    if hub is None or draft.family != CUSTOM_FAMILY or variables is None:
        return
    if not any(hub.id in value for value in variables.values()):
        yield Finding(
            draft.key("image.env"),
            f"tells the container nothing of {hub.id}, and for the family custom nothing is added",
            f"add the variables that your image reads, such as HF_MODEL_ID: {hub.id}",
        )


@rule(118)
def hub_token_is_used(draft: Draft) -> Iterator[Finding]:
    """A token that no container asks the Hub with is a secret at risk for nothing."""
    if draft.source_kind is None or draft.family is None:
        return
    for dotted in draft.said_among("hubToken", "model.tokenSecretArn"):
        if draft.source_kind != "hub":
            message = f"is for a model of the Hub, and {quote(draft.source or '')} is none"
            yield Finding(draft.key(dotted), message, "remove it")
        elif draft.family == CUSTOM_FAMILY:
            message = "has no variable to go into: how a custom image takes a token is not known"
            fix = "remove it and put the model's files into S3, or choose a family that fetches from the Hub"
            yield Finding(draft.key(dotted), message, fix)


@rule(119)
def hub_token_is_given_once(draft: Draft) -> Iterator[Finding]:
    """Two tokens would end in one variable, and which of them wins nobody could see."""
    if len(list(draft.said_among("hubToken", "model.tokenSecretArn"))) > 1:
        yield Finding(
            draft.key("hubToken"),
            "is given, and so is model.tokenSecretArn: the container takes one token",
            "remove one of them, best hubToken: a secret in Secrets Manager is renewed in one place",
        )


@rule(120)
def token_secret_is_in_the_region(draft: Draft) -> Iterator[Finding]:
    """The secret is read when the stack is deployed, from the Secrets Manager of the stack's Region."""
    arn = draft.value("model.tokenSecretArn", str)
    if arn and draft.region and arn_region(arn) != draft.region:
        yield Finding(
            draft.key("model.tokenSecretArn"),
            f"lies in {arn_region(arn)}, and the stack in {draft.region}",
            f"replicate the secret to {draft.region} and name the replica",
        )


@rule(122)
def variables_agree_with_the_source(draft: Draft) -> Iterator[Finding]:
    """A container that is told of another model than the stack's would serve that, or fail to fetch it."""
    if draft.source_kind is None or draft.variables is None or not draft.images:
        return
    hub, image = draft.hub, draft.images[0]
    for name, meant in _model_variables(draft).items():
        given = draft.variables.get(name, meant)
        if hub is not None and given != meant:
            message = f"is {quote(given)}, and model.source is {quote(draft.source or '')}, which sets it to {quote(meant)}"
            yield Finding(
                draft.key(f"image.env.{name}"),
                message,
                "remove it, and let model.source say which model runs",
            )
        elif hub is None and _is_isolated(draft) and given and not given.startswith("/"):
            message = f"is {quote(given)}, which {image.engine} would have to fetch, and the container has no network"
            fix = f"write model.source: hf:{given}@<revision> instead, or remove it to serve {quote(draft.source or '')}"
            yield Finding(draft.key(f"image.env.{name}"), message, fix)


def _model_variables(draft: Draft) -> dict[str, str]:
    """The variables that name the Hub model to the image; without values where the model is no Hub model."""
    hub = draft.hub
    try:
        if hub is not None:
            return hub_environment(draft.images[0], hub.id, hub.revision)
        return dict.fromkeys(hub_environment(draft.images[0], "", None), "")
    except CatalogError:
        return {}


def _is_isolated(draft: Draft) -> bool:
    """Whether the container has no network: as said, or by default."""
    key = "endpoint.networkIsolation"
    if draft.mode in {None, "serverless"} or draft.is_wrong(key):
        return False
    return draft.value(key, bool) is not False


def _families_that_fetch(hub: HubModel) -> Iterator[str]:
    for family in sorted({*hub_families()} & {*image_families()}):
        try:
            _ = hub_environment(lookup_family(family)[0], hub.id, hub.revision)
        except CatalogError:
            continue
        yield family
