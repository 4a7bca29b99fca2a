"""The bounds of the settings. AWS's own service model gives them where it has them."""

import re
from functools import cache

from catalog.service_model import Range, shape_enum, shape_pattern, shape_range

_SAGEMAKER = "sagemaker"
_LAMBDA = "lambda"

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

# PutMetricAlarm, EvaluationPeriods: with a period of an hour, "seven days".
IDLE_HOURS = 7 * 24

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

# docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: "Function environment variables 4 KB, for all
# environment variables associated with the function, in aggregate".
INVOKER_ENVIRONMENT_BYTES = 4 * 1024
INVOKER_SUBNETS = shape_range(_LAMBDA, "SubnetIds")
INVOKER_SECURITY_GROUPS = shape_range(_LAMBDA, "SecurityGroupIds")
INVOKER_RETRIES = shape_range(_LAMBDA, "MaximumRetryAttempts")
INVOKER_MAX_AGE_SECONDS = shape_range(_LAMBDA, "MaximumEventAgeInSeconds")
QUEUE_CONCURRENCY = shape_range(_LAMBDA, "MaximumConcurrency")

# SetQueueAttributes, maxReceiveCount: docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
MAX_RECEIVES = Range(1, 1000)

# An HTTP API's integration, "Maximum integration timeout 30 seconds", which cannot be increased:
# docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
HTTP_API_SECONDS = 30

# "The total aggregate policy size for the inline policies of a role can't exceed 10,240 characters":
# docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html. What a stack makes itself takes up to half of it.
OWN_STATEMENTS_CHARACTERS = 5_000

# Our own: an account has 1,000 at first, and AWS raises that to tens of thousands.
RESERVED_CONCURRENCY = Range(0, 100_000)

# Our own; the function refuses any other, and a test holds the two together.
NEW_TOKENS = Range(1, 1_000_000)
ATTEMPTS = Range(1, 10)
BATCH_WORKERS = Range(1, 64)
REDACTION_RULES = 20

# Our own: far beyond the largest model, so that a slip of units is noticed.
PARAMETERS_BILLIONS = 10_000
MODEL_GB = 10_000
VARIANT_WEIGHT = 1_000_000
INSTANCES = 1_000
COOLDOWN_SECONDS = 86_400

# The service model has the minimum of NumberOfCpuCores as a decimal, which a Range does not hold.
CPU_CORES = 0.25

# "A budget can have up to ten notifications", each with "one SNS subscriber and up to 10 email subscribers" (botocore,
# budgets, Notification); as many at most for real costs as for forecasts.
ALERTS_OF_A_KIND = 5
BUDGET_EMAILS = 10

# Our own: far beyond any stack, so that a slip is noticed.
MONTHLY_USD = 10_000_000
ALERT_PERCENT = 1_000

# A real-time or serverless container answers within 60 seconds or not at all:
# docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
REAL_TIME_SECONDS = 60

# InvokeEndpointAsync, InvocationTimeoutSeconds.
ASYNC_SECONDS = shape_range("sagemaker-runtime", "InvocationTimeoutSecondsHeader").maximum
ASYNC_REQUEST_SECONDS = shape_range("sagemaker-runtime", "RequestTTLSecondsHeader").maximum

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
def layer_arn_pattern() -> re.Pattern[str]:
    """What the ARN of a version of a Lambda layer must match as a whole."""
    return re.compile(shape_pattern(_LAMBDA, "LayerVersionArn"))


@cache
def shape_regex(shape: str) -> re.Pattern[str]:
    """What a text of one of SageMaker's shapes must match as a whole."""
    return re.compile(shape_pattern(_SAGEMAKER, shape))
