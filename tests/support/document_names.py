"""Settings, modules and paths that a document names: whether they are there."""

import os
import re
import tempfile
from importlib import import_module
from pathlib import Path

import yaml

from deploy import PRODUCT
from glassbox.cli.session import Session
from glassbox.compile.outputs import FOLDERS, GIT_SYNC_FOLDER, KUBERNETES_FOLDER
from glassbox.errors import GlassboxError
from glassbox.reference.settings_page import setting_keys, settings_schema
from tests.support.paths import ROOT

SETTINGS = {key.path for key in setting_keys(settings_schema())}
SECTIONS = {re.split(r"[.\[]", path)[0] for path in SETTINGS}
# Other projects' names that look like ours.
_OF_OTHERS = {"performance_statistics.json", ".glassbox-lint.yaml", "_folder.json", "vllm.log", "options.calculate"}
# YAML that is Prometheus' or Kustomize's, not a settings file.
_OF_PROMETHEUS = {"receivers", "scrape_configs", "groups", "rule_files", "patches"}
# What commands make, beside the checked folders of build/.
_MADE = ("pictures/", "baselines/", ".venv", ".tools")
_SKIPPED = {"node_modules", ".git", ".venv", ".venv-vllm", ".tools", "build"}


def _files_and_folders() -> list[str]:
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = set(folders) - _SKIPPED
        found += [Path(folder, name).relative_to(ROOT).as_posix() for name in (*folders, *names)]
    return found


_FILES = _files_and_folders()
_TOP = {name.partition("/")[0] for name in _FILES} | {"build"}
_PATH = re.compile(r"[\w.*-]+(/[\w.*-]+)*/?")
_ENDING = re.compile(r"\w\.(py|ya?ml|md|json|ts|prom)$")


def is_unknown_name(code: str) -> bool:
    """Whether the code is a name with dots, such as a setting or a module, that is nothing of ours."""
    name = code.partition(":")[0].strip()
    if not re.fullmatch(r"[a-z_]+(\[\])?(\.[a-zA-Z_]+)+", name):
        return False
    return not (_is_setting(name) or name in _OF_OTHERS or path_exists(name) or _module_exists(name))


def _is_setting(name: str) -> bool:
    """NAME and KEY in the path of a setting stand for any."""
    patterns = (re.escape(path).replace("NAME", r"\w+").replace("KEY", r"\w+") for path in SETTINGS)
    return any(re.fullmatch(pattern, name) for pattern in patterns)


def _module_exists(name: str) -> bool:
    """Whether a module has this name, or a module has something of this name."""
    module, _, last = name.rpartition(".")
    if _is_module(name):
        return True
    return _is_module(module) and hasattr(import_module(module), last)


def _is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return bool(name) and (path.is_dir() or path.with_suffix(".py").exists())


def settings_problem(text: str) -> str:
    """What is wrong with YAML as a settings file; nothing where it is Prometheus', or a list, which settings never are."""
    loaded = yaml.safe_load(text)
    if not isinstance(loaded, dict) or _OF_PROMETHEUS & set(loaded):
        return ""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "settings.yaml")
        file.write_text(text, encoding="utf-8")
        try:
            assert Session(PRODUCT, file).settings
        except GlassboxError as error:
            return str(error)
    return ""


def is_path(code: str) -> bool:
    """Whether the code is a path that should be there: below a folder of ours, or with the ending of a file."""
    in_ours = "/" in code and code.partition("/")[0] in _TOP
    return code not in _OF_OTHERS and bool(_PATH.fullmatch(code) and (in_ours or _ENDING.search(code)))


def path_exists(code: str) -> bool:
    """Whether a file or folder of ours ends in this path, or a command makes it."""
    path = code.rstrip("/")
    if path.startswith("build/"):
        return path.split("/")[1] in {*FOLDERS, KUBERNETES_FOLDER, GIT_SYNC_FOLDER}
    if code.startswith(_MADE) or path == "build":
        return True
    ours = re.compile(r"(.*/)?" + re.escape(path).replace(r"\*", "[^/]*"))
    return any(ours.fullmatch(name) for name in _FILES)
