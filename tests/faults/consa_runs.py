"""What the fault scripts share: short runs of the demo on a CPU, and what must be true of their folders."""
import ctypes
import json
import os
import shutil
import subprocess
import tempfile

STEPS = 50


class Runs:
    """Runs of one configuration in a folder of their own; `reference` is the one that nothing disturbed."""

    def __init__(self, consa, seed, options=()):
        self.consa = os.path.abspath(consa)
        self.home = tempfile.mkdtemp(prefix="consa_faults_")
        self.environment = dict(os.environ, OMP_NUM_THREADS="1", CONSA_DATA_DIR=self.path("data"),
                                CONSA_CACHE_DIR=self.path("cache"))
        self.text = self.path("text.jsonl")
        with open(self.text, "w", encoding="utf-8") as file:
            for number in range(400):
                file.write(json.dumps({"text": f"Document {number} of seed {seed}. " * 40}) + "\n")
        self.options = ["--model", "demo", "--corpus", self.text, "--device", "cpu", "--steps", str(STEPS), "--context",
                        "128", "--window", "16", "--batch", "1", "--seed", str(seed), "--ramp", "5", "--move", "5=0.7",
                        *options]
        self.closing = ["--tokens", "512", "--split", "dev"]
        self.reference = self.path("reference")
        done = self.start(self.reference).wait_for_end()
        assert done.code == 0, done.messages
        self.events = steps_of(self.reference)
        assert sorted(self.events) == list(range(STEPS)), "the undisturbed run lacks steps"

    def path(self, name):
        return os.path.join(self.home, name)

    def command(self, folder, replay=None):
        """Begins the run in `folder`, or goes on with it where it has begun."""
        if replay:
            return [self.consa, "learn", "--replay", replay, "--out", folder, *self.closing]
        if os.path.exists(os.path.join(folder, "config.json")):
            return [self.consa, "learn", "--resume", folder, *self.closing]
        return [self.consa, "learn", *self.options, "--out", folder, *self.closing]

    def start(self, folder, preload=None, switches=None, replay=None, preexec=None):
        environment = dict(self.environment, **(switches or {}))
        if preload:
            environment["LD_PRELOAD"] = preload
        return Process(self.command(folder, replay), environment, self.home, preexec)

    def finish(self, folder):
        """Goes on undisturbed and checks that the end is that of the reference, bit for bit."""
        done = self.start(folder).wait_for_end()
        assert done.code == 0, done.messages
        self.check_end(folder)

    def check_finished(self, folder):
        """Going on with what is finished says so."""
        again = self.start(folder).wait_for_end()
        assert again.code == 0 and "is finished at step" in again.messages, again.messages

    def check_end(self, folder, has_all_steps=True):
        assert checkpoint_tensors(folder) == checkpoint_tensors(self.reference), f"{folder} ends elsewhere"
        assert weights_of(folder) == weights_of(self.reference), f"{folder} ends with other weights"
        assert layout_of(folder) == layout_of(self.reference), f"{folder} ends with another layout"
        if has_all_steps:
            assert steps_of(folder) == self.events, f"{folder} has other steps"

    def remove(self):
        shutil.rmtree(self.home, ignore_errors=True)


class Process:
    """A program whose output goes to files, so that nothing blocks it."""

    def __init__(self, command, environment, home, preexec=None):
        self.output = tempfile.TemporaryFile(dir=home)
        self.errors = tempfile.TemporaryFile(dir=home)
        self.process = subprocess.Popen(command, env=environment, stdout=self.output, stderr=self.errors,
                                        preexec_fn=preexec)
        self.code = None

    def wait_for_end(self, timeout=300):
        self.code = self.process.wait(timeout)
        return self

    @staticmethod
    def _text(file):
        file.seek(0, os.SEEK_END)
        size = file.tell()
        return os.pread(file.fileno(), size, 0).decode()

    @property
    def messages(self):
        return self._text(self.errors)

    def lines(self):
        """Whole lines that were printed so far."""
        text = self._text(self.output)
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def steps(self):
        return [line for line in self.lines() if line["event"] == "step"]


def obey_permissions():
    """In the child of a superuser: write bits hold for it too, as for any user. Raises OSError where that can't be."""
    libc = ctypes.CDLL(None, use_errno=True)
    drop_from_bounding_set, override, read_and_search = 24, 1, 2  # PR_CAPBSET_DROP and capabilities, linux/capability.h
    for capability in (override, read_and_search):
        if os.geteuid() == 0 and libc.prctl(drop_from_bounding_set, capability, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def plain(point):
    """A step without what differs from run to run."""
    return {key: value for key, value in point.items() if key != "seconds"}


def lines_of(folder):
    """All whole lines of events.jsonl; each must be JSON."""
    path = os.path.join(folder, "events.jsonl")
    if not os.path.exists(path):
        return []
    with open(path, "rb") as file:
        text = file.read()
    return [json.loads(line) for line in text[:text.rfind(b"\n") + 1].splitlines()]


def steps_of(folder):
    return {line["step"]: plain(line) for line in lines_of(folder) if line["event"] == "step"}


def checkpoint_tensors(folder):
    """The bytes of the gates and their optimiser, behind the header."""
    with open(os.path.join(folder, "gates.safetensors"), "rb") as file:
        raw = file.read()
    return raw[8 + int.from_bytes(raw[:8], "little"):]


def weights_of(folder):
    """Name and bytes of the weights' files: one where a run moves weights, else none."""
    names = sorted(name for name in os.listdir(folder) if name.startswith("weights-"))
    assert len(names) < 2, names
    return {name: open(os.path.join(folder, name), "rb").read() for name in names}


def layout_of(folder):
    with open(os.path.join(folder, "layout.json"), encoding="utf-8") as file:
        layout = json.load(file)
    return layout["units"], layout["probabilities"]
