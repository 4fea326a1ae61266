#!/usr/bin/env python3
"""Fails if source files import each other in a circle, or import a folder above their own.

Reads the `use` declarations and qualified paths of the Rust sources (src/, python/src/) and the imports of the Python
package. If a `mod.rs` re-exports a name, an import of it counts for the file that defines the name. Imports in
`if TYPE_CHECKING:` and unit tests are skipped.
"""

import ast
import re
import sys
from pathlib import Path

# The files of a folder must not import those of the folders beside it.
TOP = ("src/client/", "src/conversation.rs", "src/shared_listener.rs", "src/capi/", "src/cli/", "src/sandbox/")
FORBIDDEN = {
    "src/wire/": ("src/host/", "src/interactions/", "src/store/", "src/sending/", "src/receiving/", *TOP),
    "src/host/": ("src/wire/", "src/interactions/", "src/store/", "src/sending/", "src/receiving/", *TOP),
    "src/interactions/": ("src/sending/", "src/receiving/", *TOP),
    "src/statistics/": ("src/wire/", "src/host/", "src/store/", "src/sending/", "src/receiving/", *TOP),
    "src/store/": ("src/sending/", "src/receiving/", *TOP),
    "src/sandbox/": ("src/wire/", "src/sending/", "src/receiving/", *TOP[:-1]),
    "src/": ("src/capi/", "src/cli/"),
}
Graph = dict[str, set[str]]

USE = re.compile(r"^ *(?:pub(?:\([^)]*\))? )?use ([^;]+);", re.MULTILINE)
PUBLIC_USE = re.compile(r"^pub(?:\([^)]*\))? use ([^;]+);", re.MULTILINE)
QUALIFIED = re.compile(r"(?<![\w$:.])(?:crate|super|self)(?:::\w+)+")
UNIT_TESTS = re.compile(r"^#\[cfg\(test\)\]\nmod tests \{.*?^\}", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)
INLINE_MODULE = re.compile(r"^mod \w+ \{\n.*?^\}", re.MULTILINE | re.DOTALL)


def flatten(tree: str) -> list[list[str]]:
    """`a::{b, c::d as e}` as the paths `a::b` and `a::c::d`."""
    head, brace, inner = tree.strip().partition("{")
    if not brace:
        return [[part.strip() for part in head.split(" as ")[0].split("::")]]
    prefix = [part.strip() for part in head.split("::") if part.strip()]
    parts, depth = [""], 0
    for character in inner[: inner.rindex("}")]:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [prefix + path for part in parts if part.strip() for path in flatten(part)]


class Crate:
    """The modules of one crate, and the names that they re-export."""

    def __init__(self, root: Path) -> None:
        self.files = {}
        for file in sorted(root.rglob("*.rs")):
            names = list(file.relative_to(root).with_suffix("").parts)
            if names[-1] in ("mod", "lib"):
                names.pop()
            self.files[tuple(names)] = file
        self.text = {module: self.read(file) for module, file in self.files.items()}
        self.exports = {}
        for module, text in self.text.items():
            for match in PUBLIC_USE.finditer(text):
                for path in flatten(match.group(1)):
                    target = self.absolute(path, module, 0)
                    if target is not None:
                        self.exports[(*module, path[-1])] = target

    @staticmethod
    def read(file: Path) -> str:
        return COMMENT.sub("", UNIT_TESTS.sub("", file.read_text(encoding="utf-8")))

    def absolute(self, path: list[str], module: tuple[str, ...], depth: int) -> tuple[str, ...] | None:
        """Returns the path from the crate's root, or `None` for a path into another crate.

        `depth` is the number of inline modules around the path.
        """
        if path[0] == "crate":
            return tuple(path[1:])
        ups = 0
        while ups < len(path) and path[ups] == "super":
            ups += 1
        if ups:
            # Out of the inline modules first.
            climbed = ups - depth
            if climbed < 0:
                return None
            base = module[: len(module) - climbed]
            return (*base, *path[ups:])
        if path[0] == "self":
            return (*module, *path[1:])
        return (*module, *path) if (*module, path[0]) in self.files else None

    def file_of(self, path: tuple[str, ...]) -> Path | None:
        """The file that defines what a path from the crate's root names."""
        for _ in range(8):
            for length in range(len(path), 0, -1):
                if path[:length] not in self.files and path[:length] in self.exports:
                    path = self.exports[path[:length]] + path[length:]
                    break
            else:
                break
        for length in range(len(path), 0, -1):
            if path[:length] in self.files:
                return self.files[path[:length]]
        return None

    def imports(self) -> Graph:
        graph: Graph = {}
        for module, text in self.text.items():
            found = graph.setdefault(str(self.files[module]), set())
            inner = [match.span() for match in INLINE_MODULE.finditer(text)]
            private = [use for use in USE.finditer(text) if not use.group(0).startswith("pub")]
            paths = [(path, use.start()) for use in private for path in flatten(use.group(1))]
            rest = USE.sub(lambda use: " " * len(use.group(0)), text)
            paths += [(match.group(0).split("::"), match.start()) for match in QUALIFIED.finditer(rest)]
            for path, position in paths:
                depth = sum(start <= position < end for start, end in inner)
                target = self.absolute(path, module, depth)
                file = None if target is None else self.file_of(target)
                if file is not None and file != self.files[module]:
                    found.add(str(file))
        return graph


def python_imports(package: Path) -> Graph:
    graph: Graph = {}
    for file in sorted(package.rglob("*.py")):
        found = graph.setdefault(str(file), set())
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for_checkers = {
            id(node)
            for block in ast.walk(tree)
            if isinstance(block, ast.If) and ast.unparse(block.test).endswith("TYPE_CHECKING")
            for statement in block.body
            for node in ast.walk(statement)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or id(node) in for_checkers:
                continue
            parts = node.module.split(".") if node.module else []
            if node.level == 0:
                if parts[0] != package.name:
                    continue
                folder, parts = package, parts[1:]
            else:
                folder = file.parents[node.level - 1]
            module = folder.joinpath(*parts)
            for name in [module.with_suffix(".py"), *(module / f"{alias.name}.py" for alias in node.names)]:
                if name.exists() and name != file:
                    found.add(str(name))
    return graph


def circles(graph: Graph) -> list[list[str]]:
    """The strongly connected components of more than one file, by Tarjan's algorithm."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def search_from(file: str) -> None:
        index[file] = low[file] = len(index)
        stack.append(file)
        for target in sorted(graph[file]):
            if target not in index:
                search_from(target)
                low[file] = min(low[file], low[target])
            elif target in stack:
                low[file] = min(low[file], index[target])
        if low[file] == index[file]:
            component = stack[stack.index(file) :]
            del stack[stack.index(file) :]
            if len(component) > 1:
                found.append(sorted(component))

    sys.setrecursionlimit(10_000)
    for file in graph:
        if file not in index:
            search_from(file)
    return found


def is_forbidden(file: str, target: str) -> bool:
    """Returns whether a file may not import another because of the folders that they are in."""
    for folder, above in FORBIDDEN.items():
        for prefix in above:
            if file.startswith(folder) and target.startswith(prefix) and not file.startswith(prefix):
                return True
    return False


def main() -> int:
    graphs = [Crate(Path("src")).imports(), Crate(Path("python/src")).imports()]
    package = next(Path("python").rglob("__init__.py")).parent
    graphs.append(python_imports(package))
    faults: dict[str, list[str]] = {}
    for graph in graphs:
        for circle in circles(graph):
            for file in circle:
                targets = ", ".join(sorted(set(circle) & graph[file]))
                faults[file] = [f" is in a circle: it imports {targets}"]
        for file, targets in graph.items():
            if above := sorted(target for target in targets if is_forbidden(file, target)):
                faults.setdefault(file, []).append(f" imports a folder above its own: {', '.join(above)}")
    for file, messages in sorted(faults.items()):
        print("\n".join(file + message for message in messages))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
