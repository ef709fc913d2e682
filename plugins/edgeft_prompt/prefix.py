"""Learns keys and values that every layer reads before those of a text: prefix tuning.

(Li and Liang 2021, https://arxiv.org/abs/2101.00190; as P-Tuning v2 for encoders: Liu et al. 2022,
https://arxiv.org/abs/2110.07602) peft says what is learnt (PrefixTuningConfig) and computes it
(PrefixEncoder), within edgeft's own architecture for prefixes: peft's whole model leaves the
classifier's pooling out, moves a text's positions up by the prefix, and cannot read a training's
best weights back where there is a projection.
"""

from pathlib import Path
from typing import Any

import torch
from peft import PrefixEncoder, PrefixTuningConfig
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from edgeft.architectures import trained_pooling
from edgeft.architectures.prefixed import Pair, Prefixes, prefixed
from edgeft.data.rows import labelled, open_split
from edgeft.plugin import Context, Dataset, ModelError
from edgeft.surgery.layers import depth_of
from edgeft.training.encoding import load_tokenizer, position_limit
from edgeft.training.loop import save_checkpoint, train
from edgeft_prompt import OTHERS, PrefixOptions
from edgeft_prompt.framing import frame_of
from edgeft_prompt.soft import start_ids


class Learning(nn.Module):
    """Prefixes that are learnt: where they start, and what peft's encoder adds to that."""

    start: torch.Tensor

    def __init__(self, start: list[Pair], config: PrefixTuningConfig) -> None:
        super().__init__()
        whole = torch.stack([torch.stack(each) for each in start])  # (layers, 2, tokens, hidden)
        self.register_buffer("start", whole)
        self.register_buffer("places", torch.arange(whole.shape[2]), persistent=False)
        self.encoder = PrefixEncoder(config)

    def pairs(self) -> list[Pair]:
        """Keys and values of every layer, (tokens, hidden) each."""
        added = self.encoder(self.places)  # (tokens, layers * 2 * hidden)
        layers, _, tokens, hidden = self.start.shape
        found = self.start + added.view(tokens, layers, 2, hidden).permute(1, 2, 0, 3)
        return [(keys, values) for keys, values in found]


def finetune(
    draft: Any, base: Path, data: Dataset, options: PrefixOptions, context: Context
) -> None:
    """Learn prefixes and a head for the labels of `data` on `base`, and write them as weights."""
    set_seed(context.seed)
    pooling = options.pooling if options.pooling != "auto" else trained_pooling(base) or "mean"
    pooled = context.task.load_model(base, data.labels, pooling=pooling)
    tokenizer = load_tokenizer(base)
    ids = start_ids(tokenizer, data.labels, options, context.seed)
    model = prefixed(pooled, read_by_layers(pooled, tokenizer, ids))
    learn_prefixes(model, options.projection)
    trained = train(
        model,
        tokenizer,
        labelled(open_split(data, "train")),
        open_split(data, "validation"),
        task=context.task,
        labels=data.labels,
        options=options,
        context=context,
    )
    trained_weights = sum(each.numel() for each in model.parameters() if each.requires_grad)
    bake(model)
    save_checkpoint(draft, model, tokenizer, trained.max_length, data.labels)
    draft.figures = trained.figures | {"trained_weights": trained_weights}


class Read:
    """What the layers take for a cache, and that keeps the keys and values which they make."""

    def __init__(self) -> None:
        self.pairs: list[Pair] = []

    def get_seq_length(self, *_: Any) -> int:
        """How many positions are taken: none."""
        return 0

    def update(self, keys: torch.Tensor, values: torch.Tensor, *_: Any) -> Pair:
        """Keep a layer's keys and values (batch, heads, tokens, width), and give them back."""
        self.pairs.append((keys, values))
        return keys, values


def read_by_layers(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, ids: list[int]
) -> list[Pair]:
    """The keys and values (tokens, hidden) that each layer makes of ids that are one text.

    A prefix that starts as those of words learns from fewer texts (Li and Liang 2021, section 7.4).
    Raises ModelError for more ids than the model reads at once.
    """
    frame, limit = frame_of(tokenizer), position_limit(model)
    if len(ids) + frame.size > limit:
        raise ModelError(
            f"tokens: {len(ids)} is more than the model reads at once",
            hint=f"set tokens to {limit - frame.size} or less",
        )
    text = torch.tensor([[*frame.before, *ids, *frame.after]])
    own = slice(len(frame.before), len(frame.before) + len(ids))
    found = Read()
    with torch.no_grad():
        model.eval().base_model(text, attention_mask=torch.ones_like(text), past_key_values=found)
    if len(found.pairs) != depth_of(model):
        raise ModelError(
            f"only {len(found.pairs)} of {depth_of(model)} layers take a prefix", hint=OTHERS
        )
    return [
        (of_one(keys)[own].clone(), of_one(values)[own].clone()) for keys, values in found.pairs
    ]


def of_one(vectors: torch.Tensor) -> torch.Tensor:
    """The vectors (tokens, hidden) of the heads (1, heads, tokens, width) of a text."""
    return vectors[0].transpose(0, 1).flatten(1)


def learn_prefixes(model: PreTrainedModel, projection: bool) -> None:
    """Freeze an encoder with prefixes, and let those be learnt from where they are."""
    encoder: Any = model.base_model
    encoder.requires_grad_(False)
    config = PrefixTuningConfig(
        task_type="SEQ_CLS",
        num_virtual_tokens=model.config.prefix_tokens,
        num_layers=depth_of(model),
        num_attention_heads=model.config.num_attention_heads,
        num_transformer_submodules=1,
        token_dim=model.config.hidden_size,
        encoder_hidden_size=model.config.hidden_size,
        prefix_projection=projection,
        init_weights="zero",
    )
    encoder.prefixes = Learning(encoder.prefixes.pairs(), config)


def bake(model: PreTrainedModel) -> None:
    """Make weights of the prefixes that were learnt; what computed them is dropped."""
    encoder: Any = model.base_model
    plain = Prefixes(model.config)
    with torch.no_grad():
        for own, learnt in zip(plain.pairs(), encoder.prefixes.pairs(), strict=True):
            for weight, found in zip(own, learnt, strict=True):
                weight.copy_(found)
    encoder.prefixes = plain
