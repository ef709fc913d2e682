"""From whatever a user has to a Dataset: reading, checking, splitting, describing.

This door says where texts come from; the workshops behind it import `datasets`.
"""

from pydantic import Field

from edgeft.steps import Options


class Columns(Options):
    """Which of the source's columns is which."""

    text: str = Field("text", description="column that holds the text")
    label: str = Field("label", description="column that holds the label's name")


class DataSource(Options):
    """Where the texts come from, and how they are split."""

    train: str = Field(
        description="csv, tsv, jsonl, json or parquet file, a folder with a sub-folder a label,"
        " a hub id, or a sample name"
    )
    validation: str | None = Field(None, description="split off from train if not given")
    test: str | None = Field(None, description="where there is none, figures are on validation")
    unlabelled: str | None = Field(None, description="texts without labels, for distillation")
    columns: Columns = Columns()
    validation_size: float = Field(
        0.1, gt=0, lt=1, description="share of train to split off for validation"
    )
    test_size: float = Field(
        0.0, ge=0, lt=1, description="share of train to split off for test, if none is given"
    )
