"""How a private training spends its epsilon and delta: over how many steps, with how much noise."""

import math
from dataclasses import dataclass

from opacus.accountants.utils import get_noise_multiplier

from edgeft.plugin import TrainingError
from edgeft_finetune.options import FullOptions
from edgeft_finetune.privacy import PrivateOptions
from edgeft_finetune.single import quiet_opacus

ACCOUNTANT = "rdp"
"""Renyi differential privacy (Mironov 2017, https://arxiv.org/abs/1702.07476): it asks for a tenth
more noise than Opacus's tightest, and answers at once for every budget"""
EXPONENT = 1.1
"""delta is n^-EXPONENT by default: below 1/n, with which whole texts might be given away"""
UNSPENT = 0.01
"""share of epsilon that may be left over: the noise is found by halving"""


@dataclass(frozen=True)
class Budget:
    """How a training spends epsilon and delta."""

    texts: int
    steps: int
    """in all, of which an epoch has `epoch`"""
    epoch: int
    delta: float
    noise: float
    """standard deviation of the noise, in lengths to which gradients are cut"""


def planned(texts: int, options: FullOptions) -> Budget:
    """The steps of a training, and the noise with which they stay within their epsilon.

    Raises TrainingError where there is no such noise, or delta is no protection.
    """
    private = options.private or PrivateOptions()
    if not texts:
        raise TrainingError("there are no training texts", hint="check the data's train split")
    delta = private.delta or texts**-EXPONENT
    if texts > 1 and delta >= 1 / texts:
        raise TrainingError(
            f"private.delta {delta:.2g} is not below 1/{texts:,}, one over the training texts",
            hint="leave it out, or lower it",
        )
    epoch = math.ceil(texts / (options.batch_size * options.accumulation))
    steps = max(1, round(options.epochs * epoch))
    with quiet_opacus():
        try:
            noise = get_noise_multiplier(
                target_epsilon=private.epsilon,
                target_delta=delta,
                sample_rate=1 / epoch,
                steps=steps,  # make_private_with_epsilon rounds epochs down to steps
                accountant=ACCOUNTANT,
                epsilon_tolerance=UNSPENT * private.epsilon,
            )
        except (ValueError, RuntimeError) as error:
            raise TrainingError(
                f"no noise keeps epsilon {private.epsilon} over {steps:,} steps",
                hint="raise private.epsilon, or lower epochs",
            ) from error
    return Budget(texts, steps, epoch, delta, noise)
