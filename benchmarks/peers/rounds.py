"""Peers taking turns: in each round everybody does the same, in a new random order each time."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from edgeft.benchmark.conversations import Worker
from edgeft.benchmark.measuring import milliseconds
from peers.catalogue import Peer
from peers.environments import PeerError
from peers.feeds import CALLS, SHAPES

TEXTS = "texts"
WARM_TEXTS = 64


@dataclass
class Timed:
    """One peer in one setting: a list a round, nanoseconds of each call."""

    wall: list[list[int]] = field(default_factory=list)
    cpu: list[list[int]] = field(default_factory=list)

    @property
    def ms(self) -> np.ndarray:
        """Milliseconds (rounds, calls)."""
        return milliseconds(self.wall)

    @property
    def cores_used(self) -> float:
        """CPU time over wall time of all calls."""
        return float(np.sum(self.cpu) / np.sum(self.wall))


@dataclass
class Measured:
    """Everything that one peer did."""

    timed: dict[str, Timed] = field(default_factory=dict)
    """by shape, and TEXTS"""
    labels: dict[int, str] = field(default_factory=dict)
    """its answer to each text, by the text's place"""


def take_turns(
    running: dict[Peer, Worker],
    texts: Sequence[str],
    *,
    rounds: int,
    seed: int,
    failed: Callable[[Peer, str, PeerError], None],
    show: Callable[[int], None],
) -> dict[Peer, Measured]:
    """Time every peer on every shape and, spread over the rounds, on every text once.

    A peer that ends is told to `failed` and left out of what follows and of the result.
    """
    order = random.Random(seed)
    places = order.sample(range(len(texts)), len(texts))
    a_round = -(-len(texts) // rounds)
    found = {peer: Measured() for peer in running}
    for turn in range(rounds):
        start = turn * a_round
        now = [places[step % len(places)] for step in range(start, start + a_round)]
        warm = [texts[places[step % len(places)]] for step in range(start - WARM_TEXTS, start)]
        for setting in [*SHAPES, TEXTS]:
            able = [peer for peer in found if peer.does(setting == TEXTS)]
            for peer in order.sample(able, len(able)):
                mine = found[peer]
                try:
                    if setting == TEXTS:
                        given = [texts[place] for place in now]
                        reply = running[peer].ask("texts", texts=given, warm=warm)
                        mine.labels |= dict(zip(now, reply["labels"], strict=True))
                    else:
                        reply = running[peer].ask("graph", shape=setting, calls=CALLS[setting])
                except PeerError as error:
                    failed(peer, f"timing {setting}", error)
                    del found[peer]
                    continue
                timed = mine.timed.setdefault(setting, Timed())
                timed.wall.append(reply["wall"])
                timed.cpu.append(reply["cpu"])
        show(turn + 1)
    return found
