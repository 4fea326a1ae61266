"""In a sub-interpreter, the import raises ImportError and the process continues."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

CREATE = """
try:
    import _interpreters as interpreters
    def run(code):
        failed = interpreters.exec(interpreters.create("legacy"), code)
        assert failed is None, failed.formatted
except ImportError:
    import _xxsubinterpreters as interpreters
    def run(code):
        try:
            one = interpreters.create(isolated=False)
        except TypeError:
            one = interpreters.create()
        interpreters.run_string(one, code)
"""

INSIDE = textwrap.dedent("""
    try:
        import omnize
    except ImportError as error:
        assert "sub-interpreter" in str(error) and "main" in str(error), error
    else:
        client = omnize.Client(token="t", environment=False)
        client.close()
        raise AssertionError("it was imported")
""")


@pytest.mark.parametrize("before", [False, True])
def test_imports_in_sub_interpreters_raise_import_error(before):
    used = "import omnize; omnize.Client(token='t', environment=False).close()"
    code = f"{used if before else ''}\n{CREATE}\nrun({INSIDE!r})\n{used}\nprint('done')"
    process = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=30)
    if "ModuleNotFoundError: No module named '_xxsubinterpreters'" in process.stderr:
        pytest.skip("this interpreter makes no sub-interpreters")
    assert (process.returncode, process.stdout) == (0, "done\n"), process.stderr
