"""edgeft and its peers on the same texts, weights and threads, each in its own environment.

    python benchmarks/peers.py --checkpoint RUN/finetune-full --bundle RUN/bundle
        --data banking77 --environments environments

The checkpoint has the classifier that transformers gives its architecture, which every peer knows:
`finetune.pooling: own`.

Two questions. The same model, whose int8 graph is faster: the checkpoint's weights in every peer's
own format, fed token ids of fixed shapes, and what share of the bare int8 matrix products' speed
each reaches. The same task, whose file is faster and smaller: the bundle against all of them, from
a text to its label.

One process a peer, one thread each, taking turns in random order. Environments and models are made
once, under --environments. A peer that cannot be installed, made or run is recorded with the last
thing it said. Writes results/NAME.json, NAME being peers or what --name says, for each
kind of processor has a file of its own; where --only left peers out or the machine was busy,
NAME.json beside the environments.
"""

import argparse
import csv
import json
import random
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from peers.catalogue import GRAPH, LONG, NEEDED, Peer, chosen
from peers.environments import PeerError, module, python_of, worker_of
from peers.feeds import SHAPES, write_feeds
from peers.figures import complaints, figures, to_markdown
from peers.making import Inputs, model_of, widened, write_calibration
from peers.rounds import take_turns
from recording import record

from edgeft.architectures import trained_pooling
from edgeft.artifacts import Bundle, Checkpoint
from edgeft.benchmark.conversations import Worker
from edgeft.benchmark.machine import describe_machine
from edgeft.writing import write_text

CALIBRATION_TEXTS = 300  # what nncf.quantize takes by default


def main() -> None:
    asked = arguments()
    machine = describe_machine()
    test = rows_of(asked.data / "test.csv", asked)
    inputs = inputs_of(asked)
    failures: list[dict[str, str]] = []

    def failed(peer: Peer, stage: str, error: PeerError) -> None:
        if peer.name in NEEDED:
            sys.exit(f"{peer.name}, {stage}: {error}")
        told = str(error).replace(str(inputs.environments), "ENVIRONMENTS")
        print(f"{peer.name}, {stage}: {told}", flush=True)
        failures.append({"name": peer.name, "what": peer.what, "stage": stage, "error": told})

    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        texts = [text for text, _ in test]
        write_feeds(scratch / "feeds.npz", inputs.checkpoint / "tokenizer.json", texts)
        models: dict[Peer, tuple[str, Path]] = {}
        for peer in chosen(asked.only):
            try:
                python = python_of(peer.environment, inputs.environments)
                models[peer] = python, model_of(peer, inputs)
            except PeerError as error:
                failed(peer, "making", error)
        running: dict[Peer, Worker] = {}
        for peer, (python, model) in models.items():
            config = inputs.config(
                model=str(model), feeds=str(scratch / "feeds.npz"), **peer.options
            )
            try:
                running[peer] = worker_of(peer.name, module(peer.run, python), config).ready()
            except PeerError as error:
                failed(peer, "opening", error)
                continue
            stack.callback(running[peer].close)
            print(peer.name, running[peer].opened, flush=True)
        measured = take_turns(
            running,
            texts,
            rounds=asked.rounds,
            seed=0,
            failed=failed,
            show=lambda turn: print(f"round {turn} of {asked.rounds}", flush=True),
        )
    found = figures(measured, [label for _, label in test])
    peers = [
        {"name": peer.name, "what": peer.what, "int8": peer.int8, **running[peer].opened}
        | found[peer.name]
        for peer in measured
    ]
    print(to_markdown(peers))
    busy = complaints(found)
    print("\n".join(busy))
    result = {
        "machine": machine.model_dump(mode="json"),
        "checkpoint": {"digest": inputs.digest, "max_length": inputs.max_length},
        "bundle": {"digest": Bundle.open(inputs.bundle).digest},
        "texts": {"n": len(test), "source": f"the test split of {asked.data.name}"},
        "shapes": {shape: list(size) for shape, size in SHAPES.items()},
        "threads": 1,
        "rounds": asked.rounds,
        "summary": summary(found),
        "peers": peers,
        "failed": failures,
    }
    if asked.only or busy:
        kept = inputs.environments / f"{asked.name}.json"
        write_text(kept, json.dumps(result, indent=1))
        sys.exit(f"peers were left out, or had not exactly one core each: only kept as {kept}")
    record(asked.name, result)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--checkpoint", type=Path, required=True, help="whose weights all run")
    parser.add_argument("--bundle", type=Path, required=True, help="ours, of the same task")
    parser.add_argument("--data", type=Path, required=True, help="holds train.csv and test.csv")
    parser.add_argument("--text", default="text", help="column of the texts")
    parser.add_argument("--label", default="category", help="column of the labels")
    parser.add_argument("--environments", type=Path, required=True, help="kept between runs")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="part of a name")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--name", default="peers", help="of the result, such as peers_avx2")
    return parser.parse_args()


def inputs_of(asked: argparse.Namespace) -> Inputs:
    """What the peers' models are made of, the calibration texts written."""
    environments = asked.environments.resolve()
    if trained_pooling(asked.checkpoint):
        sys.exit("peers know no pooled classifiers: finetune with --set finetune.pooling=own")
    longest = max(tokens for _, tokens in SHAPES.values())
    checkpoint = widened(Checkpoint.open(asked.checkpoint), longest, environments / "models")
    train = [text for text, _ in rows_of(asked.data / "train.csv", asked)]
    texts = random.Random(0).sample(train, CALIBRATION_TEXTS)
    return Inputs(
        checkpoint=checkpoint.path.resolve(),
        digest=checkpoint.digest,
        max_length=checkpoint.max_length,
        train=(asked.data / "train.csv").resolve(),
        test=(asked.data / "test.csv").resolve(),
        label=asked.label,
        calibration=write_calibration(environments / "calibration.json", texts),
        environments=environments,
        bundle=asked.bundle.resolve(),
    )


def rows_of(path: Path, asked: argparse.Namespace) -> list[tuple[str, str]]:
    """Text and label of each row."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row[asked.text], row[asked.label]) for row in csv.DictReader(file)]


def summary(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What ours reach of the bare products' speed, and their time over OpenVINO's int8."""
    return {
        ours: {
            what: {shape: each[what]["value"] for shape, each in found[ours]["graph"].items()}
            for what in ("share_of_floor", "over_openvino_int8")
            if all(what in each for each in found[ours]["graph"].values())
        }
        for ours in (GRAPH, LONG)
    }


if __name__ == "__main__":
    main()
