"""Deploy registered resources to the local account, through boto3."""

from rehearsal.deployer.deploy import Deployer
from rehearsal.deployer.failures import DeployError
from rehearsal.deployer.state import State

__all__ = ["DeployError", "Deployer", "State"]
