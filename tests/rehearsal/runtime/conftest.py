"""Containers with a script, for as long as a test lasts."""

import socket
from collections.abc import Callable, Iterator

import pytest

from tests.rehearsal.runtime.in_process import Runtime, ScriptedContainer, Start


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[ScriptedContainer] = []

    def begin(script: Callable[[socket.socket], None]) -> Runtime:
        started.append(ScriptedContainer(script))
        return Runtime(started[-1])

    yield begin
    for container in started:
        container.close()
