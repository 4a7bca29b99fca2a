"""CloudWatch's minutes: what the services tell is published, then alarms are evaluated, then others have their turn.

A minute is as short as the account's pace makes it; what is published has the time of this machine. It goes straight
into the store: AWS's services need nobody's permission for their own metrics.
"""

import sys
import threading
import traceback
from collections.abc import Callable, Iterable

from rehearsal.account.cloudwatch.alarm_actions import AcceptEvent, ActOnAlarm, AlarmActions
from rehearsal.account.cloudwatch.alarm_history import describe_histories
from rehearsal.account.cloudwatch.alarm_states import follow_states
from rehearsal.account.cloudwatch.alarm_watch import AlarmWatch
from rehearsal.account.cloudwatch.embedded_metrics import extract_metrics
from rehearsal.account.cloudwatch.metric_api import answer_from_store
from rehearsal.account.cloudwatch.metric_store import MetricKey, all_stores, metrics_in
from rehearsal.account.cloudwatch.metrics import Observation, add_source, collected
from rehearsal.account.cloudwatch.queue_gauges import QueueGauges
from rehearsal.account.pace import shortened

_SECONDS_IN_A_MINUTE = 60


class Publisher:
    """A thread that keeps CloudWatch's time until it is stopped."""

    def __init__(
        self, accept_event: AcceptEvent, act_on_alarm: ActOnAlarm, each_minute: Callable[[], None]
    ) -> None:
        """Take over from moto, and begin.

        Args:
            accept_event: takes the asynchronous invocations of alarms.
            act_on_alarm: lets a scaling policy act.
            each_minute: called when a minute is over.
        """
        answer_from_store()
        describe_histories()
        extract_metrics()
        self._watch = AlarmWatch(AlarmActions(accept_event, act_on_alarm))
        follow_states(self._watch.changed)
        add_source(QueueGauges().observations)
        self._each_minute = each_minute
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cloudwatch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Publish no more."""
        self._is_stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_stopping.wait(shortened(_SECONDS_IN_A_MINUTE)):
            try:
                self._end_minute()
            except Exception:  # noqa: BLE001 - a minute that goes wrong is not the last one
                traceback.print_exc(file=sys.stderr)

    def _end_minute(self) -> None:
        publish(collected())
        over = {region: store.begin_minute() for region, store in all_stores().items()}
        self._watch.evaluate(over)
        self._each_minute()


def publish(observations: Iterable[Observation]) -> None:
    """Put `observations` where CloudWatch's readers find them."""
    for each in observations:
        metrics_in(each.region).put(
            MetricKey.of(each.namespace, each.name, each.dimensions.items()),
            lambda values, value=each.value: values.add(value),
            each.unit,
        )
