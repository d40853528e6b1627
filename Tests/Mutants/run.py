#!/usr/bin/python3
"""Puts deliberate bugs into a copy of the house, one at a time, and asks the tests to find each.

    run.py [WORD]      only the mutants whose file or description holds the word

A mutant is a text that stands exactly once in a file, and what it becomes (mutants.json). It is caught when a test
fails; it is a mistake of the list when its text is not there once or the result does not compile. The tests named
first are those near by, for speed; a mutant they miss is put to all unit tests before it counts as a survivor.
Leaves the working tree alone: the copy is in .build-mutants.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
COPY = ROOT / ".build-mutants"
COPIED = ["Package.swift", "Sources", "Tests", "Templates", "Config", "systemd", "Makefile", "README.md"]


def swift(*arguments):
    done = subprocess.run(
        ["swift", *arguments, "--scratch-path", str(COPY / ".build")], cwd=COPY, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def test(*filters):
    return swift("test", "--disable-xctest", "--skip-build", "--skip", "AcceptanceTests", *filters)


def verdict(mutant):
    """caught with the first test that failed, survived, or invalid with the reason"""
    path = COPY / mutant["file"]
    whole = path.read_text()
    if whole.count(mutant["old"]) != 1:
        return "invalid", f"its text stands {whole.count(mutant['old'])} times in the file"
    path.write_text(whole.replace(mutant["old"], mutant["new"]))
    try:
        status, output = swift("build", "--build-tests")
        if status != 0:
            return "invalid", next((line for line in output.splitlines() if "error:" in line), "does not build")
        for filters in (["--filter", mutant["tests"]], []):
            status, output = test(*filters)
            if status != 0:
                found = re.search(r'✘ Test "?(.+?)"? (?:with|recorded|failed)', output)
                return "caught", found[1] if found else "the run ended"
        return "survived", ""
    finally:
        path.write_text(whole)


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    mutants = [m for m in json.loads((HERE / "mutants.json").read_text()) if word in m["file"] + m["breaks"]]
    COPY.mkdir(exist_ok=True)
    for name in COPIED:
        target = COPY / name
        if target.is_dir():
            shutil.rmtree(target)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy2)(
            ROOT / name, target, **({"symlinks": True} if (ROOT / name).is_dir() else {}))
    status, output = swift("build", "--build-tests")
    if status != 0:
        sys.exit(f"the house itself does not build:\n{output[-2000:]}")
    counts = {"caught": 0, "survived": 0, "invalid": 0}
    for mutant in mutants:
        start = time.monotonic()
        outcome, detail = verdict(mutant)
        counts[outcome] += 1
        print(f"{outcome:8} {mutant['room']:14} {mutant['breaks']}", flush=True)
        print(f"         {time.monotonic() - start:.0f} s  {detail[:150]}", flush=True)
    print(f"{len(mutants)} mutants: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    sys.exit(0 if counts["caught"] == len(mutants) > 0 else 1)


main()
