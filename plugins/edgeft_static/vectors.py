"""The vectors that a static student starts from: what its teacher makes of each token alone."""

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from edgeft.plugin import Context
from edgeft.training.machine import computes_in_bf16, pick_device, set_threads

BATCH = 256
COMMON = 1e-3
"""share of all tokens from which on a token counts as common, and so as saying little"""
SPREAD = 0.3
"""standard deviation of the numbers in the vectors"""


def initial_vectors(outputs: np.ndarray, counts: np.ndarray, width: int) -> torch.Tensor:
    """Vectors (tokens, width) float32 out of a teacher's `outputs` for each token alone.

    These (tokens, teacher's width) are projected on the `width` directions in which the tokens of
    the texts differ most, and weighted down where a token is common in them (model2vec; Arora et
    al. 2017, "A simple but tough-to-beat baseline for sentence embeddings"). `counts` (tokens,)
    says how often each occurs.
    """
    vectors = projected(outputs, counts > 0, width)
    vectors *= COMMON / (COMMON + counts / counts.sum())[:, None]
    return torch.from_numpy(vectors * (SPREAD / vectors[counts > 0].std())).float()


def outputs_alone(
    encoder: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    tokens: np.ndarray,
    context: Context,
) -> np.ndarray:
    """The last hidden state of each of the `tokens` between the special ones, and nothing else.

    float32 (tokens, the encoder's width).
    """
    before, after = (torch.tensor(ids, dtype=torch.long) for ids in frame(tokenizer))
    set_threads(context.threads)
    device = pick_device(context.device)
    encoder.eval().to(device)
    found = []
    with (
        context.progress.bar("taking vectors", len(tokens), "tokens") as bar,
        torch.inference_mode(),
        torch.autocast(device.type, torch.bfloat16, enabled=computes_in_bf16(device)),
    ):
        for some in torch.from_numpy(tokens).split(BATCH):
            around = [part.expand(len(some), -1) for part in (before, after)]
            ids = torch.cat([around[0], some[:, None], around[1]], dim=1).to(device)
            states = encoder(input_ids=ids, attention_mask=torch.ones_like(ids))[0]
            found.append(states[:, len(before)].float().cpu().numpy())
            bar.advance(len(some))
    return np.concatenate(found)


def frame(tokenizer: PreTrainedTokenizerFast) -> tuple[list[int], list[int]]:
    """The special tokens that the tokenizer puts before and after a text."""
    bare = tokenizer("a", add_special_tokens=False)["input_ids"]
    framed = tokenizer("a")["input_ids"]
    start = next(place for place in range(len(framed)) if framed[place : place + len(bare)] == bare)
    return framed[:start], framed[start + len(bare) :]


def projected(vectors: np.ndarray, seen: np.ndarray, width: int) -> np.ndarray:
    """Vectors (n, wide) on the `width` principal directions of those that are `seen`, (n,) bool.

    Further directions than `vectors` has are zeros.
    """
    centred = vectors - vectors[seen].mean(axis=0)
    _, directions = np.linalg.eigh(centred[seen].T @ centred[seen])  # the smallest variance first
    directions = directions[:, ::-1][:, :width]  # (wide, width)
    found = np.zeros((len(vectors), width), dtype=np.float32)
    found[:, : directions.shape[1]] = centred @ directions
    return found
