"""From whatever a user has to a Dataset: reading, checking, splitting, describing.

This door says where texts come from; the workshops behind it import `datasets`.
"""

from typing import Self

from pydantic import Field, field_validator, model_validator

from edgeft.data.records import not_known
from edgeft.errors import DataError
from edgeft.options import Options


class Columns(Options):
    """Which of the source's columns is which."""

    text: str = Field("text", description="column that holds the text")
    pair: str = Field("pair", description="column that holds the second text, for tasks with two")
    negative: str | None = Field(
        None,
        description="column that holds a text unlike the first, or a list of such, for tasks that"
        " learn from them; not read if none is named",
    )
    label: str = Field(
        "label", description="column that holds the label's name, or what else the task asks for"
    )
    weight: str | None = Field(
        None,
        description="column that says how much a row of train counts in training: a number from 0"
        " on; all count 1 if none is named, and rows where it is empty",
    )


class DataSource(Options):
    """Where the texts come from, and how they are split."""

    train: str | None = Field(
        None,
        description="csv, tsv, jsonl, json or parquet file, a folder with a sub-folder a label,"
        " a hub id (OWNER/NAME, then :CONFIG, @REVISION and #SPLIT where needed), or a sample name",
    )
    labels: str | list[str] | dict[str, str] | None = Field(
        None,
        description="in the place of `train`, where no text has a label: a list of their names, a"
        " mapping of names to what each is called, or a file with a name a line, and after a tab"
        " what it is called",
    )
    validation: str | None = Field(None, description="split off from train if not given")
    test: str | None = Field(None, description="where there is none, figures are on validation")
    unlabelled: str | None = Field(None, description="texts without labels, for distillation")
    columns: Columns = Field(Columns(), description="names of the columns")
    validation_size: float = Field(
        0.1, gt=0, lt=1, description="share of train to split off for validation"
    )
    test_size: float = Field(
        0.0, ge=0, lt=1, description="share of train to split off for test, if none is given"
    )
    encoding: str = Field("utf-8", description="character encoding of the text files")
    skip_bad_rows: bool = Field(
        False,
        description="leave out and list rows that cannot be used, where one would be an error",
    )

    @field_validator("encoding")
    @classmethod
    def known(cls, encoding: str) -> str:
        """Refuse an encoding that Python does not know, or that is none of texts, such as hex."""
        if why := not_known(encoding):
            raise ValueError(why)
        return encoding

    @model_validator(mode="after")
    def either_texts_or_names(self) -> Self:
        """Refuse data without anything to learn, and names of labels that nothing is judged on."""
        if self.train is None and self.labels is None:
            raise ValueError("neither train nor labels is given; name texts with labels as train")
        if self.train is not None and self.labels is not None:
            raise ValueError("train has labels of its own; leave out one of train and labels")
        if self.labels is not None and self.validation is None:
            raise ValueError(
                "labels are names alone, and nothing says how well they do; name some labelled"
                " texts as validation"
            )
        if self.labels is not None and self.test_size and not self.test:
            raise ValueError("no test texts can be taken from names; leave test_size out")
        return self

    @model_validator(mode="after")
    def something_left_to_train_on(self) -> Self:
        """Refuse shares that together take all of train."""
        taken = (0 if self.validation else self.validation_size) + (
            0 if self.test else self.test_size
        )
        if taken >= 1:
            raise ValueError("validation_size and test_size take all of train; lower one of them")
        return self


def no_negatives(task: str) -> DataError:
    """The error where a column of texts that do not belong is named, and its task reads none."""
    return DataError(
        f"{task} learns from no texts that do not belong",
        hint="leave --negative, or `columns: {negative: ...}`, out",
    )
