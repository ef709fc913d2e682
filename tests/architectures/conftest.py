"""What a saved model answers elsewhere."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import elsewhere
import pytest
import torch

LogitsElsewhere = Callable[[Path, torch.Tensor], torch.Tensor]


@pytest.fixture(scope="session")
def logits_elsewhere() -> Iterator[LogitsElsewhere]:
    """Logits for ids of the model in a directory, loaded by a process that knows nothing of it.

    Each is forked from one that has imported torch and transformers, and nothing of edgeft.
    """
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["torch", "transformers.modeling_utils"])
    with ProcessPoolExecutor(1, processes, max_tasks_per_child=1) as pool:

        def ask(folder: Path, ids: torch.Tensor) -> torch.Tensor:
            return torch.tensor(pool.submit(elsewhere.logits, folder, ids.tolist()).result())

        yield ask
