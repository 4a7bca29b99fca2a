"""The stack's configuration as Pulumi hands it to the program, which its SDK has no public name for."""

from pulumi.runtime.config import (
    CONFIG,
    get_config_env,
    get_config_secret_keys_env,
    is_config_secret,
)


def stack_configuration() -> tuple[dict[str, str], set[str]]:
    """Every value by its full key, still encoded, and the keys of those that are secret."""
    config = {**get_config_env(), **CONFIG.get()}
    return config, {*get_config_secret_keys_env(), *filter(is_config_secret, config)}
