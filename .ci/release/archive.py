#!/usr/bin/env python3
"""Packs a folder into a .zip or .tar.gz file. The same files result in the same bytes.

archive.py FOLDER FILE SECONDS    SECONDS since 1970 are the time of each file
"""

from __future__ import annotations

import gzip
import os
import sys
import tarfile
import time
import zipfile
from pathlib import Path


def entries(folder: Path) -> list[Path]:
    """Returns the files and links, in the order of their names."""
    return sorted(path for path in folder.rglob("*") if path.is_symlink() or path.is_file())


def mode_of(path: Path) -> int:
    """Returns the permissions without those of this machine's user."""
    return 0o755 if path.stat().st_mode & 0o100 else 0o644


def write_zip(folder: Path, file: Path, seconds: int) -> None:
    """Writes a .zip file, which cannot have links."""
    # A .zip file has no time before 1980.
    date = time.gmtime(max(seconds, 315532800))[:6]
    with zipfile.ZipFile(file, "w") as archive:
        for path in entries(folder):
            info = zipfile.ZipInfo(str(path.relative_to(folder.parent)), date)
            info.external_attr = (0o100000 | mode_of(path)) << 16
            info.create_system = 3
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, path.read_bytes(), compresslevel=9)


def write_tar(folder: Path, file: Path, seconds: int) -> None:
    """Writes a .tar.gz file."""
    with (
        file.open("wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in entries(folder):
            info = tarfile.TarInfo(str(path.relative_to(folder.parent)))
            info.mtime = seconds
            if path.is_symlink():
                info.type = tarfile.SYMTYPE
                info.linkname = os.readlink(path)
                archive.addfile(info)
                continue
            info.mode = mode_of(path)
            info.size = path.stat().st_size
            with path.open("rb") as contents:
                archive.addfile(info, contents)


def main() -> None:
    """Packs the folder."""
    folder, file, seconds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    write = write_zip if file.suffix == ".zip" else write_tar
    write(folder, file, seconds)


if __name__ == "__main__":
    main()
