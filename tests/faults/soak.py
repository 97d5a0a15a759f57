"""Lets runs and the window work for an hour and watches what they take.

    soak.py CONSA [WINDOW_SOAK] [--seconds 3600] [--seed 1]

`consa` trains one long run that is steered as it goes, while others evaluate, convert and look at its folder; the window
is driven by a seeded script of its own (window_soak). Every few seconds memory, descriptors and threads of both are read.
Fails when memory grows, descriptors leak, a run fails, or the window's thread is away for more than 100 ms by itself
(without the time in which it was ready and other programs had the core). Memory is what is resident; the window says too
what it has allocated and not freed. Its resident memory goes up and down by tens of megabytes with the pictures that it
saves, for the allocator keeps their room.
"""
import argparse
import os
import random
import statistics
import subprocess
import sys
import time

import consa_runs

MOST_GROWTH_MB = 24        # of the median from the second to the last fifth; allocators come to rest in the first
MOST_ROOM_MB = 64          # the same of resident memory where what is allocated is known
MOST_HANDLES = 2           # more than in the second fifth at most
LONGEST_GAP_MS = 100
SECONDS_BETWEEN_SAMPLES = 5
SECONDS_TO_SETTLE = 1200   # a shorter soak says nothing about memory: caches and allocators still fill
LONG_GAPS_SHOWN = 5


def sample(pid):
    """Resident megabytes, descriptors and threads of a process; None when it has ended."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            facts = dict(line.split(":", 1) for line in file if ":" in line)
        return (int(facts["VmRSS"].split()[0]) / 1024, len(os.listdir(f"/proc/{pid}/fd")),
                int(facts["Threads"].split()[0]))
    except (OSError, KeyError):
        return None


def second_and_last_fifth(samples):
    fifth = max(1, len(samples) // 5)
    return samples[fifth:2 * fifth] or samples, samples[-fifth:]


class Watched:
    """A process and what it took, sample by sample; `most_growth` is of its resident memory, in megabytes."""

    def __init__(self, name, process, most_growth):
        self.name, self.process, self.most_growth, self.samples = name, process, most_growth, []

    def look(self):
        taken = sample(self.process.process.pid)
        if taken:
            self.samples.append(taken)

    def summary(self):
        """A line for people, and what is wrong."""
        second, last = second_and_last_fifth(self.samples)
        before, after = (statistics.median(memory for memory, _, _ in part) for part in (second, last))
        handles = [max(count for _, count, _ in part) for part in (second, last)]
        threads = [max(count for _, _, count in part) for part in (second, last)]
        line = (f"{self.name}: {len(self.samples)} samples; resident memory {before:.1f} -> {after:.1f} MB, at most "
                f"{max(memory for memory, _, _ in self.samples):.1f}; descriptors {handles[0]} -> {handles[1]}; "
                f"threads {threads[0]} -> {threads[1]}")
        wrong = []
        is_settled = len(self.samples) * SECONDS_BETWEEN_SAMPLES >= SECONDS_TO_SETTLE
        if after - before > self.most_growth and is_settled:
            wrong.append(f"{self.name}: resident memory grew by {after - before:.1f} MB")
        if handles[1] > handles[0] + MOST_HANDLES:
            wrong.append(f"{self.name}: descriptors leak, {handles[0]} -> {handles[1]}")
        if threads[1] > threads[0] + MOST_HANDLES:
            wrong.append(f"{self.name}: threads leak, {threads[0]} -> {threads[1]}")
        return line, wrong


def long_run(runs, seconds, rng):
    """A run that lasts longer than the soak, its target moved every few dozen steps."""
    steps = 40 * seconds
    moves, step = [], 0
    while step < steps and len(moves) < 2000:
        step += rng.randrange(20, 200)
        moves += ["--move", f"{step}={rng.randrange(5, 95) / 100}"]
    options = [*runs.options[:runs.options.index("--move")], *moves]
    options[options.index("--steps") + 1] = str(steps + 1000)
    folder = runs.path("soak")
    command = [runs.consa, "learn", *options, "--out", folder, *runs.closing]
    return folder, consa_runs.Process(command, runs.environment, runs.home)


def disturb(runs, folder, rng, number):
    """One of the things that others do with the folder of a run that goes on; each must succeed."""
    layout = os.path.join(runs.reference, "layout.json")
    kind, words = rng.choice([
        ("evaluate", ["evaluate", "--model", "demo", "--corpus", runs.text, "--device", "cpu", "--layout", layout,
                      "--layout", "interleaved@0.5", "--context", "128", "--window", "16", "--tokens", "512"]),
        ("export", ["convert", runs.reference, "--to", "duo", "--out", runs.path(f"duo_{number}")]),
        ("look", ["patterns", runs.reference]),
        ("read", ["learn", "--resume", folder]),
    ])
    done = consa_runs.Process([runs.consa, *words], runs.environment, runs.home).wait_for_end()
    is_refused = kind == "read" and done.code == 2 and "being written by another program" in done.messages
    assert done.code == 0 or is_refused, f"{words}: {done.messages}"
    return kind


def window_facts(process):
    """The window's own lines: totals, gaps, what is wrong."""
    lines = process.lines()
    gaps = [line for line in lines if line["event"] == "gap"]
    end = next((line for line in lines if line["event"] == "end"), None)
    if end is None:
        return ["window: it ended before its time"], ["window: it ended before its time", process.messages]
    own = max(gaps, key=lambda gap: gap["ownGapMs"])
    wall = max(gap["gapMs"] for gap in gaps)
    busy = max(gap["busyMs"] for gap in gaps)
    told = [f"window: {end['actions']} actions, {end['steps']} steps in {end['runs']} runs, {end['comparisons']} "
            f"comparisons, {end['failures']} failures; longest gap {own['ownGapMs']:.0f} ms of its own (after "
            f"'{own['after']}'), {wall:.0f} ms with the time that others had the core; longest computing {busy:.0f} ms"]
    told += [f"    {gap['after']}: {gap['times']} times, {gap['ownGapMs']:.0f} ms, by the clock {gap['gapMs']:.0f}, computing {gap['busyMs']:.0f}"
             for gap in sorted(gaps, key=lambda gap: -gap["ownGapMs"])]
    beats = [line for line in lines if line["event"] == "beat"]
    before, after = (statistics.median(beat["heapMb"] for beat in part) for part in second_and_last_fifth(beats))
    told.append(f"    allocated {before:.1f} -> {after:.1f} MB, at most {max(beat['heapMb'] for beat in beats):.1f}")
    told += [f"    until second {beat['second']}: {beat['ownGapMs']:.0f} ms, by the clock {beat['gapMs']:.0f}, computing {beat['busyMs']:.0f}"
             for beat in sorted(beats, key=lambda beat: -beat["ownGapMs"])[:LONG_GAPS_SHOWN]]
    wrong = [f"window: a gap of {own['ownGapMs']:.0f} ms after '{own['after']}'"] * (own["ownGapMs"] > LONGEST_GAP_MS)
    if after - before > MOST_GROWTH_MB and beats[-1]["second"] >= SECONDS_TO_SETTLE:
        wrong.append(f"window: what it has allocated grew by {after - before:.1f} MB")
    if end["failures"] or process.code != 0:
        wrong.append(f"window: {end['failures']} failures, exit code {process.code}")
    return told, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("consa")
    parser.add_argument("window", nargs="?")
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    runs = consa_runs.Runs(arguments.consa, arguments.seed)
    folder, learning = long_run(runs, arguments.seconds, rng)
    watched = [Watched("consa", learning, MOST_GROWTH_MB)]
    if arguments.window:
        environment = dict(runs.environment, QT_QPA_PLATFORM="offscreen")
        command = [os.path.abspath(arguments.window), str(arguments.seconds), str(arguments.seed)]
        watched.append(Watched("window", consa_runs.Process(command, environment, runs.home), MOST_ROOM_MB))
    end, counts = time.monotonic() + arguments.seconds, {}
    while time.monotonic() < end:
        for one in watched:
            one.look()
        assert learning.process.poll() is None, learning.messages
        if rng.random() < 0.3:
            kind = disturb(runs, folder, rng, sum(counts.values()))
            counts[kind] = counts.get(kind, 0) + 1
        time.sleep(min(SECONDS_BETWEEN_SAMPLES, max(0.0, end - time.monotonic())))
    learning.process.terminate()
    assert learning.wait_for_end(60).code == 1 and "--resume" in learning.messages, learning.messages
    steps = len(consa_runs.steps_of(folder))
    assert steps >= len(learning.steps()), "lines were lost"
    told, wrong = [f"consa: {steps} steps, beside it {counts}"], []
    for one in watched:
        line, problems = one.summary()
        told, wrong = told + [line], wrong + problems
    if arguments.window:
        lines, problems = window_facts(watched[1].process.wait_for_end(120))
        told, wrong = told + lines, wrong + problems
    print("\n".join(told))
    runs.remove()
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
