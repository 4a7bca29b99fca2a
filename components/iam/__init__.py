"""IAM statements and documents as pure functions: plain values in, plain dictionaries out.

Nothing here knows Pulumi. Components resolve their outputs first and call these inside one `apply`,
so every document can be tested as data.
"""

from components.iam.calling import (
    invoke_endpoint,
    invoke_endpoint_async,
    invoke_inference_component,
    invoke_serverless_endpoint,
    run_in_vpc,
    send_traces,
    write_logs,
)
from components.iam.documents import Statement, document, service_trust, tls_only
from components.iam.hosting import (
    describe_alarms,
    join_vpc,
    publish_endpoint_metrics,
    publish_to_topics,
    pull_image,
    write_container_logs,
)
from components.iam.keys import (
    decrypt_with,
    encrypt_with,
    use_bucket_key,
    use_queue_key,
    use_volume_key,
)
from components.iam.objects import (
    list_objects,
    put_objects,
    read_model,
    read_object_versions,
    read_objects,
    share_model,
    upload_objects,
)
from components.iam.queues import let_bucket_send, send_messages, take_messages, tls_only_queue
from components.iam.topics import let_alarms_publish, tls_only_topic

__all__ = [
    "Statement",
    "decrypt_with",
    "describe_alarms",
    "document",
    "encrypt_with",
    "invoke_endpoint",
    "invoke_endpoint_async",
    "invoke_inference_component",
    "invoke_serverless_endpoint",
    "join_vpc",
    "let_alarms_publish",
    "let_bucket_send",
    "list_objects",
    "publish_endpoint_metrics",
    "publish_to_topics",
    "pull_image",
    "put_objects",
    "read_model",
    "read_object_versions",
    "read_objects",
    "run_in_vpc",
    "send_messages",
    "send_traces",
    "service_trust",
    "share_model",
    "take_messages",
    "tls_only",
    "tls_only_queue",
    "tls_only_topic",
    "upload_objects",
    "use_bucket_key",
    "use_queue_key",
    "use_volume_key",
    "write_container_logs",
    "write_logs",
]
