"""The sections of a stack: every key with its type, range, default and meaning."""

from settings.sections.bucket import BucketSettings
from settings.sections.endpoint import EndpointSettings
from settings.sections.genai import GenaiSettings
from settings.sections.image import ImageSettings
from settings.sections.invoker import InvokerSettings
from settings.sections.model import ModelSettings
from settings.sections.section import Section
from settings.sections.variants import VariantSettings

__all__ = [
    "BucketSettings",
    "EndpointSettings",
    "GenaiSettings",
    "ImageSettings",
    "InvokerSettings",
    "ModelSettings",
    "Section",
    "VariantSettings",
]
