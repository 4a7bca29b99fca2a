"""Everything that a stack may say under the project's own namespace."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.json_schema import WithJsonSchema

from settings.hub_token import check_hub_token
from settings.sections.bucket import BucketSettings
from settings.sections.endpoint import EndpointSettings
from settings.sections.guard import GuardSettings
from settings.sections.image import ImageSettings
from settings.sections.invoker import InvokerSettings
from settings.sections.model import ModelSettings
from settings.sections.network import KeySettings, RoleSettings
from settings.sections.section import Section
from settings.sections.watch import WatchSettings
from settings.secure_value import SecureValue
from settings.tags import check_tag_key, check_tag_value

Tags = dict[
    Annotated[str, AfterValidator(check_tag_key)],
    Annotated[str, AfterValidator(check_tag_value)],
]


class GenaiSettings(Section, arbitrary_types_allowed=True):
    """Everything under the project's own namespace, `genai:`."""

    model: ModelSettings = Field(description="where the model comes from")
    image: ImageSettings = Field(description="what serves the model")
    endpoint: EndpointSettings = Field(description="the machines that serve the model")
    invoker: InvokerSettings = Field(
        default=InvokerSettings(), description="the function in front of the endpoint"
    )
    bucket: BucketSettings = Field(
        default=BucketSettings(), description="the bucket for model, inputs and results"
    )
    guard: GuardSettings = Field(
        default=GuardSettings(),
        description="what the stack may cost, who is told, and when its endpoint may run",
    )
    watch: WatchSettings = Field(
        default=WatchSettings(),
        description="who is told when callers are hurt, and when that is",
    )
    keys: KeySettings = Field(
        default=KeySettings(), description="KMS keys of yours, instead of AWS's own encryption"
    )
    roles: RoleSettings = Field(
        default=RoleSettings(), description="what a platform team asks of roles"
    )
    hub_token: (
        Annotated[
            SecureValue,
            BeforeValidator(check_hub_token),
            WithJsonSchema({"type": "object", "properties": {"secure": {"type": "string"}}}),
        ]
        | None
    ) = Field(
        default=None,
        description="a Hugging Face token, encrypted by `pulumi config set --secret genai:hubToken`; or name a secret "
        "in model.tokenSecretArn. Either way whoever may describe the SageMaker model can read it, so putting the model's files "
        "into S3 is better",
    )
    tags: Tags = Field(
        default_factory=dict, description="tags of every resource, besides Project and Stack"
    )
