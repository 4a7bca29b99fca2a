"""What to do about a rehearsal's failure, from what the account or the function said."""

from operations.explanations import explain
from settings import SettingsError

_OTHERWISE = "run again with --keep and look around with the printed commands"


def advice_for(failure: Exception) -> str:
    """Return one sentence that says how to mend `failure`."""
    if isinstance(failure, SettingsError):
        return "mend the keys named above; nothing was created"
    known = explain(str(failure))
    return (known[0].fix_in_rehearsal or known[0].fix) if known else _OTHERWISE
