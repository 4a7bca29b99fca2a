"""The layer of the Lambda Web Adapter, which another account publishes and moto does not know."""

import re
from types import SimpleNamespace
from typing import Any

from moto.awslambda.models import LambdaBackend

_ADAPTER = re.compile(
    r"arn:aws[a-z-]*:lambda:(?P<region>[a-z0-9-]+):\d{12}:layer:LambdaAdapterLayer(X86|Arm64):\d+"
)
_find = LambdaBackend.layers_versions_by_arn


def know_adapter_layer() -> None:
    """Let functions name the layer, for the whole process."""

    def find(self: LambdaBackend, layer_version_arn: str) -> Any:
        match = _ADAPTER.fullmatch(layer_version_arn)
        if match and match["region"] == self.region_name:
            return SimpleNamespace(arn=layer_version_arn, code_size=0)
        return _find(self, layer_version_arn)

    LambdaBackend.layers_versions_by_arn = find
