from pathlib import Path
from typing import Any

import pytest
from reviewed import Reviewed

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.tasks.text_classification import TextClassification
from edgeft_clean import Review, ReviewOptions


@pytest.fixture
def review(tmp_path: Path) -> Reviewed:
    def run(data: Dataset, out: str = "reviewed", **options: Any) -> Dataset:
        context = Context(out=tmp_path / out, task=TextClassification(), force=True)
        return Review(ReviewOptions(**options), context).run(data)

    return run
