"""Plays the Hugging Face inference image: the model folder's own code, or a pipeline in its place.

Without `code/inference.py` the image runs a transformers pipeline over the model. The weights and
transformers are not here, so the project's storyteller answers behind the pipeline's contract.
"""

import os
import sys

from rehearsal.containers import pytorch_toolkit
from rehearsal.containers.contract_server import serve
from rehearsal.containers.pytorch_toolkit import Hooks
from rehearsal.containers.start import Start
from rehearsal.containers.words import STORYTELLER, storyteller_hooks


def main() -> None:
    """Load the model, then answer."""
    start = Start.from_arguments()
    has_code = (start.model_dir / "code").is_dir() or "SAGEMAKER_PROGRAM" in os.environ
    if has_code or not {"HF_TASK", "HF_MODEL_ID"} & os.environ.keys():
        pytorch_toolkit.main()
        return
    start.require_model()
    hooks = Hooks(storyteller_hooks(), STORYTELLER)
    task = os.environ.get("HF_TASK", "the model's own task")
    print(f"stand-in for a pipeline of {task} is ready; the words come from the storyteller")
    sys.stdout.flush()
    serve(start.listening_fd, hooks.answer)


if __name__ == "__main__":
    main()
