"""``python -m fateflow_client.local``: the embedded server in the foreground."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from fateflow_client.local._extra import load


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; answers the process's exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m fateflow_client.local",
        description="An embedded FATE Flow 1.x. It computes in the clear what FATE computes "
        "under encryption: use it for trying out and testing only.",
    )
    parser.add_argument("--port", type=int, default=9380, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="beyond loopback only with both keys")
    parser.add_argument("--data-dir", help="kept between runs; a temporary folder if not given")
    parser.add_argument("--app-key", help="with --secret-key: refuse unsigned requests")
    parser.add_argument("--secret-key")
    parser.add_argument("--max-running-jobs", type=int, default=2)
    parser.add_argument("--release", default="1.11.2", help="the FATE Flow to behave like")
    options = parser.parse_args(arguments)
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    try:
        serve = load("server").serve
        with serve(
            options.data_dir,
            host=options.host,
            port=options.port,
            app_key=options.app_key,
            secret_key=options.secret_key,
            max_running_jobs=options.max_running_jobs,
            release=options.release,
        ) as url:
            sys.stdout.write(f"{url}\n")
            sys.stdout.flush()
            stop.wait()
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
