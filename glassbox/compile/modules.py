"""The modules of a package of content: found in all its folders, imported, and read for what each of them defines itself."""

import ast
import pkgutil
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType

from glassbox.compile.error_location import ContentError, shown_path


@dataclass(frozen=True)
class Definition:
    """A value to which the top level of a module gives a name, and the line that does."""

    name: str
    value: object
    line: int


@dataclass(frozen=True, eq=False)
class ContentModule:
    """An imported module and the syntax tree of its file."""

    module: ModuleType
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.module.__name__

    def get(self, name: str) -> object:
        """What the name means in the module; None where it means nothing."""
        return vars(self.module).get(name)

    @cached_property
    def reads(self) -> tuple[tuple[ast.stmt, set[str]], ...]:
        """Each statement of the module's top level with the names and attributes that are read in it."""
        return tuple((statement, _read(statement)) for statement in self.tree.body)

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """What the module assigns at its top level, in order. What it imports, and a second name for something, is defined elsewhere."""
        lines: dict[str, int] = {}
        for name, line in _assigned(self.tree.body):
            lines.setdefault(name, line)
        return tuple(Definition(name, self.get(name), line) for name, line in lines.items())

    def line_of(self, name: str) -> int:
        """The line that first gives the name a meaning; 1 where none can be seen."""
        lines = [line for assigned, line in _assigned(self.tree.body) if assigned == name]
        named = [each.lineno for each in self.tree.body if getattr(each, "name", "") == name]
        return min((*lines, *named), default=1)

    def error(self, line: int, message: str) -> ContentError:
        """What is wrong at this line of the module."""
        return _error(Path(str(self.module.__file__)), line, message)


def modules_of(package: ModuleType) -> tuple[ContentModule, ...]:
    """Every module below the package, by name, in all folders of its `__path__`.

    Raises ContentError where two folders have a module of the same name.
    """
    return tuple(_parsed(module) for module in _imported(package))


@cache
def _parsed(module: ModuleType) -> ContentModule:
    return ContentModule(module, ast.parse(Path(str(module.__file__)).read_bytes()))


def refuse_uncalled(
    modules: Collection[ContentModule], makes: Collection[object], called: Collection[str], advice: str
) -> None:
    """Raise ContentError for a function that makes one of these classes and that no module uses; `called` are always called."""
    for module in modules:
        for statement, names in module.reads:
            function = _function_name(statement)
            if not function or function in called:
                continue
            made = {name for name in names if any(module.get(name) is each for each in makes)}
            if made and not _is_used(module, statement, function, modules):
                makes_it = f"Nothing calls {function}, which makes {_an(min(made))}"
                raise module.error(statement.lineno, f"{makes_it}: {advice}")


def _function_name(statement: ast.stmt) -> str:
    """The name that the statement gives a function; "" where it does something else."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return statement.name
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Lambda):
        return next((target.id for target in statement.targets if isinstance(target, ast.Name)), "")
    return ""


def _an(name: str) -> str:
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def _imported(package: ModuleType) -> Iterator[ModuleType]:
    folders: dict[str, str] = {}
    for folder in package.__path__:
        for found in pkgutil.iter_modules([folder], f"{package.__name__}."):
            if found.name in folders:
                other = f"{folders[found.name]} has a module {found.name} as well: rename one of the two."
                raise _error(Path(folder, f"{found.name.rpartition('.')[2]}.py"), 1, other)
            folders[found.name] = folder
    for name in sorted(folders):
        module = _import(name, Path(folders[name], f"{name.rpartition('.')[2]}.py"))
        yield module
        if hasattr(module, "__path__"):
            yield from _imported(module)


def _import(name: str, file: Path) -> ModuleType:
    """The module; an error that does not name its file is located in this one."""
    try:
        return import_module(name)
    except SystemExit:
        raise _error(file, 1, "it ends the program when it is imported: remove that.") from None
    except SyntaxError as error:
        if error.filename:
            raise
        raise _error(file, 1, f"SyntaxError: {error.msg}") from None
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise _error(file, 1, "this module cannot be read: correct it, or remove it.") from None


def _error(file: Path, line: int, message: str) -> ContentError:
    return ContentError(message, shown_path(file), line)


def _assigned(statements: Iterable[ast.stmt]) -> Iterator[tuple[str, int]]:
    """Names and lines of what is assigned outside of functions and classes."""
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            if not isinstance(statement.value, ast.Name | ast.Attribute):
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                yield from (
                    (each.id, statement.lineno)
                    for target in targets
                    for each in ast.walk(target)
                    if isinstance(each, ast.Name)
                )
        else:
            yield from _assigned(each for each in ast.iter_child_nodes(statement) if isinstance(each, ast.stmt))


def _is_used(module: ContentModule, function: ast.stmt, name: str, modules: Iterable[ContentModule]) -> bool:
    """Whether a module that knows the function, or the module of it, reads its name outside of the function itself."""
    value = module.get(name)
    for each in modules:
        known = each is module or any(other is value or other is module.module for other in vars(each.module).values())
        if known and any(name in names for statement, names in each.reads if statement is not function):
            return True
    return False


def _read(tree: ast.AST) -> set[str]:
    """Names and attributes that are read in it."""
    return {
        node.id if isinstance(node, ast.Name) else node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    }
