"""What the settings mean for each component: the part of its arguments that a person decides.

Plain dictionaries under the components' own names, so that `__main__.py` adds only the wiring. They are
typed here and again by the components; the type checker holds the two against each other where they meet.
"""

from settings.component_args.bucket import BucketArgs, bucket_args
from settings.component_args.endpoint import (
    AsyncArgs,
    CaptureArgs,
    EndpointArgs,
    InferenceComponentArgs,
    RolloutArgs,
    ScalingArgs,
    ScheduleArgs,
    ServerlessArgs,
    VariantArgs,
    VpcArgs,
    WaysOutArgs,
    endpoint_args,
)
from settings.component_args.guard import GuardArgs, guard_args
from settings.component_args.invoker import (
    AliasArgs,
    AsyncInvokeArgs,
    FunctionVpcArgs,
    InputsArgs,
    InvokerArgs,
    invoker_args,
)
from settings.component_args.watch import ThresholdsArgs, WatchArgs, watch_args

__all__ = [
    "AliasArgs",
    "AsyncArgs",
    "AsyncInvokeArgs",
    "BucketArgs",
    "CaptureArgs",
    "EndpointArgs",
    "FunctionVpcArgs",
    "GuardArgs",
    "InferenceComponentArgs",
    "InputsArgs",
    "InvokerArgs",
    "RolloutArgs",
    "ScalingArgs",
    "ScheduleArgs",
    "ServerlessArgs",
    "ThresholdsArgs",
    "VariantArgs",
    "VpcArgs",
    "WatchArgs",
    "WaysOutArgs",
    "bucket_args",
    "endpoint_args",
    "guard_args",
    "invoker_args",
    "watch_args",
]
