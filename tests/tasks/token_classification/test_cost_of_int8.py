"""What int8 costs is measured where a graph answers tokens."""

import numpy as np

from edgeft.runtime.manifest import read_manifest
from edgeft.runtime.tokenization import FrozenTokenizer
from edgeft.tasks.token_classification import TokenClassification
from edgeft_quantize.quantize import float_graph, outputs_alone


def test_graphs_are_compared_by_all_tokens_of_texts_of_any_length(make_entity_bundle) -> None:
    bundle = make_entity_bundle("bert")
    tokenizer = FrozenTokenizer(read_manifest(bundle.path), bundle.path / "tokenizer.json")
    texts = ["anna lives in new york", "nobody was there", "the road to paris is long"]
    feeds = [tokenizer.feed([row]) for row in tokenizer.rows(texts)]
    found = outputs_alone(float_graph(bundle), feeds, 1)
    lengths = [feed["input_ids"].shape[1] for feed in feeds]
    assert np.diff(found.starts).tolist() == lengths
    assert len(found.values) == sum(lengths)
    task = TokenClassification()
    assert task.divergence(found, found) == 0
    turned = type(found)(found.values[:, ::-1], found.starts, found.spans)
    assert task.divergence(found, turned) > 0.1
