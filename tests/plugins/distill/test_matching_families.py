"""Students of each family that match hidden states and attention maps, or relations."""

import pytest

from edgeft_distill import Layers, LayersOptions

QUICK = {"epochs": 1, "learning_rate": 2e-3, "batch_size": 16, "precision": "fp32"}


@pytest.mark.parametrize("method", ["hidden", "relation"])
def test_every_family_can_be_matched(each_tiny_checkpoint, tiny_dataset, make_context, method):
    options = LayersOptions(**QUICK, keep=[0, 3], matching={"method": method, "epochs": 2})
    student = Layers(options, make_context()).run(each_tiny_checkpoint, tiny_dataset)
    first, last = student.manifest.history[-1].figures["matching"]["loss"]
    assert last < first
