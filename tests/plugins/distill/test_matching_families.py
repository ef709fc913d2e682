"""Students of each family that match hidden states and attention maps, or relations."""

import pytest
from students import distil, figures


@pytest.mark.parametrize("method", ["hidden", "relation"])
def test_every_family_can_be_matched(each_tiny_checkpoint, tiny_dataset, make_context, method):
    matching = {"method": method, "epochs": 2}
    student = distil(
        each_tiny_checkpoint, tiny_dataset, make_context(), epochs=1, keep=[0, 3], matching=matching
    )
    first, last = figures(student)["matching"]["loss"]
    assert last < first
