"""What a stack has left in the account."""

from rehearsal.inventory import Belongings
from rehearsal.local_account import LocalAccount
from tests.rehearsal.tenant import Tenant, unique


def test_only_what_the_stack_made_and_nobody_keeps_is_left(
    tenant: Tenant, account: LocalAccount
) -> None:
    bucket, queue, kept, put_there = (unique(what) for what in ("b", "q", "kept", "stand-in"))
    s3, sqs = tenant.client("s3"), tenant.client("sqs")
    belongings = Belongings(account)
    with belongings.not_counting():
        s3.create_bucket(Bucket=put_there)
    s3.create_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=kept)
    url = sqs.create_queue(QueueName=queue)["QueueUrl"]
    cloudwatch, watching = tenant.client("cloudwatch"), unique("watching")
    cloudwatch.put_composite_alarm(AlarmName=watching, AlarmRule="FALSE")
    cloudwatch.put_dashboard(DashboardName=watching, DashboardBody='{"widgets": []}')

    assert belongings.left({kept}) == [
        f"queue {url}",
        f"bucket {bucket}",
        f"composite alarm {watching}",
        f"dashboard {watching}",
    ]

    cloudwatch.delete_alarms(AlarmNames=[watching])
    cloudwatch.delete_dashboards(DashboardNames=[watching])
    s3.delete_bucket(Bucket=bucket)
    sqs.delete_queue(QueueUrl=url)
    assert belongings.left({kept}) == []
