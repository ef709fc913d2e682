"""Averages the weights of several trainings, and blends them with those from before."""

import torch


class Soup:
    """The mean of what several trainings make of the same weights, blended with these.

    One mean of weights answers at the price of one model, and better than most of those it is made
    of, as long as all began at the same place (Wortsman et al. 2022, model soups,
    https://arxiv.org/abs/2203.05482). Between it and the beginning lie models that keep more of
    what the encoder knew (Wortsman et al. 2021, WiSE-FT, https://arxiv.org/abs/2109.01903).
    """

    def __init__(self, encoder: torch.nn.Module) -> None:
        self.encoder = encoder
        self.before = copied(encoder)
        self.sums = {name: torch.zeros_like(each) for name, each in self.before.items()}
        self.trainings = 0

    def start_again(self) -> None:
        """Put back the weights from before."""
        self.encoder.load_state_dict(self.before)

    def add(self) -> None:
        """Take the weights as a training left them into the mean."""
        for name, each in copied(self.encoder).items():
            self.sums[name] += each
        self.trainings += 1

    def pour(self, share: float) -> None:
        """Give the encoder `share` * mean + (1 - share) * before."""
        self.encoder.load_state_dict(
            {
                name: share * self.sums[name] / self.trainings + (1 - share) * each
                if each.is_floating_point()
                else each
                for name, each in self.before.items()
            }
        )


def copied(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """A module's weights, by name, that no training changes."""
    return {name: each.detach().cpu().clone() for name, each in module.state_dict().items()}
