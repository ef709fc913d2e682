"""Entry of `python -m edgeft`."""

import sys

from edgeft.cli import main

if __name__ == "__main__":
    sys.exit(main())
