"""What a person is told to do about a failure."""

import pytest

from rehearsal.advice import advice_for
from settings import Problem, SettingsError

ROLE = "arn:aws:sts::123456789012:assumed-role/genai-role-1a2b3c4/lambda"


def denied(
    action: str, resource: str, reason: str = "because no identity-based policy"
) -> Exception:
    return RuntimeError(
        f"User: {ROLE} is not authorized to perform: {action} on resource: {resource} {reason}"
    )


def test_a_missing_permission_is_named_with_role_resource_and_place() -> None:
    endpoint = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/genai-dev"

    assert advice_for(denied("sagemaker:InvokeEndpoint", endpoint)) == (
        f"grant sagemaker:InvokeEndpoint on {endpoint} to the role genai-role-1a2b3c4: "
        "endpoint.grant_invoke(...) in __main__.py"
    )


def test_a_permission_that_nothing_grants_yet_is_named_too() -> None:
    told = advice_for(denied("kms:Decrypt", "arn:aws:kms:us-east-1:1:key/k"))

    assert told.startswith("grant kms:Decrypt on arn:aws:kms:us-east-1:1:key/k to the role ")


def test_a_missing_object_is_no_missing_permission() -> None:
    told = advice_for(denied("s3:ListBucket", "arn:aws:s3:::b", "(there is no such key; ...)"))

    assert told == "put the object where the message says, or mend the URI that names it"


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("Failed to extract model data archive from", "pack the model anew"),
        ("Could not find model data at s3://b/p/.", "check genai:model.source"),
        ("v did not pass the ping health check", "read the container log above"),
        ("cannot create a aws:x/y:Z yet", "add a kind for the type"),
        ("did not pass the ping health check\n    cannot reach the Hub for a/b: ", "leave out genai:endpoint.networkIsolation"),
        ("The inference component cannot be placed: ", "ask for less in genai:endpoint.inferenceComponent"),
        ("neither s3://b/a nor None was written within 30 s", "read the data log of the endpoint"),
        ("no result of the batch lies under s3://b/results/ after 60 s", "look at the function's log"),
        ("Unable to validate the following destination configurations (x", "let s3.amazonaws.com send"),
        ("the update was rolled back, and genai-configuration serves on: x", "mend what the message names"),
        ("it is protected, and name would replace it", "take the protection off first"),
        ("2 left after all was deleted: queue q, bucket b", "look why it was not deleted"),
        ("the endpoint stopped answering during an update in place: x", "read which requests failed"),
        ("something else", "run again with --keep"),
    ],
)  # fmt: skip
def test_other_failures_have_an_advice_each(said: str, advice: str) -> None:
    assert advice_for(RuntimeError(said)).startswith(advice)


def test_settings_are_mended_in_their_file() -> None:
    failure = SettingsError([Problem("Pulumi.dev.yaml", "genai:model", "is missing", "add it")])

    assert advice_for(failure) == "mend the keys named above; nothing was created"
