"""`python -m jobhunter_runner`: apply (in a terminal), form (what is seen on pages), pod (a browser pod's main)."""

from __future__ import annotations

import argparse
import sys

from jobhunter_runner import form_command, terminal


def main() -> int:
    """Runs the command named; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m jobhunter_runner", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    terminal.add_parser(commands)
    form_command.add_parser(commands).set_defaults(run=form_command.run)
    commands.add_parser("pod", help="serve one assignment; its environment is contracts' runner_env").set_defaults(
        run=_pod
    )
    args = parser.parse_args()
    status = args.run(args)
    return int(status)


def _pod(_: argparse.Namespace) -> int:
    from jobhunter_runner import pod  # here, so that a terminal run loads no NATS client

    return pod.run()


if __name__ == "__main__":
    sys.exit(main())
