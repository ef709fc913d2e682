"""A server that tests of several files ask, and the step that asks it most."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from chat_server import ChatServer, chat_server

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft_generate import Paraphrase
from edgeft_generate.options import ParaphraseOptions


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server() as chat:
        yield chat


@pytest.fixture
def paraphrased(context: Context, tiny_dataset: Dataset, server: ChatServer) -> Callable[..., Any]:
    def run(circumstances: Context = context, **options: Any) -> Dataset:
        asked = {"url": server.url, "server_model": "tiny", "retries": 2, "timeout": 5, **options}
        chosen = ParaphraseOptions(**asked)
        return Paraphrase(chosen, replace(circumstances, force=True)).run(tiny_dataset)

    return run
