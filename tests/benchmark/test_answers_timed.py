from edgeft.benchmark.bundles import TimedBundle
from edgeft.benchmark.pipelines import TimedPipeline

ASKED = [
    ("where does anna live?", "anna eats rice, lives in new york, test3"),
    ("what does john eat?", "john eats green soup, was born in 1984, test5"),
    ("when was chen born?", "chen lives in rome, eats cake, test7"),
]


def test_the_torch_model_finds_the_answers_of_the_bundle(
    make_question_checkpoint, make_question_bundle
):
    config = {"threads": 1, "device": "cpu", "max_length": 48, "variant": "fp32"}
    checkpoint, bundle = make_question_checkpoint("bert"), make_question_bundle("bert")
    torch = TimedPipeline({**config, "path": str(checkpoint.path)})
    ours = TimedBundle({**config, "path": str(bundle.path)})
    assert torch.answer(ASKED) == ours.answer(ASKED)
    assert torch.answer(ASKED[:1]) == ours.answer(ASKED[:1]) == ["25 33"]
    assert torch.token_counts(ASKED) == ours.token_counts(ASKED)
