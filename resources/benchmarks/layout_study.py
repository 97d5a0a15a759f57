"""The study behind resources/results: learns, steers, sweeps and compares with `consa`, spread over all GPUs.

    python3 layout_study.py OUT [--consa consa] [--stages main baselines ...] [--seeds 5] [--slots 1]

OUT gets a run folder a job (runs/NAME), each job's JSON lines (logs/NAME.jsonl) and each comparison (compare/NAME.json).
A job whose result is there is not run again. layout_tables.py turns OUT into tables. Needs nothing but Python and consa;
text folders are given by --docs (python, git, postgres, cmake, sqlite below it) for the stages recover and transfer.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import threading
import time

TARGETS = (0.5, 0.7, 0.8, 0.75, 0.25, 0.875)  # the rule's counts at .5, .7, .8 are whole layers of a 30 x 3 grid
LAYER_TARGETS = (0.5, 0.7, 0.8)
BASELINE_TARGETS = (0.25, 0.5, 0.75)
RULES = ("interleaved", "bottom-sliding", "middle-full", "heads", "random:0", "random:1", "random:2", "sensitivity")
DRAG = [f"{60 + i}={0.5 + 0.01 * (i + 1):.2f}" for i in range(20)]  # the target dragged from .5 to .7, one value a step


class Study:
    """Jobs by name; a job runs when those it names as `after` have ended."""

    def __init__(self, out, consa):
        self.out, self.consa, self.jobs = pathlib.Path(out), consa, {}
        for folder in ("runs", "logs", "compare"):
            (self.out / folder).mkdir(parents=True, exist_ok=True)

    def run_folder(self, name):
        return str(self.out / "runs" / name)

    def learn(self, name, *options):
        self.add(name, ["learn", *options, "--split", "none", "--out", self.run_folder(name)])
        return name

    def compare(self, name, layouts, after, *options):
        """`layouts`: rules, names of runs, or RUN#WINDOW for a run's layout under another window."""
        words = [w for layout in layouts for w in ("--layout", self.place_of(layout))]
        result = str(self.out / "compare" / f"{name}.json")
        self.add("compare_" + name, ["evaluate", *options, *words, "--out", result], after=after)

    def place_of(self, layout):
        if layout.startswith("sweep_"):  # RUN@TARGET: a sweep's layout at a target
            run, _, target = layout.partition("@")
            return str(pathlib.Path(self.run_folder(run)) / f"layout_{target}.json")
        run, _, window = layout.partition("#")
        if window:
            return str(self.out / "windows" / f"{run}_{window}" / "layout.json")
        return self.run_folder(run) if run in self.jobs else layout

    def prepare(self, command):
        """Writes the copies of layouts under other windows that a command reads."""
        for word in command:
            path = pathlib.Path(word)
            if path.parent.parent == self.out / "windows":
                run, _, window = path.parent.name.rpartition("_")
                layout = json.loads((self.out / "runs" / run / "layout.json").read_text())
                layout["windowTokens"] = int(window)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps(layout))

    def add(self, name, command, after=()):
        self.jobs[name] = {"command": [self.consa, *map(str, command)], "after": list(after)}

    def is_done(self, name):
        log = self.out / "logs" / f"{name}.jsonl"
        return log.exists() and '"event":"done"' in log.read_text()[-20000000:]

    def run(self, gpu_count, slots, stop_after):
        done = {name for name in self.jobs if self.is_done(name)}
        waiting = [name for name in self.jobs if name not in done]
        failed, changed, begin = [], threading.Condition(), time.time()

        def work(gpu):
            while True:
                with changed:
                    while True:
                        if not waiting or time.time() - begin > stop_after:
                            return
                        ready = [n for n in waiting if all(a in done for a in self.jobs[n]["after"])]
                        if ready:
                            name = ready[0]
                            waiting.remove(name)
                            break
                        changed.wait()
                self.prepare(self.jobs[name]["command"])
                if (self.out / "runs" / name).exists():  # of a run that was cut off
                    shutil.rmtree(self.out / "runs" / name)
                began = time.time()
                environment = dict(os.environ, CUDA_VISIBLE_DEVICES=str(gpu), OMP_NUM_THREADS="4")
                with open(self.out / "logs" / f"{name}.jsonl", "w") as lines, \
                        open(self.out / "logs" / f"{name}.log", "w") as words:
                    code = subprocess.run(self.jobs[name]["command"], stdout=lines, stderr=words, env=environment,
                                          check=False).returncode
                with changed:
                    done.add(name)
                    if code:
                        failed.append(name)
                    print(f"{time.time() - begin:7.1f} s  GPU {gpu}  {name}: exit {code}, {time.time() - began:.1f} s",
                          flush=True)
                    changed.notify_all()

        threads = [threading.Thread(target=work, args=(gpu,)) for gpu in range(gpu_count) for _ in range(slots)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return failed


def rules_at(target, with_sensitivity=True):
    return [f"{rule}@{target}" for rule in RULES if with_sensitivity or rule != "sensitivity"]


def main_table(study, seeds):
    """KV heads and layers at equal counts, every rule, five seeds; the budget inside every layer."""
    for target in TARGETS:
        runs = [study.learn(f"heads_{target}_{s}", "--target", target, "--seed", s)
                for s in range(seeds if target in (0.5, 0.7, 0.75, 0.8) else 2)]
        if target in LAYER_TARGETS:
            runs += [study.learn(f"layers_{target}_{s}", "--target", target, "--seed", s, "--granularity", "layer")
                     for s in range(seeds)]
            runs += [study.learn(f"perlayer_{target}_{s}", "--target", target, "--seed", s, "--scope", "per-layer")
                     for s in range(2)]
        study.compare(f"main_{target}", ["full", *runs, *rules_at(target), "sliding"], runs, "--context", 4096, "--split", "test")


def baselines(study, seeds):
    """Other ways to learn or search a layout, on the same tokens."""
    for target in BASELINE_TARGETS:
        runs = [study.learn(f"{name}_{target}", "--target", target, "--method", method, "--loss", loss)
                for name, method, loss in (("ranked", "ranked", "next-token"), ("l1", "l1", "distill-hidden"),
                                           ("gradient", "gradient", "next-token"), ("search", "random", "next-token"))]
        runs += [] if target == 0.25 else [study.learn(f"kl_{target}", "--target", target, "--loss", "distill-kl")]
        ours = [f"heads_{target}_{s}" for s in range(min(2, seeds))]
        study.compare(f"baselines_{target}", ["full", *ours, *runs, f"interleaved@{target}", f"sensitivity@{target}", "sliding"],
                      runs + ours, "--context", 4096, "--split", "test")


def steering(study, seeds):
    """Targets moved in mid-run, against runs that had the target from the start."""
    start = [study.learn(f"heads_0.3_{s}", "--target", 0.3, "--seed", s) for s in range(seeds)]
    moves = {"up": ("0.5", ["75=0.75"], 0.75), "down": ("0.75", ["75=0.3"], 0.3), "drag": ("0.5", DRAG, 0.7)}
    for name, (target, steps, end) in moves.items():
        runs = [study.learn(f"{name}_{s}", "--target", target, "--seed", s, *[w for m in steps for w in ("--move", m)])
                for s in range(seeds)]
        fresh = [f"heads_{end}_{s}" for s in range(seeds)]
        study.compare(f"steering_{name}", ["full", *runs, *fresh, f"interleaved@{end}", "sliding"], runs + fresh + start,
                      "--context", 4096, "--split", "test")


def polish(study, _):
    """Swaps around learned layouts, judged on dev text."""
    for target in (0.5, 0.8):
        runs = [study.learn(f"polished_{target}_{s}", "--target", target, "--seed", s, "--polish", 60) for s in range(2)]
        fresh = [f"heads_{target}_{s}" for s in range(2)]
        study.compare(f"polish_{target}", ["full", *runs, *fresh, f"interleaved@{target}", "sliding"], runs + fresh,
                      "--context", 4096, "--split", "test")


def sweep(study, _):
    """One run that moves on from target to target, against runs of one target each."""
    sweeps = [f"sweep_{s}" for s in range(3)]
    for s, name in enumerate(sweeps):
        study.add(name, ["sweep", "--seed", s, "--steps", 90, "--tokens", 65536, "--out", study.run_folder(name)])
    for target in (0.25, 0.5, 0.75, 0.875):
        fresh = [f"heads_{target}_{s}" for s in range(2)]
        study.compare(f"sweep_{target}", ["full", *[f"{s}@{target}" for s in sweeps], *fresh, f"interleaved@{target}", "sliding"],
                      sweeps + fresh, "--context", 4096, "--split", "test")


def transfer(study, _, docs):
    """Other texts, longer contexts, other windows."""
    runs = [f"heads_0.5_{s}" for s in range(2)] + [f"heads_0.8_{s}" for s in range(2)]
    rules = ["interleaved@0.5", "interleaved@0.8", "sliding"]
    python = [study.learn(f"python_{t}", "--target", t, "--corpus", f"{docs}/python", "--pack") for t in (0.5, 0.8)]
    for text in ("python", "sqlite"):
        study.compare(f"transfer_{text}", ["full", *runs, *python, *rules], runs + python, "--context", 4096, "--split", "test",
                      "--corpus", f"{docs}/{text}", "--pack", "--tokens", 262144)
    study.compare("transfer_perl", ["full", *runs, *python, *rules], runs + python, "--context", 4096, "--split", "test")
    study.compare("transfer_8192", ["full", *runs, *rules], runs, "--context", 8192, "--split", "test", "--pack")
    # The same KV bytes at 4096 tokens: full + (1 - full) (window + sinks) / 4096 is that of window 256 at .7.
    windows = {64: 0.667, 128: 0.678, 512: 0.756}
    crossed = [study.learn(f"window_{w}", "--target", t, "--window", w) for w, t in windows.items()] + ["heads_0.7_0"]
    for window in (64, 128, 256, 512):
        study.compare(f"window_{window}", ["full", *[f"{r}#{window}" for r in crossed], "interleaved@0.7", "sliding"], crossed,
                      "--context", 4096, "--split", "test", "--window", window)


def recover(study, _, docs):
    """The weights train on under each layout: the same tokens, order and rate, at most one epoch over several texts."""
    texts = ["default", *[f"{docs}/{name}" for name in ("python", "git", "postgres", "cmake")]]
    for rate in (1e-5, 5e-5):
        study.add(f"recover_{rate:g}", ["recover", "--layout", study.run_folder("heads_0.5_0"), "--layout", "interleaved:1@0.5",
                                        "--layout", "random:0@0.5", "--corpus", *texts, "--pack", "--steps", 150, "--weight-lr", rate,
                                        "--split", "test", "--tokens", 400000, "--other-corpus", f"{docs}/sqlite", "--out",
                                        study.run_folder(f"recover_{rate:g}")])


def small(study, _):
    """What two CPU cores can learn on: short windows, one a step; learned here on a GPU."""
    runs = [study.learn(f"small_{s}", "--target", 0.7, "--seed", s, "--lr", 0.2, "--context", 512, "--window", 64, "--batch", 1,
                        "--steps", 200) for s in range(5)]
    study.compare("small_test", ["full", *runs, "interleaved@0.7", "sensitivity@0.7", "sliding"], runs, "--context", 2048, "--split",
                  "test", "--window", 64)


def passkey(study, seeds):
    """Numbers hidden in long texts: the loss of the answer, depth by depth."""
    for target in (0.5, 0.8):
        runs = [f"heads_{target}_{s}" for s in range(min(2, seeds))]
        layouts = [*map(study.run_folder, runs), "full", f"interleaved@{target}", "sliding"]
        study.add(f"passkey_{target}", ["passkey", "--context", 2048, *[w for layout in layouts for w in ("--layout", layout)],
                                        "--out", study.out / "compare" / f"passkey_{target}.json"], after=runs)


MINIATURES = {256: 2e-3, 512: 1e-3}  # learning rate by width


def pretrain(study, _, docs):
    """Two decoders of ours on the paper's grid of 28 layers of 8 KV heads, trained from nothing."""
    texts = ["default", *[f"{docs}/{name}" for name in ("python", "git", "postgres", "cmake")], "generated:1"]
    for width, rate in MINIATURES.items():
        study.add(f"miniature-{width}", ["pretrain", "--shape", f"miniature-{width}", "--pack", "--context", 1024, "--batch", 32,
                                         "--steps", 1200, "--lr", rate, "--out", study.run_folder(f"miniature-{width}"),
                                         "--corpus", *texts])


def miniature(study, seeds, docs):
    """Layouts of the miniatures: layers, KV heads, the budget in every layer; frozen, and with weights that train on."""
    pretrain(study, seeds, docs)
    for width in MINIATURES:
        model = study.run_folder(f"miniature-{width}")
        common = ["--model", model, "--corpus", "default", "--context", 1024, "--window", 64, "--batch", 8, "--pack"]
        for target in (0.25, 0.5, 0.75):
            runs = []
            for kind, options in (("layers", ["--granularity", "layer"]), ("heads", []), ("perlayer", ["--scope", "per-layer"])):
                name = f"mini{width}_{kind}_{target}"
                study.add(name, ["learn", *common, *options, "--target", target, "--split", "none", "--out",
                                 study.run_folder(name)], after=[f"miniature-{width}"])
                runs.append(name)
            study.compare(f"miniature{width}_{target}", ["full", *runs, *rules_at(target, False), "sliding"], runs, "--model", model,
                          "--corpus", "default", "--context", 1024, "--window", 64, "--split", "test", "--pack")
            tuned = f"mini{width}_weights_{target}"  # gates and weights together, then the weights alone under what was learned
            study.add(tuned, ["learn", *common, "--mode", "gates+weights", "--target", target, "--split", "none", "--out",
                              study.run_folder(tuned)], after=[f"miniature-{width}"])
            layouts = [study.run_folder(n) for n in (tuned, runs[0], runs[1], runs[2])] + [f"interleaved@{target}", f"random:0@{target}"]
            name = f"recover_mini{width}_{target}"
            study.add(name, ["recover", *common, "--steps", 100, "--weight-lr", 1e-4, "--split", "test", "--allow-repeats", "--out",
                             study.run_folder(name), *[w for layout in layouts for w in ("--layout", layout)]], after=[tuned, *runs])


STAGES = {"main": main_table, "baselines": baselines, "steering": steering, "polish": polish, "sweep": sweep,
          "recover": recover, "small": small, "passkey": passkey, "transfer": transfer, "pretrain": pretrain, "miniature": miniature}


def count_gpus():
    """1 without any: consa then takes the CPU."""
    if not shutil.which("nvidia-smi"):
        return 1
    return max(1, len(subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False).stdout.splitlines()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--consa", default="consa")
    parser.add_argument("--docs", default="docs")
    parser.add_argument("--stages", nargs="+", default=list(STAGES), choices=list(STAGES))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only-learn", action="store_true", help="leave the comparisons for later")
    parser.add_argument("--stop-after", type=float, default=1e9, help="seconds after which no job is begun")
    parser.add_argument("--slots", type=int, default=1, help="jobs a GPU")
    a = parser.parse_args()
    study = Study(a.out, a.consa)
    for stage in a.stages:
        extra = (a.docs,) if stage in ("recover", "transfer", "pretrain", "miniature") else ()
        STAGES[stage](study, a.seeds, *extra)
    if a.only_learn:
        study.jobs = {name: job for name, job in study.jobs.items() if not name.startswith("compare_")}
    failed = study.run(count_gpus(), a.slots, a.stop_after)
    left = [name for name in study.jobs if not study.is_done(name)]
    print(json.dumps({"jobs": len(study.jobs), "failed": failed, "left": left}))


if __name__ == "__main__":
    main()
