"""What a second deployment does to each resource."""

from typing import Any

import pulumi
import pytest
from botocore.exceptions import ClientError

from rehearsal.deployer import DeployError
from rehearsal.local_account import LocalAccount
from tests.rehearsal.deployer.evolving import EvolvingStack, Program, resource
from tests.rehearsal.tenant import unique

GROUP = "cloudwatch/logGroup:LogGroup"
QUEUE = "sqs/queue:Queue"
BUCKET = "s3/bucket:Bucket"
Options = pulumi.ResourceOptions


@pytest.fixture
def stack(account: LocalAccount) -> EvolvingStack:
    return EvolvingStack(account)


def groups(account: LocalAccount, prefix: str) -> list[str]:
    found = account.client("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    return [group["logGroupName"] for group in found]


def retention(account: LocalAccount, name: str) -> int | None:
    (group,) = account.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return group.get("retentionInDays")


def test_what_has_not_changed_is_left_alone(stack: EvolvingStack) -> None:
    def program() -> None:
        queue = resource(QUEUE, "queue", tags={"a": "b"})
        resource(GROUP, "group", name=pulumi.Output.concat("/", queue.name))

    stack.deploy(program)

    assert stack.deploy(program) == [("same", "queue"), ("same", "group")]
    assert stack.announced == []


def test_a_changed_setting_is_updated_in_place(stack: EvolvingStack) -> None:
    name = unique("group")
    stack.deploy(lambda: resource(GROUP, name=name, retentionInDays=7))

    done = stack.deploy(lambda: resource(GROUP, name=name, retentionInDays=30))

    assert done == [("update", "it", "retentionInDays")]
    assert stack.announced == [("updating", "it")]
    assert retention(stack.account, name) == 30


def test_a_setting_that_is_left_out_is_taken_back(stack: EvolvingStack) -> None:
    name = unique("group")
    stack.deploy(lambda: resource(GROUP, name=name, retentionInDays=7))

    stack.deploy(lambda: resource(GROUP, name=name))

    assert retention(stack.account, name) is None


def test_a_replaced_resource_comes_first_and_the_old_one_goes_at_the_end(
    stack: EvolvingStack,
) -> None:
    old, new = unique("old"), unique("new")
    stack.deploy(lambda: resource(GROUP, name=old))

    done = stack.deploy(lambda: resource(GROUP, name=new))

    assert done == [("replace", "it", "name")]
    assert stack.announced == [("replacing", "it"), ("deleting", "it")]
    assert groups(stack.account, old) == []
    assert groups(stack.account, new) == [new]


def test_what_has_a_name_of_its_own_goes_before_its_successor_comes(stack: EvolvingStack) -> None:
    name = unique("group")
    stack.deploy(lambda: resource(GROUP, name=name, logGroupClass="STANDARD"))

    done = stack.deploy(lambda: resource(GROUP, name=name, logGroupClass="INFREQUENT_ACCESS"))

    assert done == [("replace", "it", "logGroupClass")]
    assert stack.announced == [("deleting", "it"), ("replacing", "it")]


def test_what_was_made_from_a_resource_that_goes_first_goes_before_it(
    stack: EvolvingStack,
) -> None:
    first, second = unique("first"), unique("second")

    def program(name: str) -> Program:
        def run() -> None:
            bucket = resource(BUCKET, "bucket", Options(delete_before_replace=True), bucket=name)
            status = {"status": "Enabled"}
            resource(
                "s3/bucketVersioning:BucketVersioning",
                "versioning",
                bucket=bucket.bucket,
                versioningConfiguration=status,
            )

        return run

    stack.deploy(program(first))

    done = stack.deploy(program(second))

    assert done == [
        ("replace", "bucket", "bucket"),
        ("replace", "versioning", "what it was made from is replaced"),
    ]
    assert stack.announced == [
        ("deleting", "versioning"),
        ("deleting", "bucket"),
        ("replacing", "bucket"),
        ("replacing", "versioning"),
    ]


def test_what_is_replaced_with_another_goes_and_comes_with_it(stack: EvolvingStack) -> None:
    def program(group: str) -> Program:
        def run() -> None:
            first = resource(GROUP, "first", Options(delete_before_replace=True), name=group)
            opts = Options(replace_with=[first], delete_before_replace=True, depends_on=[first])
            resource(QUEUE, "with", opts)

        return run

    stack.deploy(program(unique("a")))

    done = stack.deploy(program(unique("b")))

    assert [action[:2] for action in done] == [("replace", "first"), ("replace", "with")]
    assert stack.announced[:2] == [("deleting", "with"), ("deleting", "first")]


def test_a_replacement_trigger_replaces(stack: EvolvingStack) -> None:
    def program(trigger: str) -> Program:
        return lambda: resource(QUEUE, opts=Options(replacement_trigger=trigger))

    stack.deploy(program("realtime"))

    assert stack.deploy(program("realtime")) == [("same", "it")]
    assert stack.deploy(program("async")) == [("replace", "it", "its replacement trigger")]


def test_what_the_program_no_longer_registers_is_deleted_last_made_first(
    stack: EvolvingStack,
) -> None:
    def program() -> None:
        queue = resource(QUEUE, "queue")
        resource("sqs/queuePolicy:QueuePolicy", "policy", queueUrl=queue.id, policy="{}")

    stack.deploy(program)

    assert stack.deploy(lambda: None) == [("delete", "policy"), ("delete", "queue")]


def test_what_is_deleted_with_another_needs_no_call_of_its_own(stack: EvolvingStack) -> None:
    name = unique("group")

    def program() -> None:
        bucket = resource(BUCKET, "bucket")
        resource(GROUP, "group", Options(deleted_with=bucket), name=name)

    stack.deploy(program)

    assert stack.destroy() == [("delete", "group"), ("delete", "bucket")]
    assert groups(stack.account, name) == [
        name
    ]  # S3 takes no log groups along, as nobody asked it to


def test_ignored_changes_change_nothing(stack: EvolvingStack) -> None:
    name, opts = unique("group"), Options(ignore_changes=["retentionInDays"])
    stack.deploy(lambda: resource(GROUP, opts=opts, name=name, retentionInDays=7))

    done = stack.deploy(lambda: resource(GROUP, opts=opts, name=name, retentionInDays=30))

    assert done == [("same", "it")]
    assert retention(stack.account, name) == 7


def test_a_change_replaces_if_the_program_says_so(stack: EvolvingStack) -> None:
    name = unique("group")
    opts = Options(replace_on_changes=["retentionInDays"])
    stack.deploy(lambda: resource(GROUP, opts=opts, name=name, retentionInDays=7))

    done = stack.deploy(lambda: resource(GROUP, opts=opts, name=name, retentionInDays=30))

    assert done == [("replace", "it", "retentionInDays")]


def test_a_renamed_resource_is_known_by_its_alias(stack: EvolvingStack) -> None:
    stack.deploy(lambda: resource(QUEUE, "old"))
    opts = Options(aliases=[pulumi.Alias(name="old")])

    assert stack.deploy(lambda: resource(QUEUE, "new", opts)) == [("same", "old")]
    assert stack.deploy(lambda: resource(QUEUE, "new", opts)) == [("same", "new")]


def test_what_is_protected_is_not_replaced(stack: EvolvingStack) -> None:
    old, opts = unique("old"), Options(protect=True)
    stack.deploy(lambda: resource(GROUP, opts=opts, name=old))

    with pytest.raises(DeployError) as caught:
        stack.deploy(lambda: resource(GROUP, opts=opts, name=unique("new")))

    assert str(caught.value) == (
        "cloudwatch LogGroup it: it is protected, and name would replace it"
    )
    assert groups(stack.account, old) == [old]


def test_what_is_protected_is_not_deleted(stack: EvolvingStack) -> None:
    name = unique("group")
    stack.deploy(lambda: resource(GROUP, opts=Options(protect=True), name=name))

    with pytest.raises(DeployError) as caught:
        stack.deploy(lambda: None)

    assert str(caught.value) == (
        "cloudwatch LogGroup it: it is protected, and no longer in the program"
    )
    assert stack.destroy() == [("keep", "it", "protected")]
    assert groups(stack.account, name) == [name]


def test_what_something_protected_was_made_from_is_kept_too(stack: EvolvingStack) -> None:
    def program() -> None:
        queue = resource(QUEUE, "queue")
        name = pulumi.Output.concat("/", queue.name)
        resource(GROUP, "group", Options(protect=True), name=name)

    stack.deploy(program)

    assert stack.destroy() == [
        ("keep", "group", "protected"),
        ("keep", "queue", "something protected was made from it"),
    ]


def test_what_is_retained_is_left_behind(stack: EvolvingStack) -> None:
    name = unique("group")
    stack.deploy(lambda: resource(GROUP, opts=Options(retain_on_delete=True), name=name))

    assert stack.deploy(lambda: None) == [("keep", "it", "retained")]
    assert stack.destroy() == []
    assert groups(stack.account, name) == [name]


def test_a_failing_change_leaves_what_was_there(stack: EvolvingStack) -> None:
    name = unique("group")
    stack.deploy(lambda: resource(GROUP, name=name, retentionInDays=7))

    def program() -> None:
        resource(GROUP, name=name, retentionInDays=7)
        resource("s3/bucketPolicy:BucketPolicy", "policy", bucket=unique("none"), policy="{}")

    with pytest.raises(DeployError, match=r"s3 BucketPolicy policy: .*NoSuchBucket"):
        stack.deploy(program)

    assert retention(stack.account, name) == 7
    assert stack.deploy(lambda: resource(GROUP, name=name, retentionInDays=7)) == [("same", "it")]


def test_a_replacement_that_cannot_be_made_leaves_the_old_one(stack: EvolvingStack) -> None:
    old = unique("bucket")
    stack.deploy(lambda: resource(BUCKET, bucket=old))

    with pytest.raises(DeployError, match=r"s3 Bucket it: .*InvalidBucketName"):
        stack.deploy(lambda: resource(BUCKET, bucket="x"))

    stack.account.client("s3").head_bucket(Bucket=old)
    assert stack.deploy(lambda: resource(BUCKET, bucket=old)) == [("same", "it")]


def test_a_file_is_compared_by_what_is_in_it(stack: EvolvingStack, tmp_path: Any) -> None:
    file = tmp_path / "file.txt"
    file.write_text("one")

    def program() -> None:
        bucket = resource(BUCKET, "bucket")
        source = pulumi.FileAsset(str(file))
        resource("s3/bucketObjectv2:BucketObjectv2", bucket=bucket.bucket, key="k", source=source)

    stack.deploy(program)
    assert stack.deploy(program)[1] == ("same", "it")

    file.write_text("two")
    assert stack.deploy(program)[1] == ("update", "it", "source")


def test_a_document_is_compared_by_what_it_says(stack: EvolvingStack) -> None:
    def program(policy: str) -> Program:
        def run() -> None:
            queue = resource(QUEUE, "queue")
            resource("sqs/queuePolicy:QueuePolicy", queueUrl=queue.id, policy=policy)

        return run

    stack.deploy(program('{"Version": "2012-10-17", "Statement": []}'))

    assert stack.deploy(program('{"Statement":[],"Version":"2012-10-17"}'))[1] == ("same", "it")


# Previews


def test_a_preview_tells_the_same_and_does_nothing(stack: EvolvingStack) -> None:
    name = unique("group")

    def program(days: int, size: int) -> Program:
        def run() -> None:
            resource(GROUP, "group", name=name, retentionInDays=days)
            resource(QUEUE, "queue", maxMessageSize=size)

        return run

    stack.deploy(program(7, 1024))

    planned = stack.preview(program(30, 1024))

    assert planned == [("update", "group", "retentionInDays"), ("same", "queue")]
    assert retention(stack.account, name) == 7
    assert stack.deploy(program(30, 1024)) == planned


def test_a_preview_follows_a_replacement_to_what_is_made_from_it(stack: EvolvingStack) -> None:
    def program(group: str) -> Program:
        def run() -> None:
            first = resource(GROUP, "first", name=group)
            resource(QUEUE, "tagged", tags={"group": first.arn})

        return run

    stack.deploy(program(unique("a")))
    after = program(unique("b"))

    planned = stack.preview(after)

    assert planned == [("replace", "first", "name"), ("update", "tagged", "tags")]
    assert stack.deploy(after) == planned


def test_a_preview_of_a_first_deployment_creates(stack: EvolvingStack) -> None:
    assert stack.preview(lambda: resource(QUEUE)) == [("create", "it")]
    assert list(stack.state) == []


# Buckets


@pytest.mark.parametrize("is_forced", [True, False])
def test_a_bucket_with_objects_goes_only_by_force(stack: EvolvingStack, *, is_forced: bool) -> None:
    def program() -> None:
        pulumi.export("bucket", resource(BUCKET, forceDestroy=is_forced).id)

    stack.deploy(program)
    bucket, s3 = stack.exports["bucket"], stack.account.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket=bucket, Key="k", Body=body)
    s3.delete_object(Bucket=bucket, Key="k")

    if is_forced:
        assert stack.destroy() == [("delete", "it")]
        with pytest.raises(ClientError):
            s3.head_bucket(Bucket=bucket)
    else:
        with pytest.raises(DeployError, match=r"s3 Bucket it: .*BucketNotEmpty"):
            stack.destroy()
