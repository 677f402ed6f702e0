"""`python -m devstack.run NAME MODULE…`: a module of ours with a process's settings, against the running demo.

NAME is a service, a web process, or `client`. Example: make dead-letters.
"""

import subprocess
import sys

from devstack import environment, keys
from devstack.folder import StackFolder
from devstack.ports import Ports
from devstack.recipes import ROOT


def main() -> int:
    """Answers the exit code of the module."""
    if len(sys.argv) < 3 or sys.argv[1] not in {*keys.PROCESSES, "client"}:
        print(__doc__, file=sys.stderr)
        return 2
    folder = StackFolder(ROOT / ".kontor")
    numbers = folder.recall("ports")
    if numbers is None:
        print("There is no stack yet; start one with `make demo`.", file=sys.stderr)
        return 1
    made = keys.load(folder.secrets)
    name, *module = sys.argv[1:]
    if name == "client":
        values = environment.for_client(ports=Ports(numbers), keys=made)
    else:
        values = environment.for_process(
            name, ports=Ports(numbers), keys=made, backups=folder.data("backups")
        )
    return subprocess.run([sys.executable, "-m", *module], env=values, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
