"""Checks the contents of a wheel: its tag, RECORD, metadata, command, licences and size. Unpacks it.

    python3 tests/wheel_contents.py WHEEL TAG VERSION FOLDER

TAG is the platform in the file name, for example win_amd64. FOLDER gets the contents.
"""

import base64
import csv
import hashlib
import os
import pathlib
import re
import sys
import zipfile

#: Bytes of the packed wheel.
LIMIT = 12_000_000


def main(path, tag, version, folder):
    name = pathlib.Path(path).name
    expected = f"omnize-{version}-cp39-abi3-{tag}.whl"
    assert name == expected, f"the file is {name}, expected {expected}"
    size = os.path.getsize(path)
    assert size < LIMIT, f"{size} bytes"
    wheel = zipfile.ZipFile(path)
    info = f"omnize-{version}.dist-info"
    files = {entry: wheel.read(entry) for entry in wheel.namelist() if not entry.endswith("/")}

    metadata = files[f"{info}/METADATA"].decode()
    for line in (f"Version: {version}", "License-Expression: MIT OR Apache-2.0", "Requires-Python: >=3.9"):
        assert f"\n{line}\n" in metadata, f"METADATA has no line {line!r}"
    assert "\nRequires-Dist" not in metadata, "it requires other packages"
    tags = re.findall(r"^Tag: (.*)$", files[f"{info}/WHEEL"].decode(), re.M)
    assert tags == [f"cp39-abi3-{platform}" for platform in tag.split(".")], tags
    assert "omnize=omnize._command:main" in files[f"{info}/entry_points.txt"].decode().replace(" ", "")
    for licence in ("LICENSE-MIT", "LICENSE-APACHE"):
        assert files[f"{info}/licenses/{licence}"] == pathlib.Path(licence).read_bytes(), licence
    module = "omnize/_omnize.pyd" if tag.startswith("win") else "omnize/_omnize.abi3.so"
    for file in (module, "omnize/py.typed", "omnize/__init__.py", "omnize/_omnize.pyi"):
        assert file in files, f"it has no {file}"
    source = {str(file.relative_to("python/package")) for file in pathlib.Path("python/package").rglob("*.py")}
    assert source <= set(files), source - set(files)

    recorded = {row[0]: row[1:] for row in csv.reader(files[f"{info}/RECORD"].decode().splitlines())}
    assert set(recorded) == set(files), set(recorded) ^ set(files)
    for file, (digest, length) in recorded.items():
        if file != f"{info}/RECORD":
            actual = base64.urlsafe_b64encode(hashlib.sha256(files[file]).digest()).rstrip(b"=").decode()
            assert (digest, length) == (f"sha256={actual}", str(len(files[file]))), file
    for file, contents in files.items():
        for place in (os.getcwd(), os.path.expanduser("~/.cargo")):
            assert place.encode() not in contents, f"{file} contains the path {place} of this machine"
    wheel.extractall(folder)
    print(f"{name}: {size} bytes, {len(files)} files")


main(*sys.argv[1:])
