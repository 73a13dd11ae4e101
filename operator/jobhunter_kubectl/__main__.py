"""`kubectl jobhunter …`, or `kubectl-jobhunter …`: the command line."""

from __future__ import annotations

import argparse
import os
import shlex
import sys

from jobhunter_kubectl.answering import answer
from jobhunter_kubectl.connection import connect
from jobhunter_kubectl.decisions import SETTLEMENTS, cancel, settle
from jobhunter_kubectl.drafts import show_draft
from jobhunter_kubectl.faults import PluginError
from jobhunter_kubectl.story import Hints
from jobhunter_kubectl.watching import watch_task

_EPILOG = """exit codes: 0 done (watch: Submitted; answer: accepted), 1 another end or answer not accepted, 2 bad usage,
3 not found, 4 forbidden, 5 API server unreachable, 6 nothing to do, 124 watch's --timeout is over"""


def parser() -> argparse.ArgumentParser:
    place = argparse.ArgumentParser(add_help=False)
    group = place.add_argument_group("where")
    group.add_argument(
        "-n", "--namespace", default=argparse.SUPPRESS, help="the task's namespace (the context's, else default)"
    )
    group.add_argument(
        "--kubeconfig", default=argparse.SUPPRESS, help="path of a kubeconfig ($KUBECONFIG, else ~/.kube/config)"
    )
    group.add_argument("--context", default=argparse.SUPPRESS, help="a context of the kubeconfig (the current one)")
    whole = argparse.ArgumentParser(
        prog="kubectl jobhunter",
        description="Watch, answer, settle and cancel JobHunter's ApplicationTasks.",
        epilog=_EPILOG,
        parents=[place],
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")

    watching = commands.add_parser("watch", parents=[place], help="tell a task's story until it ends")
    watching.add_argument("name", metavar="NAME")
    watching.add_argument("--timeout", type=float, metavar="SECONDS", help="stop watching after so long (never)")

    answering = commands.add_parser("answer", parents=[place], help="answer an open question, or a draft")
    answering.add_argument("name", metavar="NAME")
    answering.add_argument("--id", help="the question's id; not needed where one question is open")
    answering.add_argument(
        "value", nargs="*", metavar="VALUE", help="for a draft: confirm, reject, or a change in words"
    )
    answering.add_argument("--from-secret", metavar="SECRET/KEY", help="where the answer lies, in the task's namespace")

    drafting = commands.add_parser("draft", parents=[place], help="show the draft's table, save its picture")
    drafting.add_argument("name", metavar="NAME")
    drafting.add_argument("-o", "--output", metavar="FILE", help="save the picture (JPEG) there")

    settling = commands.add_parser("settle", parents=[place], help="say whether an unconfirmed submission was sent")
    settling.add_argument("name", metavar="NAME")
    settling.add_argument("word", choices=list(SETTLEMENTS))

    cancelling = commands.add_parser("cancel", parents=[place], help="end a task, keep its record")
    cancelling.add_argument("name", metavar="NAME")
    return whole


def run(arguments: argparse.Namespace) -> int:
    where = {flag: getattr(arguments, flag, None) for flag in ("kubeconfig", "context", "namespace")}
    flags = "".join(f"--{flag} {shlex.quote(text)} " for flag, text in where.items() if text)
    hints = Hints(arguments.name, flags)
    tasks = connect(where["kubeconfig"], where["context"], where["namespace"])
    match arguments.command:
        case "watch":
            return watch_task(tasks, arguments.name, hints, arguments.timeout)
        case "answer":
            value = " ".join(arguments.value) if arguments.value else None
            return answer(tasks, arguments.name, hints, id=arguments.id, value=value, secret=arguments.from_secret)
        case "draft":
            return show_draft(tasks, arguments.name, hints, arguments.output)
        case "settle":
            return settle(tasks, arguments.name, hints, arguments.word)
        case _:
            return cancel(tasks, arguments.name, hints)


def main(argv: list[str] | None = None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show a character shows "?", lines come at once
            stream.reconfigure(errors="replace", line_buffering=True)
    whole = parser()
    arguments, rest = whole.parse_known_args(argv)
    if rest and arguments.command == "answer" and not any(word.startswith("-") for word in rest):
        arguments.value, rest = [*arguments.value, *rest], []  # argparse ends a list of words at the first option
    if rest:
        whole.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        return run(arguments)
    except PluginError as error:
        print(f"error: {error}", *error.detail, sep="\n", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our lines has gone; Python would complain once more while it closes stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


if __name__ == "__main__":
    sys.exit(main())
