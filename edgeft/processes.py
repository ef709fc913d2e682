"""Who am I among the processes of a distributed run, read from what torchrun and accelerate set."""

import os


def rank() -> int:
    """This process's place among all of them; 0 outside a distributed run."""
    return int(os.environ.get("RANK", "0"))


def world_size() -> int:
    """How many processes train together; 1 outside a distributed run."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main() -> bool:
    """Whether this process writes what all of them made."""
    return rank() == 0
