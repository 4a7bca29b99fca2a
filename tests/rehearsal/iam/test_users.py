"""Users, groups and roles that become other roles: each may do what its policies say."""

from typing import Any

import pytest

from tests.rehearsal.tenant import (
    IMAGE,
    REGION,
    Statement,
    Tenant,
    allow,
    deny,
    document,
    refusal,
    trust,
    unique,
    zipped,
)

READ = "s3:GetObject"


class User:
    """A user with an access key."""

    def __init__(self, tenant: Tenant, *statements: Statement, **more: Any) -> None:
        self.tenant, self.name = tenant, unique("user")
        iam = tenant.client("iam")
        self.arn = iam.create_user(UserName=self.name, **more)["User"]["Arn"]
        if statements:
            iam.put_user_policy(
                UserName=self.name, PolicyName="own", PolicyDocument=document(*statements)
            )
        self.key = iam.create_access_key(UserName=self.name)["AccessKey"]

    def client(self, service: str) -> Any:
        return self.tenant.client_with(
            service, self.key["AccessKeyId"], self.key["SecretAccessKey"], None
        )


def as_session(tenant: Tenant, asker: Any, service: str, role: str, **more: Any) -> Any:
    keys = asker.assume_role(RoleArn=role, RoleSessionName="tests", **more)["Credentials"]
    return tenant.client_with(
        service, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]
    )


@pytest.fixture(scope="module")
def bucket(tenant: Tenant) -> str:
    return tenant.bucket({"a": "1", "home/anne/x": "2"})


def read(s3: Any, bucket: str, key: str = "a") -> bytes:
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


@pytest.mark.fact("IAM, not in aws-facts: a user may do what its own policies allow")
def test_a_user_may_do_what_its_policy_says(tenant: Tenant, bucket: str) -> None:
    user = User(tenant, allow(READ, "*"))
    s3 = user.client("s3")

    assert read(s3, bucket) == b"1"
    code, message = refusal(lambda: s3.delete_object(Bucket=bucket, Key="a"))

    assert code == "AccessDenied"
    assert message.startswith(f"User: {user.arn} is not authorized to perform: s3:DeleteObject")
    assert user.client("sts").get_caller_identity()["Arn"] == user.arn


def test_a_user_without_policies_may_do_nothing(tenant: Tenant, bucket: str) -> None:
    assert refusal(lambda: read(User(tenant).client("s3"), bucket))[0] == "AccessDenied"


@pytest.mark.fact("IAM, not in aws-facts: the policies of a group are those of its members")
@pytest.mark.parametrize("how", ["inline", "attached"])
def test_a_groups_policies_are_its_members(tenant: Tenant, bucket: str, how: str) -> None:
    iam, group, user = tenant.client("iam"), unique("group"), User(tenant)
    iam.create_group(GroupName=group)
    policy = document(allow(READ, "*"))
    if how == "inline":
        iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=policy)
    else:
        arn = iam.create_policy(PolicyName=unique("policy"), PolicyDocument=policy)["Policy"]["Arn"]
        iam.attach_group_policy(GroupName=group, PolicyArn=arn)
    s3 = user.client("s3")
    assert refusal(lambda: read(s3, bucket))[0] == "AccessDenied"

    iam.add_user_to_group(GroupName=group, UserName=user.name)

    assert read(s3, bucket) == b"1"


@pytest.mark.parametrize("owner", ["user", "role"])
def test_awss_own_policies_can_be_attached(tenant: Tenant, bucket: str, owner: str) -> None:
    iam, own = tenant.client("iam"), "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    if owner == "user":
        user = User(tenant)
        iam.attach_user_policy(UserName=user.name, PolicyArn=own)
        s3 = user.client("s3")
    else:
        role = tenant.role(trust("lambda"))
        iam.attach_role_policy(RoleName=role.rpartition("/")[2], PolicyArn=own)
        s3 = tenant.client_as(role, "s3")

    assert read(s3, bucket) == b"1"
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="b"))[0] == "AccessDenied"


def test_a_policy_that_aws_does_not_have_cannot_be_attached(tenant: Tenant) -> None:
    role = tenant.role(trust("lambda")).rpartition("/")[2]
    missing = "arn:aws:iam::aws:policy/NoSuchPolicy"

    code, message = refusal(
        lambda: tenant.client("iam").attach_role_policy(RoleName=role, PolicyArn=missing)
    )

    assert code == "NoSuchEntity"
    assert missing in message


def test_a_boundary_of_a_user_is_refused_rather_than_not_heeded(tenant: Tenant) -> None:
    boundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"

    code, message = refusal(lambda: User(tenant, PermissionsBoundary=boundary))

    assert code == "InvalidInput"
    assert message.startswith("the local account keeps no permissions boundaries of users")


@pytest.mark.fact(
    "IAM, not in aws-facts: ${aws:username} is the name of the user who asks, and no role has one"
)
def test_a_policy_for_everybody_gives_each_user_a_home(tenant: Tenant) -> None:
    user = User(tenant, allow(READ, "arn:aws:s3:::*/home/${aws:username}/*"))
    bucket = tenant.bucket({f"home/{user.name}/x": "mine", "home/other/x": "theirs"})
    s3 = user.client("s3")

    assert read(s3, bucket, f"home/{user.name}/x") == b"mine"
    assert refusal(lambda: read(s3, bucket, "home/other/x"))[0] == "AccessDenied"


def test_a_users_tags_are_condition_keys(tenant: Tenant, bucket: str) -> None:
    only_mine = {"StringEquals": {"aws:PrincipalTag/team": "mine"}}
    team, others = (
        User(tenant, allow(READ, "*", Condition=only_mine), Tags=[{"Key": "team", "Value": name}])
        for name in ("mine", "others")
    )

    assert read(team.client("s3"), bucket) == b"1"
    assert refusal(lambda: read(others.client("s3"), bucket))[0] == "AccessDenied"


def test_a_key_that_is_inactive_or_gone_is_nobodys(tenant: Tenant, bucket: str) -> None:
    user, iam = User(tenant, allow("*", "*")), tenant.client("iam")
    s3, sqs = user.client("s3"), user.client("sqs")
    assert read(s3, bucket) == b"1"

    key = {"UserName": user.name, "AccessKeyId": user.key["AccessKeyId"]}
    iam.update_access_key(**key, Status="Inactive")
    assert refusal(lambda: read(s3, bucket))[0] == "InvalidAccessKeyId"
    iam.update_access_key(**key, Status="Active")
    assert read(s3, bucket) == b"1"
    iam.delete_access_key(**key)

    assert refusal(lambda: read(s3, bucket))[0] == "InvalidAccessKeyId"
    assert refusal(sqs.list_queues)[0] == "InvalidClientTokenId"


def test_a_bucket_may_let_a_user_in_or_keep_it_out(tenant: Tenant) -> None:
    own = tenant.bucket({"a": "1"})
    guest, banned = User(tenant), User(tenant, allow("*", "*"))
    resources = f"arn:aws:s3:::{own}/*"
    tenant.client("s3").put_bucket_policy(
        Bucket=own,
        Policy=document(
            {**allow(READ, resources), "Principal": {"AWS": guest.arn}},
            {**deny("s3:*", resources), "Principal": {"AWS": banned.arn}},
        ),
    )

    assert read(guest.client("s3"), own) == b"1"
    code, message = refusal(lambda: read(banned.client("s3"), own))
    assert code == "AccessDenied"
    assert message.endswith("with an explicit deny in a resource-based policy")


# Becoming a role


def trusting(principal: str, **more: Any) -> Statement:
    return {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "sts:AssumeRole",
        **more,
    }


ACCOUNT_ROOT = "arn:aws:iam::123456789012:root"


@pytest.mark.fact("IAM, not in aws-facts: a role is assumed by whom its trust policy names")
def test_a_role_that_trusts_a_user_needs_no_policy_of_the_user(tenant: Tenant, bucket: str) -> None:
    user, other = User(tenant), User(tenant)
    role = tenant.role(trusting(user.arn), allow(READ, "*"))

    assert read(as_session(tenant, user.client("sts"), "s3", role), bucket) == b"1"
    code, message = refusal(lambda: as_session(tenant, other.client("sts"), "s3", role))

    assert code == "AccessDenied"
    assert f"is not authorized to perform: sts:AssumeRole on resource: {role}" in message


def test_a_role_that_trusts_the_account_leaves_it_to_the_users_policies(tenant: Tenant) -> None:
    role = tenant.role(trusting(ACCOUNT_ROOT))
    may, may_not = User(tenant, allow("sts:AssumeRole", role)), User(tenant)
    forbidden = User(tenant, allow("sts:*", "*"), deny("sts:AssumeRole", role))

    who = as_session(tenant, may.client("sts"), "sts", role).get_caller_identity()["Arn"]

    assert ":assumed-role/role-" in who
    for user in (may_not, forbidden):
        code, _ = refusal(lambda user=user: as_session(tenant, user.client("sts"), "sts", role))
        assert code == "AccessDenied"


def test_a_policy_alone_makes_nobody_a_role(tenant: Tenant) -> None:
    user, role = User(tenant, allow("*", "*")), tenant.role(trust("lambda"))

    assert refusal(lambda: as_session(tenant, user.client("sts"), "s3", role))[0] == "AccessDenied"


def test_a_role_may_become_another_one_that_trusts_it(tenant: Tenant, bucket: str) -> None:
    first = tenant.role(trust("lambda"))
    second = tenant.role(trusting(first), allow(READ, "*"))
    sts = tenant.client_as(first, "sts")

    assert read(as_session(tenant, sts, "s3", second), bucket) == b"1"


@pytest.mark.fact("IAM, not in aws-facts: a trust policy may demand an external id")
def test_a_trust_policy_may_demand_an_external_id(tenant: Tenant) -> None:
    user = User(tenant)
    demand = {"StringEquals": {"sts:ExternalId": "agreed"}}
    role, sts = tenant.role(trusting(user.arn, Condition=demand)), user.client("sts")

    as_session(tenant, sts, "s3", role, ExternalId="agreed")
    for given in ({}, {"ExternalId": "guessed"}):
        code, _ = refusal(lambda given=given: as_session(tenant, sts, "s3", role, **given))
        assert code == "AccessDenied"


@pytest.mark.fact(
    "IAM, not in aws-facts: a session's own policy takes from what the role may, and adds nothing"
)
def test_a_sessions_policy_limits_it(tenant: Tenant) -> None:
    bucket = tenant.bucket({"a": "1", "b": "2"})
    user = User(tenant)
    role = tenant.role(trusting(user.arn), allow(READ, "*"))
    own = document(allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::*/a"))
    s3 = as_session(tenant, user.client("sts"), "s3", role, Policy=own)

    assert read(s3, bucket) == b"1"
    code, message = refusal(lambda: read(s3, bucket, "b"))
    assert code == "AccessDenied"
    assert message.endswith("because no session policy allows the s3:GetObject action")
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="a"))[0] == "AccessDenied"


def test_a_session_of_managed_policies_is_refused_rather_than_not_limited(tenant: Tenant) -> None:
    role = tenant.role(trust("lambda"), allow("*", "*"))
    own = [{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}]

    code, message = refusal(
        lambda: as_session(tenant, tenant.client("sts"), "s3", role, PolicyArns=own)
    )

    assert code == "ValidationError"
    assert message.startswith("the local account keeps no managed policies of sessions")


# Handing a role to a service


@pytest.mark.fact("§8: the deploying principal needs iam:PassRole with iam:PassedToService")
def test_a_role_is_handed_to_the_service_that_a_policy_names(tenant: Tenant) -> None:
    role = tenant.execution_role
    to_sagemaker = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    creating = allow("sagemaker:CreateModel", "*")
    may = User(tenant, creating, allow("iam:PassRole", role, Condition=to_sagemaker))
    wrong_role = User(tenant, creating, allow("iam:PassRole", tenant.function_role))
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    wrong_service = User(tenant, creating, allow("iam:PassRole", role, Condition=to_lambda))

    def create(user: User) -> Any:
        return user.client("sagemaker").create_model(
            ModelName=unique("model"), ExecutionRoleArn=role, PrimaryContainer={"Image": IMAGE}
        )

    assert create(may)["ModelArn"]
    for user in (wrong_role, wrong_service, User(tenant, creating)):
        code, message = refusal(lambda user=user: create(user))
        assert code == "AccessDeniedException"
        assert f"is not authorized to perform: iam:PassRole on resource: {role}" in message


def test_creating_a_function_hands_its_role_to_lambda(tenant: Tenant) -> None:
    role, code = tenant.function_role, {"ZipFile": zipped({"app.py": "def handler(e, c): pass"})}
    arn = f"arn:aws:lambda:{REGION}:123456789012:function:*"
    may = User(tenant, allow("lambda:*", arn), allow("iam:PassRole", role))
    may_not = User(tenant, allow("lambda:*", arn))

    def create(user: User) -> Any:
        return user.client("lambda").create_function(
            FunctionName=unique("function"),
            Role=role,
            Code=code,
            Runtime="python3.13",
            Handler="app.handler",
        )

    assert create(may)["FunctionArn"]
    assert "iam:PassRole" in refusal(lambda: create(may_not))[1]


# What roles may do of the services' control planes


def test_a_role_may_be_an_operator_of_one_endpoint(tenant: Tenant) -> None:
    endpoints = f"arn:aws:sagemaker:{REGION}:123456789012:endpoint/mine"
    sagemaker = tenant.client_as(
        tenant.role(trust("lambda"), allow("sagemaker:DescribeEndpoint", endpoints)), "sagemaker"
    )

    code, _ = refusal(lambda: sagemaker.describe_endpoint(EndpointName="mine"))
    assert code == "ValidationException"  # past the gate, for there is no such endpoint
    code, message = refusal(lambda: sagemaker.describe_endpoint(EndpointName="theirs"))
    assert code == "AccessDeniedException"
    assert "endpoint/theirs because no identity-based policy allows" in message
    assert refusal(sagemaker.list_endpoints)[0] == "AccessDeniedException"


@pytest.mark.fact("§8: cloudwatch:PutMetricData may be limited to a namespace")
def test_metrics_may_be_limited_to_a_namespace(tenant: Tenant) -> None:
    only = {"StringEquals": {"cloudwatch:namespace": "Mine"}}
    role = tenant.role(trust("lambda"), allow("cloudwatch:PutMetricData", "*", Condition=only))
    cloudwatch = tenant.client_as(role, "cloudwatch")
    data = [{"MetricName": "m", "Value": 1.0}]

    cloudwatch.put_metric_data(Namespace="Mine", MetricData=data)

    code, _ = refusal(lambda: cloudwatch.put_metric_data(Namespace="Theirs", MetricData=data))
    assert code in {"AccessDenied", "AccessDeniedException"}


@pytest.mark.fact("IAM, not in aws-facts: a copy reads its source and writes its target")
def test_a_copy_takes_both_rights(tenant: Tenant) -> None:
    bucket = tenant.bucket({"from/a": "1"})
    arn = f"arn:aws:s3:::{bucket}"
    both = [allow(READ, f"{arn}/from/*"), allow("s3:PutObject", f"{arn}/to/*")]
    source = {"Bucket": bucket, "Key": "from/a"}
    s3 = tenant.client_as(tenant.role(trust("lambda"), *both), "s3")

    s3.copy_object(Bucket=bucket, Key="to/a", CopySource=source)

    assert read(tenant.client("s3"), bucket, "to/a") == b"1"
    for statement in both:
        half = tenant.client_as(tenant.role(trust("lambda"), statement), "s3")
        code, _ = refusal(
            lambda half=half: half.copy_object(Bucket=bucket, Key="to/a", CopySource=source)
        )
        assert code == "AccessDenied"


@pytest.mark.fact(
    "IAM, not in aws-facts: setting tags or an ACL with an object takes a right of its own"
)
def test_tags_come_with_a_right_of_their_own(tenant: Tenant) -> None:
    bucket = tenant.bucket()
    role = tenant.role(trust("lambda"), allow(["s3:PutObject", "s3:PutObjectTagging"], "*"))
    s3 = tenant.client_as(role, "s3")

    s3.put_object(Bucket=bucket, Key="a", Body=b"1", Tagging="a=b")

    code, message = refusal(lambda: s3.put_object(Bucket=bucket, Key="a", ACL="private"))
    assert code == "AccessDenied"
    assert "s3:PutObjectAcl" in message
