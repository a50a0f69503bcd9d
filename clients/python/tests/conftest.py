"""A real server, started from the binary in `STILLWATCH_BIN`; its tests are skipped if that is not set."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server that runs for the whole test session."""
    binary = os.environ.get("STILLWATCH_BIN")
    if not binary:
        pytest.skip("STILLWATCH_BIN names no server binary")
    data: Path = tmp_path_factory.mktemp("data")
    command = [binary, "serve", "--listen", "127.0.0.1:0", "--data", str(data)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            line = ""
            for line in process.stderr:
                address = re.search(r"http://\S+", line)
                if address:
                    # Later output is read too, so that the server never blocks on a full pipe.
                    threading.Thread(target=process.stderr.read, daemon=True).start()
                    yield address.group()
                    break
            else:
                pytest.fail(f"the server did not start: {line}")
        finally:
            process.terminate()


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove settings from the environment, so that tests start from the defaults."""
    for name in ("BASE_URL", "API_KEY", "TIMEOUT", "MAX_RETRIES"):
        monkeypatch.delenv(f"STILLWATCH_{name}", raising=False)
