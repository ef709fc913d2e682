"""A file takes the kinds of tables and weights that its model has learnt to be rounded to."""

import pytest
from notes import Notes

from edgeft.artifacts import Bundle, Dataset
from edgeft.context import Context
from edgeft.manifests import Record
from edgeft.options import Gates
from edgeft.tasks.sentence_embeddings import SentenceEmbeddings
from edgeft_quantize import Dynamic, DynamicOptions, StaticOptions
from edgeft_quantize.learnt import as_learnt

FEWEST = {"embeddings": "int4", "products": "int4"}
PRUNE = Record(kind="prune", method="vocabulary")


def trained(bundle: Bundle, *records: Record) -> Bundle:
    """The bundle of a model that was trained so."""
    return Bundle(bundle.path, bundle.manifest.model_copy(update={"history": list(records)}))


def student(**options: object) -> Record:
    return Record(kind="distill", method="layers", options={"keep": 3, **options})


@pytest.mark.parametrize(
    "records",
    [
        [student(qat=FEWEST), PRUNE],
        [student(qat=None), Record(kind="distill", method="qat", options=FEWEST)],
    ],
)
def test_what_was_learnt_is_taken_where_nothing_is_named(
    records: list[Record], wide: Bundle
) -> None:
    notes = Notes()
    found = as_learnt(DynamicOptions(), trained(wide, *records), notes)
    assert (found.embeddings, found.weights) == ("int4", "int4")
    assert notes.said == ["quantize: embeddings: int4, weights: int4, as the model has learnt"]
    assert as_learnt(StaticOptions(), trained(wide, *records), Notes()).embeddings == "int4"


@pytest.mark.parametrize(
    "records",
    [
        [],
        [student()],
        [student(qat=None)],
        [student(qat={"embeddings": "int8", "products": "int8"})],
        [student(qat=FEWEST), Record(kind="finetune", method="full")],
    ],
)
def test_a_model_that_learnt_nothing_of_it_leaves_the_choice(
    records: list[Record], wide: Bundle
) -> None:
    notes = Notes()
    assert as_learnt(DynamicOptions(), trained(wide, *records), notes) == DynamicOptions()
    assert notes.said == []


def test_what_is_named_stands_and_is_told_where_it_is_another(wide: Bundle) -> None:
    notes = Notes()
    named = DynamicOptions(embeddings="int8", weights="int4")
    assert as_learnt(named, trained(wide, student(qat=FEWEST)), notes) == named
    assert notes.said == [
        "quantize: embeddings: int8, though the model has learnt embeddings: int4"
    ]


def test_the_file_has_what_its_model_learnt(
    wide: Bundle, vectors: Dataset, context: Context
) -> None:
    lenient = context.at(context.out, task=SentenceEmbeddings(), gates=Gates(max_drop=1.0))
    made = trained(wide, *wide.manifest.history, student(qat=FEWEST))
    quantized = Dynamic(DynamicOptions(), lenient).run(made, vectors)
    assert list(quantized.manifest.variants) == ["fp32", "int8"]
    assert quantized.manifest.variants["int8"].weight_type == "int8, int4, w4"
