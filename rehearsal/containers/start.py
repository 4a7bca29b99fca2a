"""How a container is started, and whether there is a model for it to serve."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# By which variable each image takes a model id of the Hub, or the folder that the model lies in.
_MODEL_VARIABLES = (
    "SM_VLLM_MODEL",
    "SM_SGLANG_MODEL_PATH",
    "SM_LLAMA_CPP_HF_REPO",
    "LLAMA_ARG_HF_REPO",
    "HF_MODEL_ID",
)


@dataclass(frozen=True)
class Start:
    """What a container is given."""

    listening_fd: int
    model_dir: Path
    is_isolated: bool
    """Whether it has no network."""

    @classmethod
    def from_arguments(cls) -> "Start":
        """Read the command line: LISTENING_FD MODEL_DIR isolated|networked."""
        listening_fd, model_dir, network = sys.argv[1:]
        return cls(int(listening_fd), Path(model_dir), network == "isolated")

    @property
    def has_files(self) -> bool:
        """Whether anything lies in the model folder."""
        return any(self.model_dir.iterdir())

    def hub_model(self, environment: Mapping[str, str] = os.environ) -> str | None:
        """Return the model id that the image would fetch from the Hub; None if none is named."""
        values = [environment[name] for name in _MODEL_VARIABLES if name in environment]
        return next((v for v in values if not v.startswith(str(self.model_dir))), None)

    def require_model(self) -> None:
        """Exit, with a line for the log, unless there are model files or a Hub that can be reached."""
        if self.has_files:
            return
        model = self.hub_model()
        if model is None:
            sys.exit("no model files under /opt/ml/model")
        if self.is_isolated:
            sys.exit(
                f"cannot reach the Hub for {model}: EnableNetworkIsolation leaves this container "
                "without a network"
            )
        print(f"{model} is not fetched from the Hub here: a stand-in answers for it", flush=True)
