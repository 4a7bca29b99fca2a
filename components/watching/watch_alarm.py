"""One alarm of those who are on call, and what its name says to them."""

from dataclasses import dataclass

from components.alarm_condition import Condition

RUNBOOK = "docs/watching.md"


@dataclass(frozen=True)
class WatchAlarm:
    """An alarm before it is registered."""

    key: str
    """What it is called in settings, names and the runbook: `latency`."""

    condition: Condition

    of: str = ""
    """Which variant or function it is about, if not the main one."""

    hurts_users: bool = False
    """Whether callers feel it while it lasts, so that `users-hurt` goes off with it."""

    @property
    def suffix(self) -> str:
        """What its names end with: `latency`, `latency-candidate`."""
        return f"{self.key}-{self.of}" if self.of else self.key

    @property
    def description(self) -> str:
        """What it means, what to do first, and where to read on."""
        about = f" ({self.of})" if self.of else ""
        return f"{MEANINGS[self.key]}{about}. {FIRST_STEPS[self.key]} More: {RUNBOOK}#{self.key}"


MEANINGS = {
    "latency": "The slowest hundredth of the requests takes the model too long",
    "errors": "Too many requests to the endpoint end with a 5xx status",
    "model-errors": "The container refuses or breaks off too many requests",
    "overhead": "SageMaker adds too much time to the model's own",
    "gpu-memory": "The memory of the GPUs is about to run out",
    "disk": "The disk of an instance is about to be full",
    "idle": "Instances are running, and being paid for, without a request",
    "backlog": "Too many asynchronous requests wait for an instance",
    "oldest-request": "An asynchronous request has been waiting too long",
    "failed-requests": "Asynchronous requests fail or expire",
    "failed-replies": "Callers get too many replies with status 429 or 5xx",
    "function-errors": "Too many runs of the function end with an error that it did not foresee, a timeout or a lack of memory",
    "throttles": "Lambda refuses too many calls for want of concurrency",
    "duration": "Runs of the function come close to its timeout",
    "dead-letters": "Inputs failed too often and wait for somebody to look at them",
    "failed-events": "Events that nobody waited for failed for good",
}
FIRST_STEPS = {
    "latency": "Look at concurrency and GPU utilisation: if they are high, let scaling start more; if not, requests are longer.",
    "errors": "Read the container's log; if it began with a deployment, deploy what ran before.",
    "model-errors": "Read the container's log: 4xx are requests that it does not want, all else is the container itself.",
    "overhead": "Look at the size of payloads and at cold starts; if neither grew, look at the AWS Health Dashboard.",
    "gpu-memory": "Lower the server's share of memory, its longest context or its batch, or take a larger type.",
    "disk": "Raise endpoint.volumeGb, or find out what the container writes.",
    "idle": "Set endpoint.enabled to false, choose a mode that goes down to nothing, or add a schedule.",
    "backlog": "Raise instances.max if all instances are busy; if none run, look at the scaling activities.",
    "oldest-request": "Look whether instances run and answer; if they do, raise instances.max.",
    "failed-requests": "Read the objects under async/failures/ and the container's log.",
    "failed-replies": "Read the type of the errors in the function's log: it names the cause.",
    "function-errors": "Read the function's log for the run's error, timeout or memory.",
    "throttles": "Raise invoker.reservedConcurrency, or the account's quota of concurrent executions.",
    "duration": "Raise invoker.timeoutSeconds, or ask for fewer tokens.",
    "dead-letters": "Read the causes in the function's log, repair them, and redrive the queue.",
    "failed-events": "Read the messages: each holds its event and its error; send again what is still wanted.",
}
KEYS = tuple(MEANINGS)
"""Every alarm there is, in the runbook's order."""
