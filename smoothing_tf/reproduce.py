"""Points to the new command of this name; to be removed after version 0.2."""

import shlex
import sys


def main() -> None:
    """Prints the new command with the arguments of this one, and exits with 2."""
    command = shlex.join(["python", "-m", "experiments.reproduce", *sys.argv[1:]])
    print(
        "error: the experiments are no longer part of the library. Run this from a"
        f" checkout instead: {command}",
        file=sys.stderr,
    )
    sys.exit(2)


if __name__ == "__main__":
    main()
