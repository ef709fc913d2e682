from edgeft.benchmark.bundles import TimedBundle
from edgeft.benchmark.pipelines import TimedPipeline

TEXTS = ["anna lives in new york train3", "nobody was there", "in rome it rained on john smith"]


def test_the_torch_pipeline_finds_the_entities_of_the_bundle(
    make_entity_checkpoint, make_entity_bundle
):
    config = {"threads": 1, "device": "cpu", "max_length": 32, "variant": "fp32"}
    checkpoint, bundle = make_entity_checkpoint("bert"), make_entity_bundle("bert")
    torch = TimedPipeline({**config, "path": str(checkpoint.path)})
    ours = TimedBundle({**config, "path": str(bundle.path)})
    assert torch.answer(TEXTS) == ours.answer(TEXTS)
    assert torch.answer(TEXTS[:1]) == ours.answer(TEXTS[:1]) == ["person 0 4; place 14 22"]
    assert torch.token_counts(TEXTS) == ours.token_counts(TEXTS)
