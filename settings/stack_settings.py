"""The settings of one stack, checked and complete."""

from catalog.images import Contract, Image, resolve_image
from catalog.instances import InstanceType, lookup_instance
from settings.sections import GenaiSettings


class StackSettings(GenaiSettings):
    """What one stack says, with every default filled in. Made by `parse_settings`."""

    project: str
    """Name of the project in Pulumi.yaml."""

    stack: str
    """Name of the stack, such as `dev`."""

    region: str
    """AWS Region, from `aws:region`."""

    @property
    def endpoint_name(self) -> str:
        """Name of the endpoint: `genai:endpoint.name`, or `<project>-<stack>`."""
        return self.endpoint.name or default_endpoint_name(self.project, self.stack)

    @property
    def catalog_image(self) -> Image | None:
        """The serving image in this stack's Region; None for custom, which the catalog knows not."""
        if self.image.is_custom:
            return None
        return resolve_image(self.image.family, self.region, self.instance)

    @property
    def image_uri(self) -> str:
        """ECR URI of the serving image: the catalog's, or the stack's own."""
        image = self.catalog_image
        return image.uri if image else str(self.image.uri)

    @property
    def inference_ami_version(self) -> str | None:
        """The host image to ask for; None leaves the choice to SageMaker, as for custom."""
        image = self.catalog_image
        return image.inference_ami_on(self.instance) if image else None

    @property
    def instance(self) -> InstanceType:
        """The hardware of the endpoint's instance type."""
        return lookup_instance(self.endpoint.instance_type)

    @property
    def contract(self) -> Contract:
        """How the container is asked; `auto` is resolved to the way of the image family.

        Raises:
            ValueError: the function speaks none that the image does. `parse_settings` refuses that.
        """
        if self.invoker.contract != "auto":
            return self.invoker.contract
        image = self.catalog_image
        if image is None or image.contract is None:
            raise ValueError(f"no contract is known for the image family {self.image.family}")
        return image.contract

    @property
    def container_environment(self) -> dict[str, str]:
        """The container's variables: the image family's, on this instance type, then the stack's."""
        image = self.catalog_image
        return image.environment_on(self.instance, self.image.env) if image else {**self.image.env}

    @property
    def all_tags(self) -> dict[str, str]:
        """Tags of every resource: Project and Stack, then the stack's, which may replace them."""
        return {"Project": self.project, "Stack": self.stack, **self.tags}


def default_endpoint_name(project: str, stack: str) -> str:
    """The endpoint's name where a stack gives none."""
    return f"{project}-{stack}"
