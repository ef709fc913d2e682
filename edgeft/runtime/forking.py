"""A fork waits for what is being computed: a lock held by then is never freed in the child.

onnxruntime and the tokenizers have such locks, for as long as they compute.
"""

import os
from threading import Condition

PATIENCE = 10.0
"""seconds that a fork waits at most, as one does from within a call: in a signal's handler"""


class Calls:
    """The calls that are being computed in this process; each is a `with` block."""

    def __init__(self) -> None:
        self.changed = Condition()
        self.forking = False
        self.inside = 0

    def __enter__(self) -> None:
        with self.changed:
            if self.forking:
                self.changed.wait_for(lambda: not self.forking)
            self.inside += 1

    def __exit__(self, *raised: object) -> None:
        with self.changed:
            self.inside -= 1
            if self.forking:
                self.changed.notify_all()

    def before_fork(self) -> None:
        """Let no further call begin, and wait for those that did."""
        self.changed.acquire()
        self.forking = True
        self.changed.wait_for(lambda: not self.inside, PATIENCE)

    def after_fork(self) -> None:
        """Let calls begin again in the process that was forked from."""
        self.forking = False
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
