#!/usr/bin/python3
"""Puts deliberate bugs into a copy of the house, one at a time, and asks the tests to find each.

    run.py [--list] [WORD]      only the mutants whose room, file or description holds the word

A mutant is a text that stands exactly once in a file, and what it becomes (mutants.json). It is caught when a test fails
twice, or does not end; it is a mistake of the list when its text is not there once, when it does not compile, or when the
filter that names the tests near by finds none. Those are asked first, for speed; a mutant they miss is put to all unit
tests before it counts as a survivor, but for those of the room "simulation", which the simulation has to find by itself.
Before the first, the house itself has to pass.
Prints a table at the end. `--list` only looks whether every text stands where it should.
Leaves the working tree alone: the copy is in .build-mutants, and what it built is used again the next time.
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
COPIED = ["Package.swift", "Package.resolved", "Sources", "Tests", "Templates", "Config", "systemd", "Makefile", "README.md"]

# Seconds; what takes longer does not end. The near tests take a few, all of them some minutes on a busy machine.
BUILD_LIMIT, NEAR_LIMIT, ALL_LIMIT = 1800, 240, 1500

# Real servers, and leaves that know nothing of the house: no mutant is in reach of them.
SKIPPED = "AcceptanceTests|CurlClientTests|PositionedJSONTests"


def swift(limit, *arguments):
    """The status and output of a run; status None when it did not end within the limit."""
    process = subprocess.Popen(
        ["swift", *arguments, "--scratch-path", str(COPY / ".build")], cwd=COPY, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=limit)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        # swift gives what it starts groups of their own; the session holds them all.
        subprocess.run(["pkill", "-KILL", "-s", str(process.pid)], check=False)
        output, _ = process.communicate()
        return None, output


def build():
    return swift(BUILD_LIMIT, "build", "--build-tests")


def test(limit, *filters):
    return swift(limit, "test", "--disable-xctest", "--skip-build", "--skip", SKIPPED, *filters)


def failures(output):
    """The tests that failed, or were under way when the run ended, in the order in which they did."""
    test = r'Test (?:case passing .*? to )?"?(.+?)"?'
    failed = re.findall(rf"^✘ {test} (?:\(aka|with|recorded|failed)", output, re.M)
    if not failed:
        begun = re.findall(rf"^◇ {test} started", output, re.M)
        ended = set(re.findall(rf"^[✔✘➜] {test} (?:\(aka|with|passed|failed|skipped)", output, re.M))
        failed = [name for name in begun if name not in ended]
    return list(dict.fromkeys(name for name in failed if name != "run"))


def catchers(limit, filters):
    """The tests that fail, and do so again when they alone are asked; what a busy machine made fail is none."""
    status, output = test(limit, *filters)
    if status == 0 and not re.search(r"Test run with [1-9]", output):
        raise ValueError(f"no test is called {filters[-1]}")
    if status == 0:
        return []
    if status is None:
        return failures(output) or ["the run does not end"]
    found = failures(output)
    if not found:
        return ["the run breaks off"]
    status, output = test(limit, "--filter", "|".join(re.escape(name) for name in found[:8]))
    again = failures(output)
    return [] if status == 0 else [name for name in found if name in again] or ["the run breaks off"]


def text_of(mutant, root):
    """The whole text of its file; raises a sentence when the mutant does not fit it."""
    path = root / mutant["file"]
    if not path.exists():
        raise ValueError("its file is not there")
    whole = path.read_text()
    if whole.count(mutant["old"]) != 1:
        raise ValueError(f"its text stands {whole.count(mutant['old'])} times in the file")
    return whole


def verdict(mutant):
    """caught by some tests, survived, or invalid with the reason"""
    path = COPY / mutant["file"]
    try:
        whole = text_of(mutant, COPY)
    except ValueError as mistake:
        return "invalid", [str(mistake)]
    path.write_text(whole.replace(mutant["old"], mutant["new"]))
    try:
        status, output = build()
        if status != 0:
            return "invalid", [next((line for line in output.splitlines() if "error:" in line), "does not build")]
        tests = catchers(NEAR_LIMIT, ["--filter", mutant["tests"]])
        if not tests and mutant["room"] != "simulation":
            tests = catchers(ALL_LIMIT, [])
        return ("caught", tests) if tests else ("survived", [])
    except ValueError as mistake:
        return "invalid", [str(mistake)]
    finally:
        path.write_text(whole)


def copy_house():
    COPY.mkdir(exist_ok=True)
    for name in COPIED:
        source, target = ROOT / name, COPY / name
        if target.is_dir():
            shutil.rmtree(target)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        elif source.exists():
            shutil.copy2(source, target)


def check_house():
    status, output = build()
    if status != 0:
        sys.exit(f"the house itself does not build:\n{output[-2000:]}")
    tests = catchers(ALL_LIMIT, [])
    if tests:
        sys.exit(f"the house itself does not pass: {'; '.join(tests)}")


def code(text):
    """One line of it in a table."""
    return "`" + " ".join(text.split()).replace("|", "\\|").replace("`", "'") + "`" if text.strip() else "nothing"


def table(results):
    rows = ["| | File | Bug | Was | Became | Caught by |", "|---|---|---|---|---|---|"]
    for number, (mutant, outcome, tests) in enumerate(results, 1):
        found = tests[0] + (f" (and {len(tests) - 1} more)" if len(tests) > 1 else "")
        rows.append(
            f"| {number} | {mutant['file'].removeprefix('Sources/')} | {mutant['breaks']} | {code(mutant['old'])} "
            f"| {code(mutant['new'])} | {found if outcome == 'caught' else outcome} |")
    return "\n".join(rows)


def main():
    arguments = sys.argv[1:]
    only_lists = "--list" in arguments
    word = next((a for a in arguments if not a.startswith("--")), "")
    mutants = [
        m for m in json.loads((HERE / "mutants.json").read_text()) if word in m["room"] + m["file"] + m["breaks"]]
    if only_lists:
        mistakes = 0
        for mutant in mutants:
            try:
                text_of(mutant, ROOT)
            except ValueError as mistake:
                mistakes += 1
                print(f"{mutant['file']}: {mutant['breaks']}: {mistake}")
        sys.exit(1 if mistakes else 0)
    copy_house()
    check_house()
    results = []
    for mutant in mutants:
        start = time.monotonic()
        outcome, tests = verdict(mutant)
        results.append((mutant, outcome, tests or [""]))
        print(f"{outcome:8} {mutant['room']:14} {mutant['breaks']}", flush=True)
        print(f"         {time.monotonic() - start:.0f} s  {'; '.join(tests)[:200]}", flush=True)
    counts = {name: sum(outcome == name for _, outcome, _ in results) for name in ("caught", "survived", "invalid")}
    print("\n" + table(results) + "\n")
    print(f"{len(mutants)} mutants: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    sys.exit(0 if counts["caught"] == len(mutants) > 0 else 1)


main()
