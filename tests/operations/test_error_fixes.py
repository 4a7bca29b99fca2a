from handlers.errors import HandlerError
from operations.error_fixes import FIXES, fix_of


def test_every_type_of_error_that_the_function_answers_with_has_a_fix() -> None:
    types = {HandlerError.type, *(kind.type for kind in HandlerError.__subclasses__())}

    assert set(FIXES) == types
    assert fix_of("endpoint_missing") == "deploy the stack with genai:endpoint.enabled: true"


def test_a_type_that_is_not_known_leads_to_the_log() -> None:
    assert fix_of("of_tomorrow") == "read the function's log"
