"""A model that lies on this machine: what would not arrive, or not be found. Rules of GA100 to GA199."""

from collections.abc import Iterator
from stat import S_ISDIR

from settings.draft import Draft
from settings.image_uri import CUSTOM_FAMILY
from settings.problems import Finding
from settings.rules.rule import rule
from settings.wording import quote

# Where SageMaker unpacks a model: docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
_UNPACKED = "/opt/ml/model/"
_CODE = "code"  # the folder of a model's own code, which the toolkits look for


@rule(101)
def local_folder_holds_a_model(draft: Draft) -> Iterator[Finding]:
    """The model's folder must exist and hold at least one file."""
    source = draft.source
    if source is None or draft.source_kind != "folder":
        return
    key, folder = draft.key("model.source"), draft.project_dir / source
    try:
        is_folder = S_ISDIR(folder.stat().st_mode)
    except (OSError, ValueError):  # ValueError: a name that no file system takes
        fix = "correct the path; it is relative to the folder of Pulumi.yaml"
        yield Finding(key, f"there is no folder {quote(source)} in {draft.project_dir}", fix)
        return
    if not is_folder:
        fix = "name the folder that holds the model's files; it is packed for you"
        yield Finding(key, f"{quote(source)} is a file, expected a folder", fix)
    elif draft.model_folder is not None and not (
        draft.model_folder.files or draft.model_folder.links
    ):
        fix = "put the model's files into it, or correct the path"
        yield Finding(key, f"the folder {quote(source)} has no file in it", fix)


@rule(106)
def folder_has_no_links(draft: Draft) -> Iterator[Finding]:
    """SageMaker cannot unpack an archive that holds symbolic links, and says so only minutes into a deployment.

    https://repost.aws/knowledge-center/sagemaker-endpoint-creation-fail
    """
    folder = draft.model_folder
    if folder is None or not folder.links:
        return
    first, *others = folder.links
    more = f" and {len(others)} more of its files are" if others else " is"
    yield Finding(
        draft.key("model.source"),
        f"{quote(first)} in {quote(draft.source or '')}{more} a symbolic link",
        "put the files themselves there; a download from the Hub does so with local_dir instead of cache_dir",
    )


@rule(107)
def folder_is_the_model_s_root(draft: Draft) -> Iterator[Finding]:
    """The container looks for the model's files at the root of what is packed, not one folder further down."""
    inner = _wrapping_folder(draft)
    if inner is not None:
        yield Finding(
            draft.key("model.source"),
            f"{quote(draft.source or '')} holds nothing but the folder {quote(inner)}, so the container would find no "
            "model at the root",
            f"write source: {(draft.source or '').rstrip('/')}/{inner}",
        )


@rule(108)
def folder_has_the_code_that_the_image_runs(draft: Draft) -> Iterator[Finding]:
    """A PyTorch container only runs the model's own code; without it, it fails once the endpoint is up."""
    folder, variables = draft.model_folder, draft.variables
    if draft.family != "pytorch" or folder is None or not folder.files or variables is None:
        return
    if _wrapping_folder(draft) is not None:
        return
    directory = variables.get("SAGEMAKER_SUBMIT_DIRECTORY", f"{_UNPACKED}{_CODE}")
    program = f"{directory.rstrip('/')}/{variables.get('SAGEMAKER_PROGRAM', 'inference.py')}"
    path = program.removeprefix(_UNPACKED)
    if program.startswith(_UNPACKED) and path not in folder.files:
        yield Finding(
            draft.key("model.source"),
            f"there is no {path} in {quote(draft.source or '')}, and the image family pytorch runs nothing else",
            f"add {path} with model_fn and predict_fn, or choose an image family that needs no code",
        )


def _wrapping_folder(draft: Draft) -> str | None:
    """The one folder that holds the whole model, unless that can be meant."""
    folder, variables = draft.model_folder, draft.variables
    if folder is None or folder.links or variables is None or draft.family in {None, CUSTOM_FAMILY}:
        return None
    inner = folder.only_folder
    if inner is None or inner == _CODE:
        return None
    is_named = any(value.startswith(f"{_UNPACKED}{inner}") for value in variables.values())
    return None if is_named else inner
