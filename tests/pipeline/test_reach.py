"""A server that a recipe asks is looked for before others work for it, and only then."""

import pytest
from chat_server import chat_server, nobodys_url

from edgeft.errors import PluginError
from edgeft.pipeline import run
from edgeft.pipeline.planning import plan
from edgeft.pipeline.refusing import refuse_unreachable
from edgeft.pipeline.running import Run
from edgeft.progress import Silence


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run_it(registry, tmp_path, make_recipe):
    """Train a teacher for a moment, and let a server write copies."""

    def start(url, epochs=0.1, **options):
        asked = {"method": "paraphrase", "url": url, "server_model": "tiny", "retries": 0}
        recipe = make_recipe(
            steps=[
                {"finetune": {"method": "full", "epochs": epochs}},
                {"augment": {**asked, **options}},
            ]
        )
        report = run(recipe, tmp_path / "run", registry, threads=1, device="cpu", compared=False)
        return {step.name: step for step in report.steps}

    return start


def test_a_server_that_is_not_there_is_named_before_anything_is_trained(run_it, tmp_path):
    url = nobodys_url()
    with pytest.raises(PluginError) as caught:
        run_it(url)
    assert caught.value.message == (
        f"augment paraphrase: {url} cannot be reached: Connection refused"
    )
    assert not (tmp_path / "run").exists()


def test_a_run_whose_copies_are_written_asks_nobody(run_it):
    with chat_server() as chat:
        first = run_it(chat.url)
    assert not any(step.cached for step in first.values())
    again = run_it(chat.url, epochs=0.2)
    assert {name: step.cached for name, step in again.items()} == {
        "data": True,
        "finetune-full": False,
        "augment-paraphrase": True,
    }


def test_the_first_step_to_run_may_find_all_answers_kept(run_it):
    with chat_server() as chat:
        run_it(chat.url)
    again = run_it(chat.url, parallel=2)["augment-paraphrase"]
    assert not again.cached
    assert (again.figures["requests"], again.figures["kept"]) == (0, 96)


def test_a_search_looks_for_the_server_before_its_students(make_recipe, registry, tmp_path):
    url = nobodys_url()
    asked = {"method": "paraphrase", "url": url, "server_model": "tiny"}
    recipe = make_recipe(
        steps=[{"finetune": "full"}, {"augment": asked}, {"distill": "auto"}, {"export": "onnx"}]
    )
    planned = plan(recipe, tmp_path / "run", registry)
    assert planned.candidates
    with pytest.raises(PluginError, match=f"{url} cannot be reached"):
        refuse_unreachable(planned)


def test_only_the_main_process_looks_for_a_server(make_recipe, registry, tmp_path, monkeypatch):
    asked = {"method": "paraphrase", "url": nobodys_url(), "server_model": "tiny"}
    recipe = make_recipe(steps=[{"finetune": "full"}, {"augment": asked}])
    monkeypatch.setenv("RANK", "1")
    Run(recipe, tmp_path / "run", registry, Silence(), 1, "cpu", force=False)
    monkeypatch.setenv("RANK", "0")
    with pytest.raises(PluginError, match="cannot be reached"):
        Run(recipe, tmp_path / "run", registry, Silence(), 1, "cpu", force=False)
