"""Which part of the account answers for which service; moto answers for what none of them takes."""

import threading
from collections.abc import Callable

from moto.cloudwatch.models import Alarm
from werkzeug.wrappers import Response

from rehearsal.account.aws_request import AwsRequest
from rehearsal.account.billing.budgets import Budgets
from rehearsal.account.cloudcontrol.cloud_control import CloudControl
from rehearsal.account.cloudcontrol.type_registry import describe_type
from rehearsal.account.cloudwatch.publisher import Publisher
from rehearsal.account.functions.lambda_service import LambdaService
from rehearsal.account.iam.managed_policies import (
    refuse_policies_of_a_session,
    take_note_of_policies,
)
from rehearsal.account.messaging.event_buses import deliver_from_buses
from rehearsal.account.messaging.topic_deliveries import deliver_from_topics
from rehearsal.account.sagemaker import runtime as sagemaker_runtime
from rehearsal.account.sagemaker.control import SageMaker
from rehearsal.account.sagemaker.runtime_request import is_invocation as is_runtime_request
from rehearsal.account.scaling.targets import Scaling
from rehearsal.account.storage.bucket_notifications import (
    deliver_from_buckets,
    refuse_unreachable_destinations,
)
from rehearsal.account.storage.bucket_reads import answer_fixed_setting
from rehearsal.account.web.http_apis import HttpApis

Answer = Callable[[AwsRequest], Response | None]
"""Answers a request of one service, or leaves it to moto with None; raises `AwsError` to refuse it."""


class Services:
    """Everything that is played here, and the processes behind it."""

    def __init__(self, url: str) -> None:
        """`url` is the account's own, for what calls it in turn."""
        self._url = url
        self._lock = threading.Lock()
        self._sagemaker: dict[str, SageMaker] = {}  # by Region
        self._scaling: dict[str, Scaling] = {}  # by Region
        self._cloud_control: dict[str, CloudControl] = {}  # by Region
        self._lambda = LambdaService(url)
        self._apis = HttpApis(self._lambda.functions)
        for deliver in (deliver_from_topics, deliver_from_buckets, deliver_from_buses):
            deliver(self._lambda.events.accept_from_service)
        self._publisher = Publisher(
            self._lambda.events.accept_from_service, self._act_on_alarm, self._pass_a_minute
        )
        # By signing name; each answers, or looks and lets moto answer.
        self._answers: dict[str, Answer] = {
            "apigateway": self._apis.handle,
            "application-autoscaling": self._answer_for_scaling,
            "budgets": Budgets().handle,
            "cloudcontrolapi": self._answer_for_cloud_control,
            "cloudformation": describe_type,
            "iam": take_note_of_policies,
            "lambda": self._lambda.handle,
            "monitoring": self._look_at_alarms,
            "s3": _answer_for_s3,
            "sagemaker": self._answer_for_sagemaker,
            "sts": refuse_policies_of_a_session,
        }

    def answer(self, request: AwsRequest) -> Response | None:
        """Answer `request`, or leave it to moto with None.

        Raises:
            AwsError: the service refuses it.
        """
        answer = self._answers.get(request.service)
        return answer(request) if answer else None

    def stop(self) -> None:
        """End everything that was started."""
        self._publisher.stop()
        self._apis.stop()
        self._lambda.stop()
        for sagemaker in self._sagemaker.values():
            sagemaker.stop()

    def _look_at_alarms(self, request: AwsRequest) -> None:
        """Moto answers, but not about alarms of policies on what is gone by now."""
        with self._lock:
            scaling = self._scaling.get(request.region)
        if scaling is not None:
            scaling.forget_what_is_gone()

    def _act_on_alarm(self, policy_arn: str, alarm: Alarm) -> None:
        self._scaling_in(alarm.region_name).act(policy_arn, alarm)

    def _pass_a_minute(self) -> None:
        with self._lock:
            scaling = list(self._scaling.values())
        for each in scaling:
            each.pass_a_minute()

    def _answer_for_sagemaker(self, request: AwsRequest) -> Response:
        sagemaker = self._sagemaker_in(request.region)
        if is_runtime_request(request):
            return sagemaker_runtime.invoke(request, sagemaker)
        return sagemaker.handle(request)

    def _answer_for_scaling(self, request: AwsRequest) -> Response | None:
        return self._scaling_in(request.region).handle(request)

    def _answer_for_cloud_control(self, request: AwsRequest) -> Response:
        with self._lock:
            if request.region not in self._cloud_control:
                self._cloud_control[request.region] = CloudControl(self._url, request.region)
            service = self._cloud_control[request.region]
        return service.handle(request)

    def _sagemaker_in(self, region: str) -> SageMaker:
        with self._lock:
            if region not in self._sagemaker:
                self._sagemaker[region] = SageMaker(self._url, region)
            return self._sagemaker[region]

    def _scaling_in(self, region: str) -> Scaling:
        sagemaker = self._sagemaker_in(region)
        with self._lock:
            if region not in self._scaling:
                self._scaling[region] = Scaling(sagemaker, region, sagemaker)
            return self._scaling[region]


def _answer_for_s3(request: AwsRequest) -> Response | None:
    refuse_unreachable_destinations(request)
    return answer_fixed_setting(request)
