"""`python -m core VERB ...`: the verbs of the program without a screen."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line and give its exit status; an unforeseen fault is status 1."""
    from core.cli.run import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
