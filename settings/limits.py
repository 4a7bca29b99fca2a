"""The bounds of the settings. AWS's own service model gives them where it has them."""

import re
from functools import cache

from catalog.service_model import Range, shape_enum, shape_pattern, shape_range

_SAGEMAKER = "sagemaker"

STARTUP_TIMEOUT_SECONDS = shape_range(
    _SAGEMAKER, "ProductionVariantContainerStartupHealthCheckTimeoutInSeconds"
)
DOWNLOAD_TIMEOUT_SECONDS = shape_range(
    _SAGEMAKER, "ProductionVariantModelDataDownloadTimeoutInSeconds"
)
VOLUME_GB = shape_range(_SAGEMAKER, "ProductionVariantVolumeSizeInGB")
INITIAL_INSTANCES = shape_range(_SAGEMAKER, "InitialTaskCount")
SERVERLESS_CONCURRENCY = shape_range(_SAGEMAKER, "ServerlessMaxConcurrency")
ASYNC_CONCURRENCY = shape_range(_SAGEMAKER, "MaxConcurrentInvocationsPerInstance")
ACCELERATORS = shape_range(_SAGEMAKER, "NumberOfAcceleratorDevices")
COMPONENT_MEMORY_MIB = shape_range(_SAGEMAKER, "MemoryInMb")
SUBNETS = shape_range(_SAGEMAKER, "Subnets")
SECURITY_GROUPS = shape_range(_SAGEMAKER, "VpcSecurityGroupIds")
VARIANTS = shape_range(_SAGEMAKER, "ProductionVariantList")
ROLLOUT_WAIT_SECONDS = shape_range(_SAGEMAKER, "WaitIntervalInSeconds")
TERMINATION_WAIT_SECONDS = shape_range(_SAGEMAKER, "TerminationWaitInSeconds")
ROLLOUT_SECONDS = shape_range(_SAGEMAKER, "MaximumExecutionTimeoutInSeconds")
CAPTURE_PERCENT = shape_range(_SAGEMAKER, "SamplingPercentage").maximum
ENDPOINT_NAME_LENGTH = shape_range(_SAGEMAKER, "EndpointName")
MODEL_URI_LENGTH = shape_range(_SAGEMAKER, "S3ModelUri")
IMAGE_URI_LENGTH = shape_range(_SAGEMAKER, "ContainerImage")
ENVIRONMENT_ENTRIES = shape_range(_SAGEMAKER, "EnvironmentMap")
ENVIRONMENT_NAME_LENGTH = shape_range(_SAGEMAKER, "EnvironmentKey")
ENVIRONMENT_VALUE_LENGTH = shape_range(_SAGEMAKER, "EnvironmentValue")
TAG_ENTRIES = shape_range(_SAGEMAKER, "TagList")
TAG_KEY_LENGTH = shape_range(_SAGEMAKER, "TagKey")
TAG_VALUE_LENGTH = shape_range(_SAGEMAKER, "TagValue")

# What pulumi-aws puts behind the name of a resource that is given none: a hyphen and seven hexadecimal digits.
NAME_SUFFIX_LENGTH = 8

# An uploaded model is an S3 object, and an object carries fewer tags than any other resource here:
# docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
OBJECT_TAG_ENTRIES = 10

# CreateModel, ContainerDefinition.Environment: all names and values together, "32 KB".
ENVIRONMENT_BYTES = 32 * 1024

# The service model allows 5,400 seconds and 32,768 MiB, but only to Lambda Managed Instances. These
# are an ordinary function's: docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
INVOKER_TIMEOUT_SECONDS = Range(1, 900)
INVOKER_MEMORY_MIB = Range(128, 10_240)

# Our own: far beyond the largest model, so that a slip of units is noticed.
PARAMETERS_BILLIONS = 10_000
MODEL_GB = 10_000
VARIANT_WEIGHT = 1_000_000
INSTANCES = 1_000
COOLDOWN_SECONDS = 86_400

# The service model has the minimum of NumberOfCpuCores as a decimal, which a Range does not hold.
CPU_CORES = 0.25

# A real-time or serverless container answers within 60 seconds or not at all:
# docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
REAL_TIME_SECONDS = 60

# InvokeEndpointAsync, InvocationTimeoutSeconds.
ASYNC_SECONDS = shape_range("sagemaker-runtime", "InvocationTimeoutSecondsHeader").maximum

# logs:PutRetentionPolicy lists these in the prose of retentionInDays; its model has no enum.
LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

# Our own: ten years, so that "for ever" is a decision and not a typing error.
RECORD_DAYS = Range(1, 3650)

# docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_NAME = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")

# The pattern of TagKey and TagValue: these besides Unicode letters, separators and numbers. It is
# not read from the model because `re` has no \p{L}.
TAG_PUNCTUATION = frozenset("_.:/=+-@")


@cache
def instance_types() -> frozenset[str]:
    """Every instance type that can host an endpoint."""
    return frozenset(shape_enum(_SAGEMAKER, "ProductionVariantInstanceType"))


@cache
def endpoint_name_pattern() -> re.Pattern[str]:
    """What an endpoint name must match as a whole."""
    return re.compile(shape_pattern(_SAGEMAKER, "EndpointName"))


@cache
def environment_name_pattern() -> re.Pattern[str]:
    """What the name of a container variable must match as a whole."""
    return re.compile(shape_pattern(_SAGEMAKER, "EnvironmentKey"))


@cache
def ami_versions() -> tuple[str, ...]:
    """Every host image that can be asked for."""
    return shape_enum(_SAGEMAKER, "ProductionVariantInferenceAmiVersion")


@cache
def shape_regex(shape: str) -> re.Pattern[str]:
    """What a text of one of SageMaker's shapes must match as a whole."""
    return re.compile(shape_pattern(_SAGEMAKER, shape))
