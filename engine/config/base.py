"""What every model of the config language stands on."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

from engine.config.values import one_or_many

NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"
Name = Annotated[str, StringConstraints(pattern=NAME)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Strings = Annotated[list[str], BeforeValidator(one_or_many, json_schema_input_type=str | list[str])]


class Model(BaseModel):
    """Base of every part of the config: unknown keys are errors, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)
