"""The settings of one stack, checked and complete."""

import re
from collections.abc import Mapping

from catalog.hub import served_from_hub, token_variable
from catalog.images import Contract, Image, resolve_image
from catalog.instances import InstanceType, lookup_instance
from settings import limits
from settings.scaling import DEFAULT_TARGETS, PERCENTAGES, CapacityBounds, suitable_metric
from settings.sections import GenaiSettings
from settings.sections.guard import WorkHoursSettings
from settings.sections.scaling import (
    AsyncSettings,
    InferenceComponentSettings,
    ScalingMetric,
    Schedule,
    ServerlessSettings,
)

# Our own, so that two copies fit on an instance that has the accelerators for them.
_COMPONENT_SHARE_OF_MEMORY = 0.5
_MIB_PER_GIB = 1024

# Our own: half of what a real-time container has.
_USUAL_LATENCY_SECONDS = 30.0
_LONGEST_ADDITION = (
    "-configuration"  # of those that the components make, to a name that SageMaker limits
)


class StackSettings(GenaiSettings, arbitrary_types_allowed=True):
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
    def resource_name(self) -> str:
        """What the names of all resources begin with."""
        return default_resource_name(self.project)

    @property
    def catalog_image(self) -> Image | None:
        """The serving image in this stack's Region; None when the stack or a package brings its own."""
        if self.image.is_custom or self.image.is_from_a_package:
            return None
        return resolve_image(self.image.family, self.region, self.instance)

    @property
    def image_uri(self) -> str | None:
        """ECR URI of the serving image: the catalog's, or the stack's own; None with a model package."""
        image = self.catalog_image
        return image.uri if image else self.image.uri

    @property
    def inference_ami_version(self) -> str | None:
        """The host image to ask for; None leaves the choice to SageMaker."""
        return self.host_image_on(self.endpoint.instance_type)

    def host_image_on(self, instance_type: str | None) -> str | None:
        """The host image to ask for on an instance type: as said, or by the catalog's advice."""
        said, image = self.endpoint.inference_ami_version, self.catalog_image
        if said or image is None or instance_type is None:
            return said
        return image.inference_ami_on(lookup_instance(instance_type))

    @property
    def instance(self) -> InstanceType | None:
        """The hardware of the endpoint's instance type; None for the mode serverless."""
        name = self.endpoint.instance_type
        return lookup_instance(name) if name else None

    @property
    def contract(self) -> Contract:
        """How the container is asked; `auto` is resolved to the way of the image family.

        Raises:
            ValueError: no image of the catalog says. `parse_settings` refuses that.
        """
        if self.invoker.contract != "auto":
            return self.invoker.contract
        image = self.catalog_image
        if image is None:
            raise ValueError(f"no contract is known for the image family {self.image.family}")
        return image.contract

    @property
    def container_environment(self) -> dict[str, str]:
        """The container's variables: the image family's, the Hub model's, then the stack's."""
        return self.environment_on(None)

    def environment_on(self, instance_type: str | None) -> dict[str, str]:
        """The container's variables on an instance type, the main variant's if it is None."""
        image, hub = self.catalog_image, self.model.hub
        instance = lookup_instance(instance_type) if instance_type else self.instance
        if image is None:
            return {**self.image.env}
        serving = served_from_hub(image, hub.id, hub.revision) if hub else image
        return serving.environment_on(instance, self.image.env)

    @property
    def token_variable(self) -> str:
        """The container's variable for a Hub token."""
        return token_variable(self.image.family)

    @property
    def network_isolation(self) -> bool:
        """Whether the container has no network: as said, or where nothing needs one and the mode allows it."""
        said = self.endpoint.network_isolation
        if said is not None:
            return said
        return self.model.kind != "hub" and self.endpoint.mode in {"realtime", "async"}

    @property
    def serverless(self) -> ServerlessSettings:
        """Memory and concurrency in the mode serverless."""
        return self.endpoint.serverless or ServerlessSettings()

    @property
    def asynchronous(self) -> AsyncSettings:
        """Concurrency and notifications in the mode async."""
        return self.endpoint.async_ or AsyncSettings()

    @property
    def inference_component(self) -> InferenceComponentSettings:
        """What one copy takes in the mode scale-to-zero."""
        return self.endpoint.inference_component or InferenceComponentSettings()

    @property
    def component_memory_mib(self) -> int:
        """Main memory of one copy in the mode scale-to-zero."""
        said, instance = self.inference_component.memory_mib, self.instance
        if said or instance is None:
            return said or 0
        return int(instance.memory_gib * _MIB_PER_GIB * _COMPONENT_SHARE_OF_MEMORY)

    @property
    def component_accelerators(self) -> int | None:
        """Accelerators of one copy in the mode scale-to-zero; None on a CPU instance."""
        said, instance = self.inference_component.accelerator_count, self.instance
        if said or instance is None or instance.accelerators is None:
            return said
        return instance.accelerators.count

    @property
    def capacity_bounds(self) -> CapacityBounds | None:
        """Between what scaling moves the capacity; None if it stays as it is."""
        instances, mode = self.endpoint.instances, self.endpoint.mode
        if mode == "scale-to-zero":
            component = self.inference_component
            return CapacityBounds(least=component.min_copies, greatest=component.max_copies)
        if mode == "serverless":
            least, greatest = (
                self.serverless.provisioned_concurrency,
                self.serverless.max_provisioned_concurrency,
            )
        else:
            least, greatest = instances.min, instances.max
        if greatest is None:
            return None
        default = 0 if mode == "async" else 1
        return CapacityBounds(least=default if least is None else least, greatest=greatest)

    @property
    def schedules(self) -> Mapping[str, Schedule]:
        """Other bounds at certain times: the stack's own, and those of its work hours."""
        hours, bounds = self.guard.work_hours, self.capacity_bounds
        own = self.endpoint.scaling.schedules
        if hours is None or bounds is None:
            return own
        return {
            **own,
            "work-hours-begin": _daily(hours, hours.from_, bounds),
            "work-hours-end": _daily(hours, hours.to, CapacityBounds(least=0, greatest=0)),
        }

    @property
    def managed_instances(self) -> CapacityBounds:
        """Between what SageMaker itself moves the instances, in the mode scale-to-zero."""
        instances = self.endpoint.instances
        greatest = max(1, instances.initial) if instances.max is None else instances.max
        return CapacityBounds(least=instances.min or 0, greatest=greatest)

    @property
    def scaling_metric(self) -> ScalingMetric:
        """What the capacity follows; `auto` is resolved to what suits mode and image."""
        said, image = self.endpoint.scaling.metric, self.catalog_image
        if said != "auto":
            return said
        # AWS announced the high-resolution metric for accelerators; of other types it does not say.
        is_language_model = image is not None and image.is_language_model_server
        is_accelerated = self.instance is not None and self.instance.accelerators is not None
        return suitable_metric(
            self.endpoint.mode, answers_many_together=is_language_model and is_accelerated
        )

    @property
    def scaling_target(self) -> float:
        """What the metric is kept at, in CloudWatch's unit: a percentage counts for each core or GPU."""
        target = self.endpoint.scaling.target or DEFAULT_TARGETS[self.scaling_metric]
        if self.scaling_metric not in PERCENTAGES or self.instance is None:
            return target
        gpus = self.instance.accelerators
        return target * (
            gpus.count if gpus and self.scaling_metric != "cpu" else self.instance.vcpu
        )

    @property
    def max_latency_seconds(self) -> float | None:
        """The latency that turns a rollout back; None is any, as for slow work behind a queue."""
        said = self.endpoint.rollout.max_latency_seconds
        return _USUAL_LATENCY_SECONDS if said is None and self.endpoint.mode != "async" else said

    @property
    def all_tags(self) -> Mapping[str, str]:
        """Tags of every resource: Project and Stack, then the stack's, which may replace them."""
        return {"Project": self.project, "Stack": self.stack, **self.tags}


def _daily(hours: WorkHoursSettings, clock_time: str, bounds: CapacityBounds) -> Schedule:
    hour, minute = map(int, clock_time.split(":"))
    days = "* * ?" if hours.days == "*" else f"? * {hours.days}"
    return Schedule(
        schedule=f"cron({minute} {hour} {days} *)",
        timezone=hours.timezone,
        min=bounds.least,
        max=bounds.greatest,
    )


def default_endpoint_name(project: str, stack: str) -> str:
    """The endpoint's name where a stack gives none."""
    return f"{project}-{stack}"


def default_resource_name(project: str) -> str:
    """The project's name, as far as a SageMaker model, a bucket and a role may begin with it."""
    longest = (limits.ENDPOINT_NAME_LENGTH.maximum or 0) - limits.NAME_SUFFIX_LENGTH
    allowed = re.sub(r"[^A-Za-z0-9]+", "-", project)
    return allowed[: longest - len(_LONGEST_ADDITION)].strip("-")
