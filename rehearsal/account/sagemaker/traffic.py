"""The traffic of an endpoint under way from one fleet to another."""

from fractions import Fraction

from rehearsal.account.sagemaker.fleet import Fleet


class TrafficShift:
    """Sends each request to the old or the new fleet, as many to the new one as its share says."""

    share: Fraction
    """Of the requests, how many go to the new fleet: 0 to 1."""

    def __init__(self, old: Fleet, new: Fleet) -> None:
        """Start with everything at the old fleet."""
        self.old = old
        self.new = new
        self.share = Fraction(0)
        self._owed = Fraction(0)  # requests that the new fleet should have had by now

    def next_fleet(self) -> Fleet:
        """Return what answers the next request; its caller lets in one at a time.

        Counted instead of drawn: with a share of a tenth, every tenth request goes to the new fleet.
        """
        self._owed += self.share
        if self._owed < 1:
            return self.old
        self._owed -= 1
        return self.new
