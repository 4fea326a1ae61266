#!/usr/bin/env python3
"""Prints the notices of the crates that are compiled into the files for release.

    notices.py TRIPLE    for the libraries and the command together

Each crate has its name, its version, the expression of its license and the license texts that it ships. Crates with
the same text share it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

FEATURES = "capi,listener,store,cli"
TEXT = re.compile(r"(licen[cs]e|copying|notice|unlicense)", re.IGNORECASE)
HEADING = "=" * 78
# Code that is not a crate.
OTHERS = """\
The standard library of Rust, with compiler-builtins: MIT OR Apache-2.0. https://www.rust-lang.org/policies/licenses
SQLite, which the crate libsqlite3-sys contains: in the public domain. https://sqlite.org/copyright.html
"""
OTHERS_OF_SYSTEM = {
    "windows": """\
The start-up code of mingw-w64: in the public domain, and ZPL-2.1. https://www.mingw-w64.org
libgcc: GPL-3.0-or-later WITH GCC-exception-3.1, which permits programs with any license. https://gcc.gnu.org
""",
    "linux": """\
LLVM's libunwind and compiler-rt: Apache-2.0 WITH LLVM-exception. https://llvm.org
""",
}


def metadata(triple: str) -> dict:
    """Returns what cargo knows of the packages, for one platform."""
    command = [
        os.environ.get("CARGO", "cargo"),
        "metadata",
        "--locked",
        "--format-version",
        "1",
        "--filter-platform",
        triple,
    ]
    return json.loads(subprocess.check_output([*command, "--no-default-features", "--features", FEATURES]))


def compiled_packages(data: dict) -> list[dict]:
    """Returns the packages that become part of a file: not those of tests, build scripts and macros."""
    packages = {package["id"]: package for package in data["packages"]}
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    root = next(identifier for identifier, package in packages.items() if package["name"] == "omnize")
    found = {root}
    open_nodes = [root]
    while open_nodes:
        for dependency in nodes[open_nodes.pop()]["deps"]:
            is_macro = any("proc-macro" in target["kind"] for target in packages[dependency["pkg"]]["targets"])
            is_normal = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if is_normal and not is_macro and dependency["pkg"] not in found:
                found.add(dependency["pkg"])
                open_nodes.append(dependency["pkg"])
    others = [packages[identifier] for identifier in found if packages[identifier]["source"]]
    return sorted(others, key=lambda package: (package["name"], package["version"]))


def license_texts(package: dict) -> list[str]:
    """Returns the license texts that the package ships."""
    folder = Path(package["manifest_path"]).parent
    names = (path for path in folder.rglob("*") if TEXT.match(path.name) and path.suffix != ".rs")
    files = sorted(path for path in names if path.is_file())
    return [path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n").strip() for path in files]


def main() -> None:
    """Prints the notices."""
    triple = sys.argv[1]
    packages = compiled_packages(metadata(triple))
    sharers = defaultdict(list)
    print("Notices of the code of others in omnize\n")
    for package in packages:
        expression = package["license"] or "see its text below"
        texts = license_texts(package)
        missing = "" if texts else "; it ships no text"
        print(f"{package['name']} {package['version']}: {expression}{missing}. {package['repository'] or ''}".rstrip())
        for text in texts:
            sharers[text].append(f"{package['name']} {package['version']}")
    print()
    print(OTHERS, end="")
    for system, others in OTHERS_OF_SYSTEM.items():
        if system in triple:
            print(others, end="")
    for text, names in sorted(sharers.items(), key=lambda item: item[1]):
        print(f"\n{HEADING}\n{', '.join(names)}\n{HEADING}\n\n{text}")


if __name__ == "__main__":
    main()
