"""What models said of a split, kept on disk."""

from pathlib import Path

import numpy as np

from edgeft.pipeline.answers import save, saved
from edgeft.runtime.outputs import Outputs

OF_TEXTS = Outputs(np.arange(6, dtype=np.float32).reshape(3, 2))
OF_WORDS = Outputs(
    np.arange(8, dtype=np.float32).reshape(4, 2),
    np.array([0, 2, 2, 4]),
    np.array([[0, 1], [2, 3], [0, 2], [3, 6]], np.int32),
)


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    for outputs in (OF_TEXTS, OF_WORDS):
        save(outputs, tmp_path / "outputs.npz")
        found = saved(tmp_path / "outputs.npz")
        np.testing.assert_array_equal(found.values, outputs.values)
        assert (found.starts is None) == (outputs.starts is None)
        assert [each.name for each in tmp_path.iterdir()] == ["outputs.npz"]
