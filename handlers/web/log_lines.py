"""The log as Lambda's own runtime would write it: one line of JSON for each record.

https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

import json
import logging
import sys
import time
from collections.abc import Mapping

# What every record has: the rest is what `extra` added.
_OWN_FIELDS = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}
_LEVELS = {"TRACE": logging.DEBUG, "FATAL": logging.CRITICAL}
"""Levels that Lambda has and Python has not."""


class JsonFormatter(logging.Formatter):
    """One JSON object for a record, with the fields of its `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        fields = {name: value for name, value in vars(record).items() if name not in _OWN_FIELDS}
        line = {
            "timestamp": f"{seconds}.{int(record.msecs):03}Z",
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            **fields,
        }
        return json.dumps(line, default=str)


def log_to_standard_output(variables: Mapping[str, str]) -> None:
    """Write the log, from the level AWS_LAMBDA_LOG_LEVEL on."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    name = variables.get("AWS_LAMBDA_LOG_LEVEL", "INFO")
    level = _LEVELS.get(name) or logging.getLevelNamesMapping().get(name, logging.INFO)
    logging.basicConfig(level=level, handlers=[handler], force=True)
