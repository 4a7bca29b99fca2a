"""SageMaker's control plane: names, what refers to what, tags, lists, updates."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.tenant import IMAGE, REGION, Tenant, is_running, poll, unique

ARN = f"arn:aws:sagemaker:{REGION}:123456789012"
ROLE = "arn:aws:iam::123456789012:role/nobody"


def answering(text: str) -> dict[str, str]:
    """A model that answers with a text and its process id, and takes nothing to start."""
    code = (
        "import json, os\n"
        "def model_fn(model_dir): return None\n"
        "def transform_fn(model, body, content_type, accept):\n"
        f"    return json.dumps({{'text': {text!r}, 'pid': os.getpid()}})\n"
    )
    return {"code/inference.py": code}


BROKEN = {"code/inference.py": "raise RuntimeError('no weights today')"}


def invalid(action: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        action()
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return caught.value.response["Error"]["Message"]


def create_model(tenant: Tenant, **more: Any) -> str:
    name = more.pop("ModelName", None) or unique("model")
    container = {"Image": IMAGE, "ModelDataUrl": "s3://nowhere/model.tar.gz"}
    request = {"ModelName": name, "ExecutionRoleArn": ROLE, "PrimaryContainer": container, **more}
    tenant.client("sagemaker").create_model(**request)
    return name


def test_a_model_is_described_as_it_was_created(tenant: Tenant) -> None:
    source = {
        "S3Uri": "s3://b/p/",
        "S3DataType": "S3Prefix",
        "CompressionType": "None",
    }
    container = {
        "Image": IMAGE,
        "ModelDataSource": {"S3DataSource": source},
        "Environment": {"A": "1"},
    }
    name = create_model(tenant, PrimaryContainer=container, EnableNetworkIsolation=True)

    found = tenant.client("sagemaker").describe_model(ModelName=name)

    assert found["ModelArn"] == f"{ARN}:model/{name}"
    assert found["PrimaryContainer"] == container
    assert found["ExecutionRoleArn"] == ROLE
    assert found["EnableNetworkIsolation"] is True
    assert found["CreationTime"].tzinfo is not None


def test_a_configuration_is_described_as_it_was_created(tenant: Tenant) -> None:
    name = tenant.configuration(
        create_model(tenant), InstanceType="ml.g6e.xlarge", VolumeSizeInGB=9
    )

    found = tenant.client("sagemaker").describe_endpoint_config(EndpointConfigName=name)

    assert found["EndpointConfigArn"] == f"{ARN}:endpoint-config/{name}"
    (variant,) = found["ProductionVariants"]
    assert variant["InstanceType"] == "ml.g6e.xlarge"
    assert variant["VolumeSizeInGB"] == 9


@pytest.mark.parametrize("name", ["x" * 64, "with_underscore", "-hyphen", "dot.ted"])
def test_names_that_sagemaker_refuses_are_refused(tenant: Tenant, name: str) -> None:
    sagemaker = tenant.client("sagemaker")
    variant = {
        "VariantName": "v",
        "ModelName": "m",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }

    for create in (
        lambda: create_model(tenant, ModelName=name),
        lambda: sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant]),
        lambda: sagemaker.create_endpoint(EndpointName=name, EndpointConfigName="c"),
        lambda: sagemaker.create_endpoint(EndpointName="e", EndpointConfigName=name),
    ):  # fmt: skip
        message = invalid(create)
        assert message.startswith(f"1 validation error detected: Value '{name}' at '")


def test_an_instance_type_that_nobody_knows_is_refused(tenant: Tenant) -> None:
    message = invalid(
        lambda: tenant.configuration(create_model(tenant), InstanceType="ml.z9.large")
    )

    assert "Value 'ml.z9.large' at 'productionVariants.1.member.instanceType'" in message


def test_a_taken_name_is_refused_in_sagemakers_words(tenant: Tenant) -> None:
    model = create_model(tenant)
    configuration = tenant.configuration(model)
    endpoint = tenant.endpoint(configuration)
    sagemaker = tenant.client("sagemaker")
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=configuration)
    variants = variants["ProductionVariants"]

    attempts = [
        (f"model/{model}", lambda: create_model(tenant, ModelName=model)),
        (
            f"endpoint-config/{configuration}",
            lambda: sagemaker.create_endpoint_config(
                EndpointConfigName=configuration, ProductionVariants=variants
            ),
        ),
        (
            f"endpoint/{endpoint}",
            lambda: sagemaker.create_endpoint(
                EndpointName=endpoint, EndpointConfigName=configuration
            ),
        ),
    ]

    for resource, attempt in attempts:
        message = invalid(attempt)
        assert message.startswith("Cannot create already existing ")
        assert message.endswith(f'"{ARN}:{resource}".')


def test_what_is_missing_is_refused_in_sagemakers_words(tenant: Tenant) -> None:
    sagemaker = tenant.client("sagemaker")

    for message, attempt in [
        ('model "{}:model/x"', lambda: sagemaker.describe_model(ModelName="x")),
        ('model "{}:model/x"', lambda: sagemaker.delete_model(ModelName="x")),
        ('model "{}:model/x"', lambda: tenant.configuration("x")),
        (
            'endpoint configuration "{}:endpoint-config/x"',
            lambda: sagemaker.describe_endpoint_config(EndpointConfigName="x"),
        ),
        ('endpoint configuration "{}:endpoint-config/x"', lambda: tenant.endpoint("x")),
        ('endpoint "{}:endpoint/x"', lambda: sagemaker.describe_endpoint(EndpointName="x")),
        ('endpoint "{}:endpoint/x"', lambda: sagemaker.delete_endpoint(EndpointName="x")),
        (
            'endpoint "{}:endpoint/x"',
            lambda: sagemaker.update_endpoint(EndpointName="x", EndpointConfigName="c"),
        ),
    ]:
        assert invalid(attempt) == f"Could not find {message.format(ARN)}."


def test_an_endpoint_whose_model_is_gone_is_refused_and_not_half_created(tenant: Tenant) -> None:
    model = create_model(tenant)
    configuration = tenant.configuration(model)
    sagemaker = tenant.client("sagemaker")
    sagemaker.delete_model(ModelName=model)
    name = unique("endpoint")

    message = invalid(
        lambda: sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=configuration)
    )

    assert message == f'Could not find model "{ARN}:model/{model}".'
    assert "Could not find endpoint" in invalid(
        lambda: sagemaker.describe_endpoint(EndpointName=name)
    )


@pytest.mark.parametrize(
    "members",
    [
        {"PrimaryContainer": {"ModelDataUrl": "s3://b/k"}},
        {"PrimaryContainer": None, "Containers": [{"Image": IMAGE}]},
        {"ExecutionRoleArn": None},
    ],
)
def test_models_that_cannot_be_played_are_refused_at_once(
    tenant: Tenant, members: dict[str, Any]
) -> None:
    request = {
        "ModelName": unique("model"),
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": {"Image": IMAGE},
        **members,
    }
    given = {key: value for key, value in request.items() if value is not None}

    message = invalid(lambda: tenant.client("sagemaker").create_model(**given))

    assert message.startswith("the local account plays models with a PrimaryContainer")


def test_an_operation_that_is_not_played_says_so(tenant: Tenant) -> None:
    with pytest.raises(ClientError) as caught:
        tenant.client("sagemaker").list_training_jobs()

    assert caught.value.response["Error"] == {
        "Code": "UnknownOperationException",
        "Message": "the local account does not play sagemaker:ListTrainingJobs",
    }


def test_lists_are_paged_filtered_and_newest_first(tenant: Tenant) -> None:
    prefix = unique("listed")
    names = [create_model(tenant, ModelName=f"{prefix}-{index}") for index in range(12)]
    sagemaker = tenant.client("sagemaker")

    pages = sagemaker.get_paginator("list_models").paginate(NameContains=prefix)
    found = [model["ModelName"] for page in pages for model in page["Models"]]
    first = sagemaker.list_models(NameContains=prefix, MaxResults=2, SortOrder="Ascending")

    assert found == names[::-1]
    assert [model["ModelName"] for model in first["Models"]] == names[:2]
    assert set(first["Models"][0]) == {"ModelName", "ModelArn", "CreationTime"}


def test_endpoints_are_listed_by_status(tenant: Tenant) -> None:
    endpoint = tenant.endpoint(tenant.configuration(create_model(tenant)))
    tenant.settled(endpoint)
    sagemaker = tenant.client("sagemaker")

    failed = sagemaker.list_endpoints(NameContains=endpoint, StatusEquals="Failed")["Endpoints"]
    serving = sagemaker.list_endpoints(NameContains=endpoint, StatusEquals="InService")

    assert [found["EndpointName"] for found in failed] == [endpoint]
    assert failed[0]["EndpointStatus"] == "Failed"
    assert serving["Endpoints"] == []


def test_tags_are_kept_replaced_and_removed(tenant: Tenant) -> None:
    sagemaker = tenant.client("sagemaker")
    name = create_model(tenant, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    arn = f"{ARN}:model/{name}"

    sagemaker.add_tags(
        ResourceArn=arn, Tags=[{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}]
    )
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a"])

    tags = sagemaker.list_tags(ResourceArn=arn)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"b": "3", "c": "4"}
    assert "Tags" not in sagemaker.describe_model(ModelName=name)
    sagemaker.delete_model(ModelName=name)
    assert "Could not find" in invalid(lambda: sagemaker.list_tags(ResourceArn=arn))


def test_regions_do_not_see_each_other(tenant: Tenant) -> None:
    abroad = Tenant(tenant.url, "eu-west-1")
    name = create_model(abroad)

    assert abroad.client("sagemaker").describe_model(ModelName=name)["ModelArn"] == (
        f"arn:aws:sagemaker:eu-west-1:123456789012:model/{name}"
    )
    assert "Could not find model" in invalid(
        lambda: tenant.client("sagemaker").describe_model(ModelName=name)
    )


# An endpoint's life


def test_an_endpoint_in_service_is_described_with_its_variants(tenant: Tenant) -> None:
    models = [tenant.model(answering(text)) for text in ("a", "b")]
    configuration = tenant.configuration(*models, InitialInstanceCount=2, InitialVariantWeight=0.5)

    found = tenant.settled(tenant.endpoint(configuration))

    assert found["EndpointStatus"] == "InService"
    assert found["EndpointConfigName"] == configuration
    assert found["EndpointArn"] == f"{ARN}:endpoint/{found['EndpointName']}"
    assert [variant["VariantName"] for variant in found["ProductionVariants"]] == ["v0", "v1"]
    for variant in found["ProductionVariants"]:
        assert (variant["CurrentInstanceCount"], variant["DesiredWeight"]) == (2, 0.5)


def test_boto3s_own_waiters_work(tenant: Tenant) -> None:
    endpoint = tenant.endpoint(tenant.configuration(tenant.model(answering("a"))))
    sagemaker = tenant.client("sagemaker")
    patience = {"Delay": 0.05, "MaxAttempts": 200}

    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=endpoint, WaiterConfig=patience)
    sagemaker.delete_endpoint(EndpointName=endpoint)
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=endpoint, WaiterConfig=patience)


def test_deleting_an_endpoint_ends_its_process(tenant: Tenant) -> None:
    endpoint = tenant.serve(answering("a"))
    pid = tenant.ask(endpoint, {})["pid"]
    assert is_running(pid)

    tenant.client("sagemaker").delete_endpoint(EndpointName=endpoint)

    poll(lambda: not is_running(pid), f"process {pid} is gone")
    with pytest.raises(ClientError, match="not found"):
        tenant.ask(endpoint, {})


def test_a_deleted_endpoints_name_is_free_again(tenant: Tenant) -> None:
    endpoint = tenant.serve(answering("old"))
    sagemaker = tenant.client("sagemaker")
    sagemaker.delete_endpoint(EndpointName=endpoint)
    configuration = tenant.configuration(tenant.model(answering("new")))

    sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=configuration)

    assert tenant.settled(endpoint)["EndpointStatus"] == "InService"
    assert tenant.ask(endpoint, {})["text"] == "new"


def test_a_configuration_in_use_is_kept(tenant: Tenant) -> None:
    configuration = tenant.configuration(create_model(tenant))
    endpoint = tenant.endpoint(configuration)
    tenant.settled(endpoint)
    sagemaker = tenant.client("sagemaker")

    message = invalid(lambda: sagemaker.delete_endpoint_config(EndpointConfigName=configuration))
    sagemaker.delete_endpoint(EndpointName=endpoint)
    sagemaker.delete_endpoint_config(EndpointConfigName=configuration)

    assert message.endswith(f'endpoint "{ARN}:endpoint/{endpoint}" uses it.')


SLOW = {
    "code/inference.py": (
        "import os, time\n"
        "def model_fn(model_dir):\n"
        "    while not os.path.exists(os.environ['GATE']): time.sleep(0.01)\n"
        'def transform_fn(model, body, content_type, accept): return \'{"text": "new"}\'\n'
    )
}


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """Where a `SLOW` model waits for a file before it finishes loading."""
    return tmp_path / "gate"


def slow_configuration(tenant: Tenant, gate: Path) -> str:
    return tenant.configuration(tenant.model(SLOW, Environment={"GATE": str(gate)}))


def test_an_endpoint_on_its_way_can_neither_be_invoked_nor_changed(
    tenant: Tenant, gate: Path
) -> None:
    configuration = slow_configuration(tenant, gate)
    endpoint = tenant.endpoint(configuration)
    sagemaker = tenant.client("sagemaker")

    with pytest.raises(ClientError) as caught:
        tenant.ask(endpoint, {})
    in_progress = f'Cannot update in-progress endpoint "{ARN}:endpoint/{endpoint}".'
    change = {"EndpointName": endpoint, "EndpointConfigName": configuration}

    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert "is in state Creating" in caught.value.response["Error"]["Message"]
    assert invalid(lambda: sagemaker.update_endpoint(**change)) == in_progress
    assert invalid(lambda: sagemaker.delete_endpoint(EndpointName=endpoint)) == in_progress
    gate.touch()
    assert tenant.settled(endpoint)["EndpointStatus"] == "InService"


def test_the_old_fleet_answers_until_the_new_one_is_in_service(tenant: Tenant, gate: Path) -> None:
    endpoint = tenant.serve(answering("old"))
    before = tenant.client("sagemaker").describe_endpoint(EndpointName=endpoint)
    old_pid = tenant.ask(endpoint, {})["pid"]
    configuration = slow_configuration(tenant, gate)

    sagemaker = tenant.client("sagemaker")
    sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=configuration)
    during = sagemaker.describe_endpoint(EndpointName=endpoint)
    assert during["EndpointStatus"] == "Updating"
    assert during["EndpointConfigName"] == before["EndpointConfigName"]
    assert during["PendingDeploymentSummary"]["EndpointConfigName"] == configuration
    assert tenant.ask(endpoint, {})["text"] == "old"
    refused = invalid(lambda: sagemaker.delete_endpoint_config(EndpointConfigName=configuration))
    assert "uses it" in refused
    gate.touch()

    after = tenant.settled(endpoint)
    assert after["EndpointStatus"] == "InService"
    assert after["EndpointConfigName"] == configuration
    assert "PendingDeploymentSummary" not in after
    assert after["EndpointArn"] == before["EndpointArn"]
    assert tenant.ask(endpoint, {})["text"] == "new"
    poll(lambda: not is_running(old_pid), "the old container is gone")
    sagemaker.delete_endpoint_config(EndpointConfigName=before["EndpointConfigName"])


def test_no_request_is_lost_while_the_fleet_changes(tenant: Tenant) -> None:
    endpoint = tenant.serve(answering("old"))
    configuration = tenant.configuration(tenant.model(answering("new")))
    heard: list[str] = []
    is_over = threading.Event()

    def keep_asking() -> None:
        while not is_over.is_set():
            heard.append(tenant.ask(endpoint, {})["text"])

    asking = threading.Thread(target=keep_asking)
    asking.start()
    try:
        tenant.client("sagemaker").update_endpoint(
            EndpointName=endpoint, EndpointConfigName=configuration
        )
        poll(lambda: "new" in heard, "the new fleet answers")
    finally:
        is_over.set()
        asking.join()

    assert heard == sorted(heard, reverse=True), "once the new fleet answers, the old one is out"
    assert heard[0] == "old"


def test_a_failed_update_leaves_the_old_fleet_in_service(tenant: Tenant) -> None:
    endpoint = tenant.serve(answering("old"))
    sagemaker = tenant.client("sagemaker")
    before = sagemaker.describe_endpoint(EndpointName=endpoint)
    broken = tenant.configuration(tenant.model(BROKEN))

    sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=broken)
    found = tenant.settled(endpoint)

    assert found["EndpointStatus"] == "InService"
    assert found["EndpointConfigName"] == before["EndpointConfigName"]
    assert "did not pass the ping health check" in found["FailureReason"]
    assert "PendingDeploymentSummary" not in found
    assert tenant.ask(endpoint, {})["text"] == "old"
    sagemaker.delete_endpoint_config(EndpointConfigName=broken)

    mended = tenant.configuration(tenant.model(answering("mended")))
    sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=mended)
    found = tenant.settled(endpoint)
    assert "FailureReason" not in found
    assert tenant.ask(endpoint, {})["text"] == "mended"


def test_a_failed_endpoint_can_only_be_deleted(tenant: Tenant) -> None:
    endpoint = tenant.endpoint(tenant.configuration(tenant.model(BROKEN)))
    assert tenant.settled(endpoint)["EndpointStatus"] == "Failed"
    sagemaker = tenant.client("sagemaker")
    sound = tenant.configuration(tenant.model(answering("a")))

    message = invalid(
        lambda: sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=sound)
    )

    assert message.startswith("Cannot update failed endpoint")
    with pytest.raises(ClientError, match="is in state Failed and cannot be invoked"):
        tenant.ask(endpoint, {})
    sagemaker.delete_endpoint(EndpointName=endpoint)


def test_a_variant_that_fails_takes_the_others_with_it(tenant: Tenant, gate: Path) -> None:
    note = gate.with_name("pid")
    healthy = {
        "code/inference.py": (
            "import os\n"
            "def model_fn(model_dir): open(os.environ['NOTE'], 'w').write(str(os.getpid()))\n"
            "def transform_fn(model, body, content_type, accept): return '{}'\n"
        )
    }
    models = [tenant.model(healthy, Environment={"NOTE": str(note)}), tenant.model(BROKEN)]

    found = tenant.settled(tenant.endpoint(tenant.configuration(*models)))

    assert found["EndpointStatus"] == "Failed"
    assert "production variant v1 did not pass" in found["FailureReason"]
    poll(lambda: not is_running(int(note.read_text())), "the healthy variant is gone as well")


def test_a_container_that_dies_in_service_is_a_model_error(tenant: Tenant) -> None:
    endpoint = tenant.serve(answering("a"))
    os.kill(tenant.ask(endpoint, {})["pid"], signal.SIGKILL)

    with pytest.raises(ClientError) as caught:
        tenant.ask(endpoint, {})

    assert caught.value.response["Error"]["Code"] == "ModelError"
    assert "could not get a response from the container" in str(caught.value)
    tenant.client("sagemaker").delete_endpoint(EndpointName=endpoint)
