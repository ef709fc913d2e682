"""What batches by length gain on many texts of mixed lengths, against file order and one by one.

    python benchmarks/batch_by_length.py

The same session, batch size and tokenizer file, one thread; file order pads each batch to its
longest text. 10,000 titles, sentences, paragraphs and documents of BBC News, tokenization
included, taking turns. Writes results/batch_by_length.json.
"""

import os

os.environ["TOKENIZERS_PARALLELISM"] = "false"

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
from bare import side_by_side
from minilm_bundle import make_bundle
from mixed_texts import mixed_texts
from recording import record

from edgeft.benchmark.quantiles import median

WANTED = 1.5
ALONE = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--max-length", type=int, default=128)
    arguments = parser.parse_args()
    texts = mixed_texts(arguments.texts)
    with tempfile.TemporaryDirectory() as folder:
        bundle = make_bundle(
            Path(folder) / "bundle",
            layers=arguments.layers,
            max_length=arguments.max_length,
            texts=texts[:60],
        )
        bare, model = side_by_side(bundle)
        with model:
            size = arguments.batch_size
            calls: dict[str, Callable[[list[str]], np.ndarray]] = {
                "file order": lambda some: bare.in_file_order(some, size),
                "by length": lambda some: model.logits(some, batch_size=size),
                "one by one": model.logits,
            }
            alone = np.concatenate([model.logits([text]) for text in texts[:ALONE]])
            shift = {
                name: float(np.abs(call(texts[:ALONE]) - alone).mean())
                for name, call in calls.items()
            }
            seconds: dict[str, list[float]] = {name: [] for name in calls}
            for turn in range(arguments.rounds):
                for name in list(calls)[:: 1 if turn % 2 else -1]:
                    start = process_time()  # of the one thread: other programs hardly move it
                    calls[name](texts)
                    seconds[name].append(process_time() - start)
                print({name: round(values[-1], 2) for name, values in seconds.items()})
        lengths = [len(bare.tokenizer.encode(text).ids) for text in texts]
    pairs = zip(seconds["file order"], seconds["by length"], strict=True)
    faster = median([slow / fast for slow, fast in pairs])
    pairs = zip(seconds["one by one"], seconds["by length"], strict=True)
    alone_takes = median([slow / fast for slow, fast in pairs])
    record(
        "batch_by_length",
        {
            "what": f"{len(texts)} texts, {arguments.layers} MiniLM layers, int8, one thread",
            "n": len(texts),
            "batch_size": size,
            "tokens": {f"p{q}": float(np.percentile(lengths, q)) for q in (5, 50, 90, 95)},
            "times_faster": faster.model_dump(),
            "one_by_one_takes": alone_takes.model_dump(),
            "wanted": WANTED,
            "passed": faster.value >= WANTED,
            "seconds": {name: median(values).model_dump() for name, values in seconds.items()},
            "raw_seconds": seconds,
            "mean_logit_shift_from_alone": shift,
        },
    )


if __name__ == "__main__":
    main()
