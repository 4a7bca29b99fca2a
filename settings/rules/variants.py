"""Several variants behind one endpoint. Rules GA331 to GA339."""

from collections.abc import Iterator

from catalog.errors import CatalogError
from catalog.hub import hub_environment
from settings import limits
from settings.draft import Draft
from settings.image_uri import PACKAGE_FAMILY
from settings.problems import Finding
from settings.rules.marketplace import is_from_marketplace
from settings.rules.rule import rule
from settings.stack_settings import default_resource_name
from settings.wording import quote


@rule(331)
def some_variant_gets_requests(draft: Draft) -> Iterator[Finding]:
    """Requests are shared out by weight; where all weights are 0 there is nobody to answer."""
    at = "endpoint.variants"
    names = list(draft.group(at))
    weights = [
        draft.value("endpoint.weight", float),
        *(draft.entry_value(at, name, "weight", float) for name in names),
    ]
    if None not in weights and not any(weights):
        of_all = " and so is that of every other variant" if names else ""
        yield Finding(
            draft.key("endpoint.weight"),
            f"is 0{of_all}, so no variant gets a request",
            "write a weight above 0 for at least one of them",
        )


@rule(332)
def variants_are_few(draft: Draft) -> Iterator[Finding]:
    """An endpoint configuration holds a limited number of variants (CreateEndpointConfig, ProductionVariants)."""
    count, most = len(draft.group("endpoint.variants")) + 1, limits.VARIANTS.maximum
    if most is not None and count > most:
        message = f"there are {count} variants with the main one; SageMaker allows {most}"
        yield Finding(draft.key("endpoint.variants"), message, "remove some")


@rule(333)
def shadow_has_one_variant_beside_it(draft: Draft) -> Iterator[Finding]:
    """A shadow copies the requests of one variant (CreateEndpointConfig, ShadowProductionVariants)."""
    variants = draft.group("endpoint.variants")
    if (
        draft.group("endpoint.shadow")
        and variants
        and draft.mode not in {"serverless", "scale-to-zero"}
    ):
        yield Finding(
            draft.key("endpoint.shadow"),
            f"copies the requests of one variant, and there are {len(variants) + 1} with the main one",
            "remove endpoint.variants or endpoint.shadow",
        )


@rule(334)
def shadow_is_possible(draft: Draft) -> Iterator[Finding]:
    """Asynchronous endpoints, Inf1 instances and Marketplace containers have no shadows.

    https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html
    """
    if not draft.group("endpoint.shadow"):
        return
    reasons: list[str] = []
    if draft.mode == "async":
        reasons.append("the mode is async")
    reasons += [
        f"{at.instance.name} is Inf1" for at in draft.machines if at.instance.family == "inf1"
    ]
    if is_from_marketplace(draft):
        reasons.append("the model is a package of AWS Marketplace")
    for reason in reasons[:1]:
        yield Finding(
            draft.key("endpoint.shadow"),
            f"is not possible here: {reason}",
            "remove it; endpoint.variants with a small weight is another way to try a model",
        )


@rule(335)
def variant_has_an_image_for_its_model(draft: Draft) -> Iterator[Finding]:
    """A variant takes the stack's image; a model package's image is for the package's model."""
    if draft.family != PACKAGE_FAMILY:
        return
    for at in draft.other_variants:
        source = draft.value(f"{at}.source", str)
        if source:
            yield Finding(
                draft.key(f"{at}.source"),
                f"is {quote(source)}, and the stack's image comes with the model package",
                "remove it, or host that model in a stack of its own",
            )


@rule(336)
def variant_is_not_told_of_the_hub(draft: Draft) -> Iterator[Finding]:
    """A variant has the stack's variables, and those of a Hub model make the container fetch that instead."""
    hub, image = draft.hub, draft.image
    if hub is None or image is None:
        return
    try:
        names = hub_environment(image, hub.id, hub.revision)
    except CatalogError:
        return
    for at in draft.other_variants:
        source, variables = draft.value(f"{at}.source", str), draft.value(f"{at}.env", dict)
        variable = next(iter(names))
        if source and variables is not None and variable not in variables:
            yield Finding(
                draft.key(f"{at}.source"),
                f"is {quote(source)}, and {variable} tells its container to fetch {hub.id} from the Hub",
                f"add {variable}: /opt/ml/model to {at}.env",
            )


@rule(337)
def variant_s_model_has_an_allowed_name(draft: Draft) -> Iterator[Finding]:
    """A variant's own model is named after project and variant, and SageMaker limits the names of models."""
    longest = limits.ENDPOINT_NAME_LENGTH.maximum
    if longest is None:
        return
    around = f"{default_resource_name(draft.project)}--model"
    most = longest - limits.NAME_SUFFIX_LENGTH - len(around)
    for name in map(str, draft.group("endpoint.variants")):
        at = f"endpoint.variants.{name}"
        has_own_model = any(draft.value(f"{at}.{key}", object) for key in ("source", "env"))
        if len(name) > most and has_own_model and not draft.is_wrong(at):
            yield Finding(
                draft.key(at),
                f"has a name of {len(name)} characters, and its own model's name has room for {most} of them",
                f"give it a name of at most {most} characters, such as candidate",
            )
