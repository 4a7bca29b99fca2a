"""`genai:invoker.inputs`: files of prompts, put into the bucket and answered there."""

from pydantic import Field

from settings import limits
from settings.sections.section import Section


class InputSettings(Section):
    """`genai:invoker.inputs`: what is put under inputs/ is asked line by line, and answered under results/."""

    enabled: bool = Field(
        default=False,
        description="whether files under inputs/ (JSON, or JSON Lines with a request a line) are answered, through a queue "
        "with a dead-letter queue. Lambda asks the queue all the time, which SQS bills by the request: cents a month",
    )
    max_concurrency: int = Field(
        default=2,
        ge=limits.QUEUE_CONCURRENCY.minimum,
        le=limits.QUEUE_CONCURRENCY.maximum,
        description="how many files are worked on at the same time; 2 is the least that Lambda takes",
    )
    workers: int = Field(
        default=8,
        ge=limits.BATCH_WORKERS.minimum,
        le=limits.BATCH_WORKERS.maximum,
        description="how many lines of a file are asked at the same time; times maxConcurrency, that is how much the "
        "endpoint gets to do at once",
    )
    max_receives: int = Field(
        default=10,
        ge=limits.MAX_RECEIVES.minimum,
        le=limits.MAX_RECEIVES.maximum,
        description="how often a file is taken up before its message goes to the dead-letter queue; a file that takes "
        "longer than timeoutSeconds is taken up again where it stopped, and each time counts",
    )
    own_notification: bool = Field(
        default=False,
        description="whether you send the notifications of a bucket of yours (bucket.existingName) to the queue yourself; "
        "a bucket has one notification configuration, and yours is left as it is",
    )
