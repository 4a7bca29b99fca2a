"""What containers wrote, for whoever wants to know why one failed."""

from rehearsal.local_account import LocalAccount

_LINES_SHOWN = 12
_TRACE = "Traceback (most recent call last):"


def container_log(account: LocalAccount, log_group: str) -> list[str]:
    """Return the lines of a log group, oldest first; none if there is no such group."""
    logs = account.client("logs")
    try:
        events = logs.filter_log_events(logGroupName=log_group)
    except logs.exceptions.ResourceNotFoundException:
        return []  # no container came so far, or its role may not write logs
    return [event["message"] for event in events["events"]]


def excerpt(account: LocalAccount, log_group: str) -> str:
    """Return the end of a container's log for a message."""
    log = without_frames(container_log(account, log_group))[-_LINES_SHOWN:]
    lines = "".join(f"\n    {line}" for line in log) or " (it wrote none)"
    return f"  container log:{lines}"


def without_frames(log: list[str]) -> list[str]:
    """Leave out the frames of stack traces: what was raised tells a person more than where."""
    kept: list[str] = []
    in_trace = False
    for line in log:
        if line.startswith(_TRACE):
            in_trace = True
        elif not (in_trace and line.startswith(" ")):
            in_trace = False
            kept.append(line)
    return kept
