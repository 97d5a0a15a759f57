"""Kills runs on a GPU with -9 and compares their ends with those of runs that nobody killed; then watches a long run.

    gpu_runs.py CONSA [--model default] [--corpus default] [--kills 4] [--seconds 600] [--seed 1] [--weights]

A GPU's sums have no fixed order, so equal runs differ a little. Four of them say how much: a run that was killed and gone on
with may be no farther from them than twice what they are from one another. The long run is steered every few dozen
steps; memory of the host and of the device must not grow. Needs the model's and the texts' files, and nvidia-smi.
"""
import argparse
import itertools
import json
import os
import random
import signal
import statistics
import subprocess
import tempfile
import time

EQUAL_RUNS = 4
STEPS = 80
STEPS_OPTION = ["--steps", str(STEPS)]
LEAST_DIFFERENCE = 0.02  # of probabilities: what is below counts as alike
MOST_GROWTH_MB = {"host": 24, "device": 64}
SECONDS_BETWEEN_SAMPLES = 2


def flat(values):
    return list(itertools.chain.from_iterable(map(flat, values))) if isinstance(values, list) else [values]


def end_of(folder):
    with open(os.path.join(folder, "layout.json"), encoding="utf-8") as file:
        layout = json.load(file)
    return flat(layout["units"]), flat(layout["probabilities"])


def difference(one, other):
    """Units that are full in the one alone, and the largest difference of probabilities."""
    swaps = sum(a != b for a, b in zip(one[0], other[0])) // 2
    return swaps, max(abs(a - b) for a, b in zip(one[1], other[1]))


class GpuRuns:
    def __init__(self, arguments):
        self.consa = os.path.abspath(arguments.consa)
        self.home = tempfile.mkdtemp(prefix="consa_gpu_")
        self.options = ["--model", arguments.model, "--corpus", arguments.corpus, "--device", "cuda", "--seed",
                        str(arguments.seed), "--batch", "4", "--context", "2048"]
        if arguments.weights:
            self.options += ["--mode", "gates+weights"]

    def path(self, name):
        return os.path.join(self.home, name)

    def start(self, folder, *options):
        begun = os.path.exists(os.path.join(folder, "config.json"))
        how = ["--resume", folder] if begun else [*self.options, *(options or STEPS_OPTION), "--out", folder]
        with open(folder + ".log", "ab") as log:
            return subprocess.Popen([self.consa, "learn", *how, "--split", "none"], stdout=log, stderr=log)

    def finish(self, folder):
        assert self.start(folder).wait(600) == 0, open(folder + ".log", encoding="utf-8").read()[-2000:]
        return end_of(folder)

    def killed(self, name, rng, kills):
        """A run that is killed at random steps and gone on with."""
        folder = self.path(name)
        for step in sorted(rng.sample(range(2, STEPS - 2), kills)):
            process = self.start(folder)
            while process.poll() is None and steps_in(folder) < step:
                time.sleep(0.005)
            assert process.poll() is None, f"{name} ended before step {step}"
            process.send_signal(signal.SIGKILL)
            process.wait()
        return self.finish(folder)


def steps_in(folder):
    try:
        with open(os.path.join(folder, "events.jsonl"), "rb") as file:
            return file.read().count(b'"event":"step"')
    except OSError:
        return 0


def compare(runs, rng, kills):
    equal = [runs.finish(runs.path(f"equal_{i}")) for i in range(EQUAL_RUNS)]
    within = [difference(a, b) for a, b in itertools.combinations(equal, 2)]
    most_swaps, most = max(swaps for swaps, _ in within), max(largest for _, largest in within)
    print(f"{EQUAL_RUNS} equal runs: at most {most_swaps} swaps, probabilities {most:.4f} apart", flush=True)
    wrong = []
    for number in range(2):
        end = runs.killed(f"killed_{number}", rng, kills)
        swaps, apart = max(difference(end, other) for other in equal)
        print(f"killed {kills} times: at most {swaps} swaps from them, probabilities {apart:.4f} apart", flush=True)
        if swaps > 2 * most_swaps or apart > 2 * max(most, LEAST_DIFFERENCE):
            wrong.append(f"a run that was killed ended elsewhere: {swaps} swaps, {apart:.4f}")
    return wrong


def device_megabytes():
    words = subprocess.run(["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"], check=True,
                           capture_output=True, text=True).stdout.split()
    return float(words[0])


def host_megabytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))


def watch(runs, rng, seconds):
    moves, step = [], 0
    while step < 30 * seconds and len(moves) < 1600:
        step += rng.randrange(20, 200)
        moves += ["--move", f"{step}={rng.randrange(5, 95) / 100}"]
    folder = runs.path("long")
    process = runs.start(folder, *moves, "--steps", str(step + 1000))
    samples, end = {"host": [], "device": []}, time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        time.sleep(SECONDS_BETWEEN_SAMPLES)
        samples["host"].append(host_megabytes(process.pid))
        samples["device"].append(device_megabytes())
    steps, running = steps_in(folder), process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    wrong = [] if running else [f"the long run ended: {open(folder + '.log', encoding='utf-8').read()[-1000:]}"]
    for kind, values in samples.items():
        fifth = max(1, len(values) // 5)
        before, after = statistics.median(values[fifth:2 * fifth]), statistics.median(values[-fifth:])
        print(f"{kind}: {len(values)} samples over {steps} steps, {before:.0f} -> {after:.0f} MB, at most "
              f"{max(values):.0f}", flush=True)
        if after - before > MOST_GROWTH_MB[kind]:
            wrong.append(f"memory of the {kind} grew by {after - before:.0f} MB")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("consa")
    parser.add_argument("--model", default="default")
    parser.add_argument("--corpus", default="default")
    parser.add_argument("--kills", type=int, default=4, help="of each of two runs; 0 leaves them out")
    parser.add_argument("--seconds", type=int, default=600, help="of the long run; 0 leaves it out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weights", action="store_true", help="runs that train weights with the gates")
    arguments = parser.parse_args()
    runs, rng = GpuRuns(arguments), random.Random(arguments.seed)
    wrong = compare(runs, rng, arguments.kills) if arguments.kills else []
    wrong += watch(runs, rng, arguments.seconds) if arguments.seconds else []
    print("\n".join(wrong) or "all is well")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
