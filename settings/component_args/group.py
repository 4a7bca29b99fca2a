"""The type of a group within a component's arguments."""

from typing import Any

Group = Any
"""A group within the arguments. To the type checker it is another type than the component's of the same name, which
takes outputs and leaves keys out; a test holds their keys together."""
