"""Create registered resources in the local account, through boto3."""

from rehearsal.deployer.deploy import Deployer, DeployError

__all__ = ["DeployError", "Deployer"]
