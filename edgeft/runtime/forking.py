"""A fork waits for what is being computed: a lock held by then is never freed in the child.

onnxruntime and the tokenizers have such locks, for as long as they compute.
"""

import os
from threading import Condition, get_ident

PATIENCE = 10.0
"""seconds that a fork waits at most"""


class Calls:
    """The calls that are being computed in this process; each is a `with` block."""

    def __init__(self) -> None:
        self.changed = Condition()
        self.forks = 0
        """that wait, or are being made"""
        self.inside: dict[int, int] = {}
        """how many blocks each thread is in, by its number"""

    def __enter__(self) -> None:
        thread = get_ident()
        with self.changed:
            if self.forks and thread not in self.inside:
                self.changed.wait_for(lambda: not self.forks)
            self.inside[thread] = self.inside.get(thread, 0) + 1

    def __exit__(self, *raised: object) -> None:
        thread = get_ident()
        with self.changed:
            left = self.inside.pop(thread, 0) - 1  # none in a child that was forked in its middle
            if left > 0:
                self.inside[thread] = left
            if self.forks:
                self.changed.notify_all()

    def before_fork(self) -> None:
        """Let no further call begin, and wait for those of other threads that did."""
        self.changed.acquire()
        self.forks += 1
        own = {get_ident()}
        self.changed.wait_for(lambda: not self.inside.keys() - own, PATIENCE)

    def after_fork(self) -> None:
        """Let calls begin again in the process that was forked from."""
        self.forks -= 1
        self.changed.notify_all()
        self.changed.release()

    def in_child(self) -> None:
        """Begin anew: the threads that called are those of the parent."""
        self.__init__()  # type: ignore[misc]


CALLS = Calls()
if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(
        before=CALLS.before_fork,
        after_in_parent=CALLS.after_fork,
        after_in_child=CALLS.in_child,
    )
