"""Random models of every architecture that edgeft promises, with weights of trained size."""

from typing import Any

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification

DEPTH = 4
VOCABULARY = {"vocab_size": 100, "pad_token_id": 0, "num_labels": 5}
SIZE = {"hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 48}
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "bert": {**SIZE, "num_hidden_layers": DEPTH},
    "distilbert": {"dim": 32, "n_heads": 2, "hidden_dim": 48, "n_layers": DEPTH},
    "roberta": {**SIZE, "num_hidden_layers": DEPTH, "max_position_embeddings": 66},
    "electra": {**SIZE, "num_hidden_layers": DEPTH, "embedding_size": 16},
    "deberta-v2": {
        **SIZE,
        "num_hidden_layers": DEPTH,
        "relative_attention": True,
        "position_buckets": 16,
        "norm_rel_ebd": "layer_norm",
        "share_att_key": True,
        "pos_att_type": ["p2c", "c2p"],
        "conv_kernel_size": 3,
        "conv_act": "gelu",
    },
    "modernbert": {**SIZE, "num_hidden_layers": DEPTH, "local_attention": 8},
}
OTHERS: dict[str, dict[str, Any]] = {
    "convbert": {**SIZE, "num_hidden_layers": DEPTH},
    "mobilebert": {**SIZE, "num_hidden_layers": DEPTH},
    "eurobert": {**SIZE, "num_hidden_layers": DEPTH, "num_key_value_heads": 2, "head_dim": 16},
    "mpnet": {**SIZE, "num_hidden_layers": DEPTH},
}
"""what is not promised, and tells by its configuration what others leave out"""
TOKENS = torch.randint(5, 90, (3, 24), generator=torch.Generator().manual_seed(0))
MASK = torch.ones_like(TOKENS)
MASK[1, 15:] = 0


def model_of(architecture: str, **changes: Any):
    """A random model that answers differently for every text."""
    torch.manual_seed(0)
    config = AutoConfig.for_model(
        architecture,
        **VOCABULARY | {**ARCHITECTURES, **OTHERS}[architecture] | changes,
    )
    model = AutoModelForSequenceClassification.from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # far from the tiny values of a fresh model
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model


@torch.no_grad()
def logits_of(model) -> torch.Tensor:
    """Its answers to TOKENS, (3, 5)."""
    return model.eval()(input_ids=TOKENS, attention_mask=MASK).logits
