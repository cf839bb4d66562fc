"""The upload conf: which file becomes which table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from fateflow_client.types import Name, Number, ZeroOrOne

if TYPE_CHECKING:
    Partitions: TypeAlias = int
else:
    # An editor must not underline what is taken.
    _PARTS = {"type": "integer", "minimum": 1, "maximum": 1023}
    _TEXT = {"type": "string", "pattern": "^[0-9]+$"}
    Partitions = Annotated[Number, Field(ge=1, le=1023), WithJsonSchema({"anyOf": [_PARTS, _TEXT]})]


class UploadConf(BaseModel):
    """What ``data.upload`` reads. Unknown members are kept and sent."""

    # storage_address may hold a password: no input in messages.
    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    namespace: Name
    """The table's namespace."""
    table_name: Name
    """The table's name."""
    file: Name
    """The CSV file: relative to the conf's own folder, or else to the working directory."""
    head: ZeroOrOne
    """1 if the first line holds the column names."""
    partition: Partitions
    """In how many parts the server stores the table: 1 to 1023, for others fail the job."""
    id_delimiter: Annotated[str, Field(min_length=1)] = ","
    """What separates the columns; servers before 1.9.1 know only the comma."""
    drop: ZeroOrOne | None = None
    """1 destroys a table of the same name first, as the argument of that name does."""
    use_local_data: ZeroOrOne = 1
    """0 if ``file`` is a path on the server: nothing is uploaded then."""
    work_mode: ZeroOrOne | None = None
    """Needed by servers up to 1.6, ignored by later ones."""

    @model_validator(mode="after")
    def _one_character(self) -> Self:
        if "\n" in self.id_delimiter or "\r" in self.id_delimiter:
            raise ValueError("id_delimiter must not hold a line break")
        return self


def wire_members(conf: UploadConf, given: dict[str, Any], drop: int) -> dict[str, Any]:
    """The conf as the server reads it: numbers for truth values, drop 0 or 1 and never 2."""
    members = dict(given)
    checked = conf.model_dump(mode="json", exclude_unset=True)
    members.update({name: checked[name] for name in UploadConf.model_fields if name in checked})
    members["drop"] = max(drop, conf.drop or 0)
    members.pop("verbose", None)
    return members
