"""Texts that say what a label is called: one more example of it, which nobody had to write.

A name tells what a text is about before any example does (dataless classification, Chang et al.
2008).
"""

from collections import defaultdict
from collections.abc import Iterator

import datasets

from edgeft.data.copies import Row, add, batches_of
from edgeft.data.names import descriptions
from edgeft.data.rows import open_split
from edgeft.plugin import Dataset
from edgeft.progress import Bar
from edgeft_augment import Names


def add_names(step: Names, data: Dataset) -> Dataset:
    """Write `data` with each label's name in every template, as copies of the label's first texts.

    Labels of which there is no text stay without one.
    """
    templates = step.options.templates
    given = {**data.manifest.summary.get("called", {}), **step.options.descriptions}
    names = dict(zip(data.labels, descriptions(data.labels, given), strict=True))
    of_parent = dealt(open_split(data, "train"), templates)

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        for batch in batches_of(train):
            for row in batch:
                for template in of_parent.get(row["id"], ()):
                    text = template.format(names[row["label"]])
                    yield {**row, "text": text, "parent": row["id"]}
            bar.advance(len(batch))

    return add(step, data, copies)


def dealt(train: datasets.Dataset, templates: list[str]) -> dict[int, list[str]]:
    """The templates of each row that gets some: all of them once a label, in turns."""
    first: defaultdict[str, list[int]] = defaultdict(list)
    for batch in batches_of(train.select_columns(["id", "label", "parent"])):
        for row in batch:
            if row["parent"] is not None or row["label"] is None:
                continue
            if len(first[row["label"]]) < len(templates):
                first[row["label"]].append(row["id"])
    found: defaultdict[int, list[str]] = defaultdict(list)
    for rows in first.values():
        for number, template in enumerate(templates):
            found[rows[number % len(rows)]].append(template)
    return found
