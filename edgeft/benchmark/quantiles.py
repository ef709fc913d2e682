"""Medians, tails and ratios of timings, each with a bootstrap interval over rounds.

Calls of one round share the state that the machine was in, so they are no independent draws: whole
rounds are resampled (block bootstrap, Künsch 1989), and for a ratio the same rounds of both
subjects, since both answered the same texts in them.
"""

from collections.abc import Callable, Sequence

import numpy as np

from edgeft.benchmark.records import Figure, Timing

RESAMPLES = 1000
AT_ONCE = 100_000
"""calls drawn at a time"""


def timing(rounds: np.ndarray, *, seed: int = 0) -> Timing:
    """The p50, p90 and p99 of milliseconds (rounds, calls), with their intervals."""
    quantiles = [0.5, 0.9, 0.99]
    found = np.quantile(rounds, quantiles)
    drawn = resampled(
        lambda calls: np.quantile(calls, quantiles, axis=1).T, rounds, seed=seed
    )  # (resamples, quantiles)
    p50, p90, p99 = (figure(found[i], drawn[:, i]) for i in range(len(quantiles)))
    return Timing(
        p50_ms=p50.value,
        p50_interval=p50.interval,
        p90_ms=p90.value,
        p90_interval=p90.interval,
        p99_ms=p99.value,
        p99_interval=p99.interval,
        raw_ms=[round(float(value), 4) for value in rounds.ravel()],
    )


def middle(rounds: np.ndarray, *, seed: int = 0) -> Figure:
    """The median of all calls (rounds, calls)."""
    drawn = resampled(lambda calls: np.median(calls, axis=1), rounds, seed=seed)
    return figure(float(np.median(rounds)), drawn)


def ratio(rounds: np.ndarray, reference: np.ndarray, *, seed: int = 0) -> Figure:
    """The median of `rounds` over the median of `reference`, both (rounds, calls)."""
    drawn = resampled(
        lambda ours, theirs: np.median(ours, axis=1) / np.median(theirs, axis=1),
        rounds,
        reference,
        seed=seed,
    )
    return figure(float(np.median(rounds) / np.median(reference)), drawn)


def rate(rounds: np.ndarray, texts_a_call: int, *, seed: int = 0) -> Figure:
    """Texts a second over all calls of milliseconds (rounds, calls)."""
    drawn = resampled(lambda calls: 1000 * texts_a_call / np.mean(calls, axis=1), rounds, seed=seed)
    return figure(float(1000 * texts_a_call / np.mean(rounds)), drawn)


def median(values: Sequence[float], *, seed: int = 0) -> Figure:
    """The median of independent values."""
    return middle(np.array(values)[:, None], seed=seed)


def resampled(statistic: Callable[..., np.ndarray], *samples: np.ndarray, seed: int) -> np.ndarray:
    """The statistic of RESAMPLES draws of rounds with replacement, the same rounds of all samples.

    It is given the calls of each sample (draws, calls) and returns (draws,) or (draws, figures).
    """
    random = np.random.default_rng(seed)
    n = len(samples[0])
    together = max(1, AT_ONCE // samples[0].size)
    found = []
    for first in range(0, RESAMPLES, together):
        chosen = random.integers(0, n, (min(together, RESAMPLES - first), n))
        found.append(statistic(*(each[chosen].reshape(len(chosen), -1) for each in samples)))
    return np.concatenate(found)


def figure(value: float, drawn: np.ndarray) -> Figure:
    """A value with the 95 % percentile interval of its bootstrap draws."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Figure(value=rounded(value), interval=(rounded(low), rounded(high)))


def rounded(value: float) -> float:
    """Five significant digits: more than any timing has."""
    return float(f"{value:.5g}")
