"""What can be relied on in settings that are wrong elsewhere: the ground for the rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from catalog.errors import CatalogError
from catalog.images import Contract, ServingImage, choose_image, lookup_family
from catalog.instances import InstanceType, lookup_instance
from settings.image_uri import CUSTOM_FAMILY
from settings.sections import BucketSettings, InvokerSettings
from settings.stack_settings import default_endpoint_name

KeyPath = tuple[object, ...]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The values that passed their own checks. None: missing, or wrong."""

    project: str
    stack: str
    project_dir: Path
    region: str | None
    source: str | None
    family: str | None
    image_uri: str | None
    """Empty: the stack gives none."""
    variables: Mapping[str, str] | None
    instance_type: str | None
    endpoint_name: str | None
    contract: Literal["auto", Contract] | None
    protect: bool | None
    force_destroy: bool | None
    tags: Mapping[str, str] | None

    @property
    def images(self) -> tuple[ServingImage, ...]:
        """The images that may be meant: one once the instance type is known, none for custom."""
        if self.family is None or self.family == CUSTOM_FAMILY:
            return ()
        if self.instance is None:
            return lookup_family(self.family)
        return (choose_image(self.family, self.instance),)

    @property
    def image(self) -> ServingImage | None:
        """The image of the family, if it is known which one is meant."""
        return self.images[0] if len(self.images) == 1 else None

    @property
    def instance(self) -> InstanceType | None:
        """The instance type, if it is known to AWS and to the catalog."""
        try:
            return lookup_instance(self.instance_type) if self.instance_type else None
        except CatalogError:
            return None

    def key(self, dotted: str) -> str:
        """`genai:endpoint.name` for `endpoint.name`."""
        return f"{self.project}:{dotted}"


def draft(
    sections: dict[str, Any],
    wrong: Iterable[KeyPath],
    *,
    region: str | None,
    project: str,
    stack: str,
    project_dir: Path,
) -> Draft:
    """Collect the values of `sections` that no error is about, and the defaults of absent ones."""
    wrong = tuple(wrong)

    def sound(*path: str, default: Any = None) -> Any:
        if any(_overlap(path, other) for other in wrong):
            return None
        value: Any = sections
        for step in path:
            if not isinstance(value, dict) or step not in value:
                return default
            value = cast("dict[str, Any]", value)[step]
        return default if value is None else value

    return Draft(
        project=project,
        stack=stack,
        project_dir=project_dir,
        region=region,
        source=sound("model", "source"),
        family=sound("image", "family"),
        image_uri=sound("image", "uri", default=""),
        variables=sound("image", "env", default={}),
        instance_type=sound("endpoint", "instanceType"),
        endpoint_name=sound("endpoint", "name", default=default_endpoint_name(project, stack)),
        contract=sound("invoker", "contract", default=InvokerSettings().contract),
        protect=sound("bucket", "protect", default=BucketSettings().protect),
        force_destroy=sound("bucket", "forceDestroy", default=BucketSettings().force_destroy),
        tags=sound("tags", default={}),
    )


def _overlap(path: KeyPath, other: KeyPath) -> bool:
    shared = min(len(path), len(other))
    return path[:shared] == other[:shared]
