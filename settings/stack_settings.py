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
    def resolved_image(self) -> Image:
        """The serving image in this stack's Region."""
        return resolve_image(self.image.family, self.region)

    @property
    def instance(self) -> InstanceType:
        """The hardware of the endpoint's instance type."""
        return lookup_instance(self.endpoint.instance_type)

    @property
    def contract(self) -> Contract:
        """How the container is asked; `auto` is resolved to the way of the image family."""
        chosen = self.invoker.contract
        return self.resolved_image.contract if chosen == "auto" else chosen

    @property
    def container_environment(self) -> dict[str, str]:
        """The container's variables: the image family's, on this instance type, then the stack's."""
        return {**self.resolved_image.environment_on(self.instance), **self.image.env}

    @property
    def all_tags(self) -> dict[str, str]:
        """Tags of every resource: Project and Stack, then the stack's, which may replace them."""
        return {"Project": self.project, "Stack": self.stack, **self.tags}


def default_endpoint_name(project: str, stack: str) -> str:
    """The endpoint's name where a stack gives none."""
    return f"{project}-{stack}"
