"""What each way to host a model means for the components: modes, scaling, variants, keys and secrets."""

from pathlib import Path
from typing import Any

import pytest

from catalog.hub import hub_environment, token_variable
from catalog.images import choose_image
from settings import SecureValue
from settings.component_args import (
    EndpointArgs,
    bucket_args,
    endpoint_args,
    invoker_args,
)
from tests.settings.stacks import parse, right_but

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
VLLM = {"genai:image.family": "vllm", "genai:endpoint.instanceType": "ml.g6e.2xlarge"}
PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/stories/1"


def hosted(changes: dict[str, Any], project_dir: Path) -> EndpointArgs:
    return endpoint_args(parse(right_but(changes), project_dir))


def test_realtime_instances_stay_as_many_unless_a_maximum_is_given(project_dir: Path) -> None:
    assert hosted({}, project_dir)["scaling"] is None

    scaling = hosted({"genai:endpoint.instances.max": 4}, project_dir)["scaling"]

    assert scaling == {
        "min_capacity": 1,
        "max_capacity": 4,
        "metric": "invocations",
        "target": 60,
        "scale_in_cooldown_seconds": 300,
        "scale_out_cooldown_seconds": 60,
        "schedules": {},
    }


def test_a_language_model_server_scales_on_requests_at_once(project_dir: Path) -> None:
    scaling = hosted({**VLLM, "genai:endpoint.instances.max": 4}, project_dir)["scaling"]

    assert scaling is not None
    assert (scaling["metric"], scaling["target"]) == ("concurrency", 5)


def test_a_metric_and_a_target_of_one_s_own_are_taken(project_dir: Path) -> None:
    said: dict[str, Any] = {
        "genai:endpoint.instances.max": 2,
        "genai:endpoint.scaling": {"metric": "cpu"},
    }

    by_default = hosted(said, project_dir)["scaling"]
    said["genai:endpoint.scaling"] = {"metric": "cpu", "target": 42.5}
    own = hosted(said, project_dir)["scaling"]

    assert by_default is not None
    assert own is not None
    # An ml.m5.large has two cores, and CloudWatch adds up what each is busy.
    assert (by_default["metric"], by_default["target"], own["target"]) == ("cpu", 140, 85)


def test_a_share_of_the_gpus_counts_for_each(project_dir: Path) -> None:
    four_gpus = {"genai:endpoint.instanceType": "ml.g6e.12xlarge"}
    said = {**VLLM, **four_gpus, "genai:endpoint.instances.max": 2}

    scaling = hosted({**said, "genai:endpoint.scaling.metric": "gpu"}, project_dir)["scaling"]

    assert scaling is not None
    assert scaling["target"] == 280


def test_schedules_change_the_bounds(project_dir: Path) -> None:
    night = {"schedule": "cron(0 20 ? * * *)", "timezone": "Europe/Berlin", "min": 1, "max": 1}
    said = {"genai:endpoint.instances.max": 2, "genai:endpoint.scaling.schedules": {"night": night}}

    scaling = hosted(said, project_dir)["scaling"]

    assert scaling is not None
    assert scaling["schedules"] == {
        "night": {
            "schedule": "cron(0 20 ? * * *)",
            "timezone": "Europe/Berlin",
            "min_capacity": 1,
            "max_capacity": 1,
        }
    }


SERVERLESS = {"genai:endpoint": {"mode": "serverless"}}


def test_serverless_needs_no_instance_and_takes_the_cpu_image(project_dir: Path) -> None:
    settings = parse(right_but({**SERVERLESS, "genai:image.family": "huggingface"}), project_dir)
    args = endpoint_args(settings)

    assert args["serverless"] == {
        "memory_mib": 4096,
        "max_concurrency": 5,
        "provisioned_concurrency": None,
    }
    assert args["instance_type"] is None
    assert args["network_isolation"] is False
    assert args["scaling"] is None
    assert "-cpu-" in str(args["image_uri"])
    assert args["environment"]["HF_TASK"] == "text-generation"
    assert invoker_args(settings)["mode"] == "serverless"


def test_provisioned_concurrency_scales_up_to_its_maximum(project_dir: Path) -> None:
    said = {"provisionedConcurrency": 1, "maxProvisionedConcurrency": 3}
    config = {"genai:endpoint": {"mode": "serverless", "serverless": said}}

    scaling = hosted(config, project_dir)["scaling"]

    assert scaling is not None
    assert (scaling["min_capacity"], scaling["max_capacity"]) == (1, 3)
    assert (scaling["metric"], scaling["target"]) == ("provisioned-utilization", 0.7)


def test_async_scales_down_to_nothing_on_its_backlog(project_dir: Path) -> None:
    said = {"genai:endpoint.mode": "async", "genai:endpoint.instances.max": 3}

    args = hosted(said, project_dir)

    assert args["asynchronous"] == {
        "max_concurrency_per_instance": 4,
        "notify": False,
        "success_topic_arn": None,
        "error_topic_arn": None,
        "include_response": False,
    }
    assert args["scaling"] is not None
    assert args["scaling"]["min_capacity"] == 0
    assert (args["scaling"]["metric"], args["scaling"]["target"]) == ("backlog", 5)


def test_scale_to_zero_gives_a_copy_the_instance_s_gpus_and_half_its_memory(
    project_dir: Path,
) -> None:
    said = {**VLLM, "genai:endpoint.mode": "scale-to-zero", "genai:endpoint.instances.max": 2}

    args = hosted(said, project_dir)

    assert args["inference_component"] == {
        "accelerator_count": 1,
        "cpu_cores": None,
        "memory_mib": 32 * 1024,  # an ml.g6e.2xlarge has 64 GiB
        "initial_copies": 1,
        "min_instances": 0,
        "max_instances": 2,
    }
    assert args["scaling"] is not None
    assert (args["scaling"]["min_capacity"], args["scaling"]["max_capacity"]) == (0, 1)
    assert args["scaling"]["metric"] == "concurrency"


def test_a_copy_can_be_given_less(project_dir: Path) -> None:
    component = {"acceleratorCount": 1, "cpuCores": 4, "memoryMib": 8192, "maxCopies": 3}
    said = {
        **VLLM,
        "genai:endpoint.mode": "scale-to-zero",
        "genai:endpoint.instanceType": "ml.g6e.24xlarge",
        "genai:endpoint.inferenceComponent": component,
    }

    args = hosted(said, project_dir)

    assert args["inference_component"] is not None
    assert args["inference_component"]["accelerator_count"] == 1
    assert args["inference_component"]["cpu_cores"] == 4
    assert args["inference_component"]["memory_mib"] == 8192
    assert args["inference_component"]["max_instances"] == 1
    assert args["scaling"] is not None
    assert args["scaling"]["max_capacity"] == 3


def test_a_variant_says_only_what_differs(project_dir: Path) -> None:
    candidate = {
        "weight": 0.1,
        "source": "s3://bucket/candidate.tar.gz",
        "env": {"GREETING": "hello"},
    }
    said = {"genai:endpoint.weight": 0.9, "genai:endpoint.variants": {"candidate": candidate}}

    args = hosted(said, project_dir)

    assert args["variant_weight"] == 0.9
    assert args["extra_variants"] == {
        "candidate": {
            "weight": 0.1,
            "initial_instance_count": 1,
            "model_uri": "s3://bucket/candidate.tar.gz",
            "environment": {**args["environment"], "GREETING": "hello"},
        }
    }


def test_a_shadow_is_a_variant_called_shadow(project_dir: Path) -> None:
    args = hosted({"genai:endpoint.shadow": {"instanceType": "ml.m5.xlarge"}}, project_dir)

    assert args["shadow_variants"] == {
        "Shadow": {
            "weight": 1.0,
            "initial_instance_count": 1,
            "instance_type": "ml.m5.xlarge",
            "inference_ami_version": None,
        }
    }


def test_a_rollout_all_at_once_leaves_everything_to_sagemaker(project_dir: Path) -> None:
    assert hosted({}, project_dir)["rollout"] is None
    assert (
        hosted({"genai:endpoint.rollout": {"strategy": "all-at-once"}}, project_dir)["rollout"]
        is None
    )


@pytest.mark.parametrize(
    ("said", "rollback"),
    [
        ({"rollback": True}, True),
        ({"strategy": "canary"}, True),
        ({"strategy": "rolling", "rollback": False}, False),
        ({"terminationWaitSeconds": 60}, False),
        ({"maxSeconds": 900}, False),
    ],
)
def test_alarms_turn_a_rollout_in_steps_back(
    said: dict[str, Any],
    rollback: bool,  # noqa: FBT001 - a value of the table
    project_dir: Path,
) -> None:
    rollout = hosted({"genai:endpoint.rollout": said}, project_dir)["rollout"]

    assert rollout is not None
    assert rollout["rollback"] is rollback


@pytest.mark.parametrize(
    ("mode", "said", "latency"),
    [
        ("realtime", {}, 30),
        ("realtime", {"maxLatencySeconds": 5}, 5),
        ("async", {}, None),
        ("async", {"maxLatencySeconds": 900}, 900),
    ],
)
def test_slow_work_behind_a_queue_is_no_reason_to_turn_back(
    mode: str, said: dict[str, Any], latency: float | None, project_dir: Path
) -> None:
    endpoint = {"mode": mode, "instanceType": "ml.m5.large"}
    config = {"genai:endpoint": {**endpoint, "rollout": {"strategy": "canary", **said}}}

    rollout = hosted(config, project_dir)["rollout"]

    assert rollout is not None
    assert rollout["max_latency_seconds"] == latency


def test_a_variant_on_another_type_gets_what_its_container_needs_there(project_dir: Path) -> None:
    four_gpus = {**VLLM, "genai:endpoint.instanceType": "ml.g6e.12xlarge"}
    small = {"small": {"instanceType": "ml.g6e.xlarge"}}

    args = hosted({**four_gpus, "genai:endpoint.variants": small}, project_dir)

    degree = "SM_VLLM_TENSOR_PARALLEL_SIZE"
    assert args["environment"][degree] == "4"
    assert args["extra_variants"]["small"]["environment"] == {**args["environment"], degree: "1"}
    assert args["extra_variants"]["small"]["inference_ami_version"] == args["inference_ami_version"]


def test_a_hub_model_is_fetched_by_the_container_over_the_network(project_dir: Path) -> None:
    settings = parse(right_but({**VLLM, "genai:model.source": "hf:org/name@abc123"}), project_dir)
    args = endpoint_args(settings)
    image = choose_image("vllm", settings.instance)

    from_hub = hub_environment(image, "org/name", "abc123")
    assert from_hub
    assert args["environment"].items() >= from_hub.items()
    assert args["network_isolation"] is False
    assert bucket_args(settings)["model_source"] is None


def test_a_hub_token_is_read_from_secrets_manager(project_dir: Path) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:hub-token-AbCdEf"
    model = {"source": "hf:org/name@abc123", "tokenSecretArn": arn}

    args = hosted({**VLLM, "genai:model": model}, project_dir)

    assert args["environment_from_secrets"] == {token_variable("vllm"): arn}
    assert args["secret_environment"] == {}


def test_a_hub_token_of_the_stack_goes_to_the_container(project_dir: Path) -> None:
    said = {**VLLM, "genai:model.source": "hf:org/name@abc123"}

    decrypted = hosted({**said, "genai:hubToken": SecureValue("hf_x")}, project_dir)
    checked = hosted({**said, "genai:hubToken": SecureValue()}, project_dir)

    assert decrypted["secret_environment"] == {token_variable("vllm"): "hf_x"}
    assert checked["secret_environment"] == {}


def test_a_model_package_brings_model_and_image(project_dir: Path) -> None:
    said = {
        "genai:model.source": PACKAGE,
        "genai:image": {"family": "model-package"},
        "genai:invoker.contract": "tgi",
        "genai:model.acceptEula": True,
    }

    settings = parse(right_but(said), project_dir)
    args = endpoint_args(settings)

    assert (args["model_package_arn"], args["image_uri"], args["accept_eula"]) == (
        PACKAGE,
        None,
        True,
    )
    assert bucket_args(settings)["model_source"] is None
    assert invoker_args(settings)["contract"] == "tgi"


def test_the_bucket_s_key_is_used_for_what_is_written_there(project_dir: Path) -> None:
    args = hosted({"genai:keys.bucketArn": KEY}, project_dir)

    assert args["data_kms_key_arn"] == KEY
    assert args["capture_kms_key_arn"] == KEY
    assert args["async_output_kms_key_arn"] == KEY
    assert args["volume_kms_key_arn"] is None


def test_a_vpc_may_come_with_endpoints(project_dir: Path) -> None:
    vpc = {
        "subnetIds": ["subnet-0a1b2c3d"],
        "securityGroupIds": ["sg-0a1b2c3d"],
        "endpoints": {"vpcId": "vpc-0a1b2c3d", "routeTableIds": ["rtb-0a1b2c3d"]},
    }
    settings = parse(right_but({"genai:endpoint.vpc": vpc}), project_dir)

    assert endpoint_args(settings)["vpc"] == {
        "subnet_ids": ["subnet-0a1b2c3d"],
        "security_group_ids": ["sg-0a1b2c3d"],
        "endpoints": {"vpc_id": "vpc-0a1b2c3d", "route_table_ids": ["rtb-0a1b2c3d"]},
    }


def test_a_stack_can_be_switched_off(project_dir: Path) -> None:
    assert hosted({"genai:endpoint.enabled": False}, project_dir)["enabled"] is False


def test_a_host_image_of_one_s_own_is_taken(project_dir: Path) -> None:
    ami = "al2-ami-sagemaker-inference-gpu-3-1"

    args = hosted({**VLLM, "genai:endpoint.inferenceAmiVersion": ami}, project_dir)

    assert args["inference_ami_version"] == ami
