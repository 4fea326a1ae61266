"""Prints the results in a JUnit file of pytest in the protocol of tests/run: a line for each file, and its failures.

    python3 tests/from_pytest.py PREFIX FILE
"""

import sys
import xml.etree.ElementTree as ElementTree

prefix, path = sys.argv[1:]
files = {}
for case in ElementTree.parse(path).iter("testcase"):
    name = (case.get("classname") or case.get("name")).split(".")
    # Test classes are counted with their file.
    file = next((word for word in name if word.startswith("test_")), ".".join(name))
    files.setdefault(file, []).append(case)

for file, cases in files.items():
    seconds = round(sum(float(case.get("time", 0)) for case in cases))
    passed = [case for case in cases if not any(case.find(bad) is not None for bad in ("failure", "error", "skipped"))]
    if passed:
        print(f"ok {prefix} {file} ({len(passed)} test{'' if len(passed) == 1 else 's'}, {seconds} s)")
    for case in cases:
        for outcome in case:
            name = f"{prefix} {file} {case.get('name')}"
            if outcome.tag in ("failure", "error"):
                print(f"FAIL {name}")
                output = [outcome.text or outcome.get("message") or ""]
                output += [extra.text or "" for extra in case if extra.tag in ("system-out", "system-err")]
                print("\n".join("    " + line for line in "\n".join(output).splitlines()[-200:]))
            elif outcome.tag == "skipped":
                print(f"skip {name}: {outcome.get('message')}")
