"""A site whose workers are toys: its profile, and a campaign there."""

from __future__ import annotations

import subprocess
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from support.command import molsteer, molsteer_in_background
from support.toy_services import executions
from support.waiting import eventually
from support.worker_process import TESTS

from molsteer.steering.errors import NoCampaign
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.sites.deployment.deployment import Deployment, open_deployment

MOLECULES = ["C" * length + tail for length in range(1, 9) for tail in ("O", "N", "F", "C#N")]

HANDLERS = {"simulator": "simulator", "trainer": "trainer", "inferencer": "inferencer"}


@dataclass
class ToySite:
    """A profile in a folder, and what happens there.

    Attributes:
        folder: Where everything is.
        scheduler: The profile's.
        submit: How it is submitted, as the profile says.
        variables: Of the commands, as where Slurm is.
    """

    folder: Path
    scheduler: str = "none"
    variables: dict[str, str] = field(default_factory=dict)
    submit: str = "commands"
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def profile(self) -> Path:
        return self.folder / "toys.toml"

    @property
    def run_dir(self) -> Path:
        return self.folder / "run"

    def write(self, batch: str = "", simulator: str = "", tables: str = "") -> Path:
        """Write the profile; what is given is added to tables."""
        setup = f"export PYTHONPATH={TESTS} TOY_FOLDER={self.folder}"
        usual = {"simulator": f"max_blocks = 2\n{simulator}", "trainer": "", "inferencer": ""}
        services = "\n".join(
            f'[{name}]\nworker_options = ["--handler", "support.toy_services:{handler}"]\n'
            f"{usual[name] or 'max_blocks = 1'}"
            for name, handler in HANDLERS.items()
        )
        walltime = (
            "" if self.scheduler == "none" or "walltime" in batch else 'walltime = "00:10:00"'
        )
        self.profile.write_text(
            f'[site]\nscheduler = "{self.scheduler}"\nsubmit = "{self.submit}"\n'
            f'[redis]\nhost = "localhost"\n'
            f'[batch]\npoll_s = 1\nidle_s = 3\nexpected_wait_s = 1\nsetup = ["{setup}"]\n'
            f"{walltime}\n{batch}\n{services}\n[queue]\nlease_s = 20\n{tables}"
        )
        return self.profile

    def site(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `molsteer site COMMAND`."""
        return molsteer("site", command, self.profile, *arguments, **self.variables)

    def done(self, command: str, *arguments: str) -> str:
        """Run `molsteer site COMMAND`, which must go well; give what it says."""
        completed = self.site(command, *arguments)
        assert completed.returncode == 0, completed.stderr
        return completed.stdout

    def refused(self, command: str, *arguments: str) -> str:
        """Run `molsteer site COMMAND`, which must be refused in a sentence; give that."""
        completed = self.site(command, *arguments)
        assert completed.returncode == 2, completed.stdout + completed.stderr
        assert "Traceback" not in completed.stderr
        return completed.stderr

    @property
    def deployment(self) -> Deployment:
        return open_deployment(str(self.profile))

    def steer(self, *options: str, budget: int = 12) -> subprocess.Popen[bytes]:
        """Begin the campaign, or go on with it, at the site."""
        molecules = self.folder / "molecules.smi"
        molecules.write_text("\n".join(MOLECULES))
        process = molsteer_in_background(
            *("run", "--space", molecules, "--run-dir", self.run_dir, "--budget", str(budget)),
            *("--policy-first-training-after", "4", "--policy-retrain-after", "4"),
            *("--train-members", "2", "--name", "toys", "--site", self.profile, *options),
            output=self.folder / "steering.log",
            **self.variables,
        )
        self.processes.append(process)
        return process

    def end(self) -> None:
        """Take down whatever a test has left."""
        for process in self.processes:
            process.kill()
            process.wait()
        if self.profile.is_file() and self.deployment.is_up:
            self.deployment.down()

    def await_end(self, process: subprocess.Popen[bytes], deadline_s: float = 300.0) -> None:
        """Wait until steering has ended well."""
        try:
            status = process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait(240)
            status = None
        assert status == 0, self.log

    @property
    def log(self) -> str:
        """What steering has said so far."""
        file = self.folder / "steering.log"
        return file.read_text() if file.exists() else ""

    @property
    def executions(self) -> Counter[str]:
        """How often each simulation has begun."""
        return executions(self.folder)

    def hold(self, allowed: int = 0) -> None:
        """Let no simulation end but the first."""
        draft = self.folder / "hold.part"
        draft.write_text(str(allowed))
        draft.rename(self.folder / "hold")

    def release(self) -> None:
        """Let simulations end."""
        (self.folder / "hold").unlink()

    def await_executions(self, count: int) -> None:
        eventually(lambda: self.executions.total() >= count)

    def labels(self) -> int:
        """Count the molecules that were simulated so far."""
        return len(self.rows("SELECT 1 FROM result"))

    def rows(self, query: str) -> list[str]:
        """Read a column of the ledger as text."""
        try:
            with closing(Ledger(self.run_dir, read_only=True)) as ledger:
                return [str(value) for (value,) in ledger.connection.execute(query)]
        except NoCampaign:
            return []

    def assert_whole(self, budget: int = 12) -> None:
        """Check that nothing was lost, counted twice or given up."""
        verified = molsteer("verify", self.run_dir)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        assert "all is whole" in verified.stdout
        assert self.labels() == budget
        assert not self.rows("SELECT task_id FROM task WHERE status = 'poison'")

    def assert_nothing_left(self) -> None:
        """Check that no secret, script or state of the deployment is there."""
        folder = self.profile.with_suffix("")
        assert {path.name for path in folder.iterdir()} <= {"logs", ".lock", ".users"}
