"""Start the server: `python -m handlers.web`, in the environment of `handlers.environment`."""

import os
import sys

from handlers.aws.errors import AwsSettingsError
from handlers.environment import ConfigurationError
from handlers.services import services_for
from handlers.web.log_lines import log_to_standard_output
from handlers.web.server import WebServer

DEFAULT_PORT = 8080
"""The adapter's own: AWS_LWA_PORT, else PORT, else this."""


def main() -> None:
    """Answer until the process is ended."""
    log_to_standard_output(os.environ)
    try:
        services = services_for(os.environ)
    except (ConfigurationError, AwsSettingsError) as error:
        sys.exit(str(error))
    port = int(os.environ.get("AWS_LWA_PORT") or os.environ.get("PORT") or DEFAULT_PORT)
    with WebServer("127.0.0.1", port, services) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
