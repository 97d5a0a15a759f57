"""Takes disk, folder, clock and the right to write away from runs, interrupts them, and starts two in one folder.

    disk_runs.py CONSA FAILING_DISK_LIBRARY [--long]

Training must go on, say what is wrong, catch up when it can, and end where an undisturbed run ends. --long adds the case
that waits a minute.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import consa_runs


def wait_for_steps(process, count):
    """Until so many steps were printed. Fails when the run ends before."""
    for _ in range(3000):
        if len(process.steps()) >= count:
            return
        assert process.process.poll() is None, process.messages
        time.sleep(0.01)
    raise AssertionError("the run stands still")


def can_obey_permissions():
    """Whether a program can be started that write bits bind."""
    try:
        return subprocess.run(["true"], preexec_fn=consa_runs.obey_permissions, check=False).returncode == 0
    except subprocess.SubprocessError:
        return False


def checkpoint_step(folder):
    """The step of the checkpoint, from its header; -1 before the first."""
    try:
        with open(os.path.join(folder, "gates.safetensors"), "rb") as file:
            raw = file.read()
    except FileNotFoundError:
        return -1
    return json.loads(json.loads(raw[8:8 + int.from_bytes(raw[:8], "little")])["__metadata__"]["training"])["step"]


def touch(path):
    with open(path, "w", encoding="ascii"):
        pass


def full_disk(runs, library):
    """Full for some steps: lines and checkpoints are caught up with."""
    folder, switch = runs.path("full"), runs.path("full_switch")
    run = runs.start(folder, library, {"CONSA_FAULT_SWITCH": switch})
    wait_for_steps(run, 12)
    touch(switch)
    wait_for_steps(run, 34)
    kept = consa_runs.steps_of(folder)
    assert len(kept) < 34, "the disk was not full"
    os.remove(switch)
    run.wait_for_end()
    assert run.code == 0, run.messages
    assert "Training goes on" in run.messages and "saved again" in run.messages, run.messages
    runs.check_end(folder)


def deleted_folder(runs, _library):
    """Made again; the steps before are gone, the result is not."""
    folder = runs.path("deleted")
    run = runs.start(folder)
    wait_for_steps(run, 12)
    shutil.rmtree(folder)
    run.wait_for_end()
    assert run.code == 0 and "taken away" in run.messages, run.messages
    runs.check_end(folder, has_all_steps=False)
    runs.check_finished(folder)


def read_only_folder(runs, _library):
    """Made read-only under the run, for a user whom that binds: told, gone on, caught up when it may write again."""
    folder = runs.path("read_only")
    run = runs.start(folder, preexec=consa_runs.obey_permissions)
    wait_for_steps(run, 7)
    kept_at = checkpoint_step(folder)
    os.chmod(folder, 0o500)
    wait_for_steps(run, 24)
    assert checkpoint_step(folder) <= kept_at + 10, "the folder was not read-only"
    names = os.listdir(folder)
    assert not [name for name in names if name.endswith(".tmp")], names
    os.chmod(folder, 0o700)
    run.wait_for_end()
    assert run.code == 0, run.messages
    assert "Permission denied" in run.messages and "Training goes on" in run.messages, run.messages
    assert "saved again" in run.messages, run.messages
    runs.check_end(folder)


def read_only_place(runs, _library):
    """A run that may not make its folder says so at once."""
    place = runs.path("place")
    os.mkdir(place, 0o500)
    run = runs.start(os.path.join(place, "run"), preexec=consa_runs.obey_permissions).wait_for_end()
    assert run.code in (1, 2) and "Permission denied" in run.messages, run.messages
    assert not os.listdir(place)


def read_only_run(runs, _library):
    """A finished run in a folder that may only be read is opened all the same."""
    folder = runs.path("kept")
    shutil.copytree(runs.reference, folder)
    for name in os.listdir(folder):
        os.chmod(os.path.join(folder, name), 0o400)
    os.chmod(folder, 0o500)
    again = runs.start(folder, preexec=consa_runs.obey_permissions).wait_for_end()
    assert "is finished at step" in again.messages and again.code == 0, again.messages
    os.chmod(folder, 0o700)


def keeps_to_its_places(runs, library):
    """Writes into its folders alone, nothing into the home or where it is started; files have the user's umask. The
    library ends whoever asks for the network or starts a program."""
    home, here = runs.path("home"), runs.path("here")
    os.mkdir(home)
    os.mkdir(here)

    def settle():
        os.umask(0o027)
        os.chdir(here)

    folder = runs.path("places")
    before = set(os.listdir(runs.home))
    shutil.rmtree(runs.path("cache"))
    places = {"HOME": home, "TMPDIR": here, "XDG_CONFIG_HOME": home}
    run = runs.start(folder, library, places, preexec=settle).wait_for_end()
    assert run.code == 0, run.messages
    assert not os.listdir(home) and not os.listdir(here), (os.listdir(home), os.listdir(here))
    assert set(os.listdir(runs.home)) <= before | {"places"}, os.listdir(runs.home)
    for place, names, files in [*os.walk(folder), *os.walk(runs.path("cache"))]:
        for name in names + files:
            mode = os.stat(os.path.join(place, name)).st_mode & 0o777
            assert mode == (0o750 if name in names else 0o640), f"{place}/{name} has the mode {mode:o}"
    runs.check_end(folder)


def clock_back(runs, library):
    folder, switch = runs.path("clock"), runs.path("clock_switch")
    run = runs.start(folder, library, {"CONSA_CLOCK_SWITCH": switch})
    wait_for_steps(run, 12)
    touch(switch)
    run.wait_for_end()
    assert run.code == 0, run.messages
    runs.check_end(folder)


def interrupted(runs, _library):
    """SIGINT and SIGTERM save and say how to go on."""
    for number in (signal.SIGINT, signal.SIGTERM):
        folder = runs.path(f"signal_{int(number)}")
        run = runs.start(folder)
        wait_for_steps(run, 7)
        run.process.send_signal(number)
        run.wait_for_end(30)
        assert run.code == 1 and "--resume" in run.messages, run.messages
        before = consa_runs.steps_of(folder)
        assert os.path.exists(os.path.join(folder, "layout.json"))
        resumed = runs.start(folder).wait_for_end()
        assert resumed.code == 0, resumed.messages
        # Saved at the very step: none was taken twice.
        lines = [line for line in consa_runs.lines_of(folder) if line["event"] == "step"]
        assert len(before) >= 7 and len(lines) == consa_runs.STEPS, len(lines)
        runs.check_end(folder)


def two_processes(runs, _library):
    """The second may read, not write, and says so; the first never notices."""
    folder = runs.path("two")
    first = runs.start(folder)
    wait_for_steps(first, 7)
    second = runs.start(folder).wait_for_end()
    assert second.code == 2 and "being written by another program" in second.messages, second.messages
    first.wait_for_end()
    assert first.code == 0, first.messages
    runs.check_end(folder)


def replayed(runs, _library):
    """A repeated run comes to the same gates."""
    folder = runs.path("replayed")
    run = runs.start(folder, replay=runs.reference).wait_for_end()
    assert run.code == 0 and run.lines()[-1]["sameLayout"], run.messages
    runs.check_end(folder)


def full_to_the_end(runs, library):
    """Full until the run would end: it waits a minute, fails, and goes on later from the last good checkpoint."""
    folder, switch = runs.path("end"), runs.path("end_switch")
    run = runs.start(folder, library, {"CONSA_FAULT_SWITCH": switch})
    wait_for_steps(run, 25)
    touch(switch)
    run.wait_for_end()
    assert run.code == 1 and "--resume" in run.messages, run.messages
    os.remove(switch)
    runs.finish(folder)


def main():
    runs = consa_runs.Runs(sys.argv[1], seed=3)
    cases = [full_disk, deleted_folder, clock_back, keeps_to_its_places, interrupted, two_processes, replayed]
    if can_obey_permissions():
        cases += [read_only_folder, read_only_place, read_only_run]
    else:
        print("read_only_folder, read_only_place, read_only_run: skipped, write bits do not bind this user here")
    if "--long" in sys.argv:
        cases.append(full_to_the_end)
    for case in cases:
        case(runs, os.path.abspath(sys.argv[2]))
        print(f"{case.__name__}: survived", flush=True)
    runs.remove()


if __name__ == "__main__":
    main()
