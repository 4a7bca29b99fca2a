"""What answers for one inference component: one container, however many copies there are, or none."""

import threading
from collections.abc import Callable

from rehearsal.account.sagemaker.in_flight import InFlight
from rehearsal.account.sagemaker.model_host import ModelHost


class ComponentHost:
    """The copies of one inference component."""

    def __init__(self, variant: str, start: Callable[[], ModelHost]) -> None:
        """`start` brings up the container; `variant` is where the copies are placed."""
        self.variant = variant
        self.in_flight = InFlight()
        self.copies = 0
        self.host: ModelHost | None = None
        self._start = start

    def scale_to(self, copies: int, hurry: threading.Event) -> None:
        """Start the container with the first copy, end it with the last.

        Raises:
            FleetError: it could not be brought into service.
        """
        if copies and self.host is None:
            self.host = self._start()
        self.copies = copies
        if not copies and self.host is not None:
            retired, self.host = self.host, None
            self.in_flight.wait_for_those_of_now(hurry)
            retired.stop()

    def stop(self) -> None:
        """End the container."""
        if self.host is not None:
            self.host.stop()
