"""A Slurm cluster of this machine alone: munged, slurmctld and one slurmd per virtual node, in a folder, for the user who starts it."""

import getpass
import os
import signal
import socket
import subprocess
import time
from datetime import datetime, timedelta
from pathlib import Path

SECONDS = 150  # what is waited for longer does not come

CONFIGURATION = """\
ClusterName=ohmloom
SlurmctldHost=localhost
SlurmctldAddr=127.0.0.1
SlurmctldPort={port}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
MailProg=/bin/true
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobRequeue=1
ReturnToService=2
SlurmdTimeout=8
SlurmctldTimeout=10
MessageTimeout=5
TCPTimeout=5
InactiveLimit=0
KillWait=2
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0,bf_interval=1
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=10 State=UP
"""


def until(what, condition, seconds=SECONDS, each=None):
    """Waits until condition() is something, and gives that back; `each` is called meanwhile."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        if each:
            each()
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s for {what}")


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Cluster:
    """Nodes n1 to n<nodes>, a processor each. Leaving the `with` ends everything that was started, and what that has started."""

    def __init__(self, folder, nodes):
        self.folder = Path(folder)
        self.nodes = [f"n{number + 1}" for number in range(nodes)]
        self.daemons = {}  # name -> Popen
        search = os.environ["PATH"] + ":/usr/sbin:/sbin"
        self.environment = {name: text for name, text in os.environ.items() if not name.startswith(("SLURM_", "SBATCH_", "SQUEUE_"))}
        self.environment |= {"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": search}

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_):
        self._end()

    def run(self, *words, status=0, folder=None):
        """Runs a command that knows the cluster; gives back what it prints."""
        words = [str(word) for word in words]
        done = subprocess.run(words, env=self.environment, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert status is None or done.returncode == status, f"{words}: status {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def queue(self):
        """Lines (job, task, state, node, reason, start) of squeue, a task each; `job` names the task alone, as 12_3."""
        lines = self.run("squeue", "-h", "-r", "-o", "%i|%K|%T|%N|%r|%S").splitlines()
        return [dict(zip(("job", "task", "state", "node", "reason", "start"), line.split("|"))) for line in lines]

    def hasten(self):
        """Slurm holds a job that is queued again back for two minutes: here for a few seconds, in which its nodes forget it."""
        for line in self.queue():
            if line["state"] == "PENDING" and line["reason"] == "BeginTime" and line["start"] != "N/A":
                if datetime.fromisoformat(line["start"]) - datetime.now() > timedelta(seconds=10):
                    self.run("scontrol", "update", f"JobId={line['job']}", "StartTime=now+3", status=None)  # it may be gone

    def kill_daemon(self, node):
        daemon = self.daemons.pop(node)
        daemon.kill()
        daemon.wait()

    def _start(self):
        self.folder.chmod(0o755)  # munge trusts no folder that others may write
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        ports = free_ports(1 + len(self.nodes))
        lines = [f"NodeName={n} NodeHostname=localhost NodeAddr=127.0.0.1 Port={p} CPUs=1" for n, p in zip(self.nodes, ports[1:])]
        text = CONFIGURATION.format(port=ports[0], folder=self.folder, user=getpass.getuser(), nodes="\n".join(lines))
        (self.folder / "slurm.conf").write_text(text)
        (self.folder / "state").mkdir()
        for name in self.nodes:
            (self.folder / f"spool-{name}").mkdir()

        munge = self.folder / "munge.socket"
        files = [f"--{what}-file={self.folder}/munge.{what}" for what in ("key", "pid", "log", "seed")]
        self._daemon("munged", "munged", "--foreground", "--force", "--num-threads=2", f"--socket={munge}", *files)
        until("munge", munge.exists, 20)
        self._daemon("slurmctld", "slurmctld", "-D", "-c")
        for name in self.nodes:
            self._daemon(name, "slurmd", "-D", "-N", name)
        idle = lambda: self.run("sinfo", "-h", "-N", "-o", "%T", status=None).split() == ["idle"] * len(self.nodes)
        until("idle nodes", idle, 60)

    def _daemon(self, name, *command):
        with open(self.folder / f"{name}.out", "wb") as log:
            self.daemons[name] = subprocess.Popen(
                command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def _end(self):
        """Jobs outlive their daemon, so they are found by their folder: all have the cluster in their environment."""
        for name in ("slurmctld", *self.nodes, "munged"):
            if name in self.daemons:
                self.kill_daemon(name)
        mark = f"SLURM_CONF={self.folder}/slurm.conf".encode()
        until("the end of all jobs", lambda: not [signal_process(p) for p in processes() if mark in p.environment()], 20)


class Process:
    """A process by its number."""

    def __init__(self, number):
        self.number = number

    def _words(self, name):
        try:
            return (Path("/proc") / str(self.number) / name).read_bytes().split(b"\0")
        except OSError:  # it has ended, or belongs to another user
            return []

    def environment(self):
        return self._words("environ")

    def command(self):
        return [word.decode(errors="replace") for word in self._words("cmdline")]


def processes():
    own = os.getpid()
    return [Process(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit() and int(entry.name) != own]


def signal_process(process, number=signal.SIGKILL):
    try:
        os.kill(process.number, number)
    except ProcessLookupError:
        pass
    return True
