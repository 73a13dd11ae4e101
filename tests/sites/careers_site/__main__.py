"""`python -m careers_site --port 8080 [--seed N] [--state-dir DIR]`: serves the sites until it is ended."""

import argparse
import secrets
import socket
from pathlib import Path

import uvicorn

from careers_site.server import Site


def main() -> None:
    parser = argparse.ArgumentParser(prog="careers_site", description="Careers sites to apply to, drawn from a seed.")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on (all)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on; 0 takes a free one (8080)")
    parser.add_argument("--seed", type=int, help="what wording, names and ids are drawn from (a new one each start)")
    parser.add_argument("--state-dir", type=Path, help="folder in which the record and the seed survive a restart")
    arguments = parser.parse_args()
    seed = _seed(arguments.seed, arguments.state_dir)
    site = Site(seed, arguments.state_dir)
    with socket.create_server((arguments.host, arguments.port)) as listener:
        port = listener.getsockname()[1]
        print(f"careers site: seed {seed}, http://{arguments.host}:{port}/", flush=True)
        settings = uvicorn.Config(
            site.application(), log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=2
        )
        uvicorn.Server(settings).run(sockets=[listener])


def _seed(given: int | None, state_dir: Path | None) -> int:
    """The seed given, else the one of the last start in this folder, else a new one."""
    kept = state_dir / "seed" if state_dir else None
    if given is None and kept and kept.exists():
        given = int(kept.read_text("ascii"))
    seed = given if given is not None else secrets.randbelow(1_000_000)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(str(seed), "ascii")
    return seed


if __name__ == "__main__":
    main()
