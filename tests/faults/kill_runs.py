"""Kills runs with -9 at random moments: while they open, build the cache, train, save and evaluate.

    kill_runs.py CONSA [--kills 200] [--seed 1] [--weights]

After each kill the folder must open, hold every line that was printed, and go on; and the run must end, bit for bit,
where one ends that nobody killed. Prints what was hit.
"""
import argparse
import collections
import os
import random
import shutil
import signal
import time

import consa_runs


def moment_of(process, folder):
    """What the killed program was doing, as far as it had said."""
    kinds = [line["event"] for line in process.lines()]
    if not os.path.exists(os.path.join(folder, "config.json")):
        return "opening" if "open" not in kinds else "before the folder"
    if "step" not in kinds and "start" not in kinds and "resume" not in kinds:
        return "opening"
    steps = [line["step"] for line in process.steps()]
    return "closing" if steps and steps[-1] == consa_runs.STEPS - 1 else "training"


def check_lines(process, folder, reference):
    """Whatever was printed is in the folder, and as it should be."""
    kept = consa_runs.steps_of(folder)
    for point in process.steps():
        assert kept.get(point["step"]) == consa_runs.plain(point), f"step {point['step']} was lost"
    for step, point in kept.items():
        assert reference[step] == point, f"step {step} went elsewhere"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("consa")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weights", action="store_true", help="runs that train weights with the gates")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    options = ["--mode", "gates+weights", "--weight-lr", "1e-4"] if arguments.weights else []
    runs = consa_runs.Runs(arguments.consa, arguments.seed, options)
    begin = time.monotonic()
    runs.start(runs.path("timed")).wait_for_end()
    longest = 1.05 * (time.monotonic() - begin)
    moments, finished, number = collections.Counter(), 0, 0
    folder = runs.path("run_0")
    while sum(moments.values()) < arguments.kills:
        if rng.random() < 0.3:
            shutil.rmtree(runs.path("cache"), ignore_errors=True)
        process = runs.start(folder)
        time.sleep(rng.uniform(0, longest))
        if process.process.poll() is None:
            process.process.send_signal(signal.SIGKILL)
            process.wait_for_end()
            moments[moment_of(process, folder)] += 1
            check_lines(process, folder, runs.events)
        else:
            assert process.wait_for_end().code == 0, process.messages
        if os.path.exists(os.path.join(folder, "layout.json")) or rng.random() < 0.15:
            runs.finish(folder)
            finished, number = finished + 1, number + 1
            folder = runs.path(f"run_{number}")
    runs.finish(folder)
    runs.check_finished(folder)
    hit = ", ".join(f"{count} {moment}" for moment, count in sorted(moments.items()))
    print(f"{sum(moments.values())} kills survived ({hit}); {finished + 1} runs ended as the undisturbed one")
    runs.remove()


if __name__ == "__main__":
    main()
