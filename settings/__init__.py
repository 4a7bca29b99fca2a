"""What a stack may say: typed, checked against AWS's own limits, every problem told at once.

No call to AWS and no Pulumi: `load_stack` reads the files, and a Pulumi program hands its
configuration to `decode_pulumi_config` and `parse_settings`.
"""

from settings.parse import parse_settings
from settings.problems import Problem, SettingsError
from settings.pulumi_config import decode_pulumi_config, encode_pulumi_config, secret_keys_of
from settings.secure_value import SecureValue
from settings.stack_file import load_stack, read_project_file, read_stack_file, stack_names
from settings.stack_settings import StackSettings

__all__ = [
    "Problem",
    "SecureValue",
    "SettingsError",
    "StackSettings",
    "decode_pulumi_config",
    "encode_pulumi_config",
    "load_stack",
    "parse_settings",
    "read_project_file",
    "read_stack_file",
    "secret_keys_of",
    "stack_names",
]
