"""The worked example of docs/journal.md is run, block after block."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "journal.md"
TOOLS = ("bash", "curl", "openssl", "base64", "sha256sum")
ENDED_WITHIN_S = 120


@pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS), reason="wants " + ", ".join(TOOLS)
)
def test_the_worked_example_runs_as_it_is_written(tmp_path: Path) -> None:
    """Every block, in one shell that ends at the first fault."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert len(blocks) > 8
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "portique"
    command.write_text(
        f"#!{sys.executable}\nfrom portique.cli.main import main\nmain()\n", encoding="utf-8"
    )
    command.chmod(0o755)
    path = f"{command.parent}:{os.environ['PATH']}"
    with subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            said, _ = shell.communicate(timeout=ENDED_WITHIN_S)
        finally:
            if shell.poll() != 0:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(shell.pid, signal.SIGKILL)  # its own session: the server too
    assert shell.returncode == 0, said
    assert said.rstrip().startswith("An empty case lies in operation.")
