"""Make the virtual environments that bitspike is compared in: `npm run peers`. Does nothing where they are up to date."""

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

here = Path(__file__).parent


@dataclass(frozen=True)
class Peer:
    """What pip is asked for, call by call, and what has to load afterwards."""

    # Of numpy 2 or of numpy 1: no environment holds all peers.
    environment: str
    calls: tuple[tuple[str, ...], ...]
    modules: str
    # What cannot be done without it.
    needed_by: str


numpy1 = "numpy==1.26.4", "scipy==1.17.1"
layer = "layer-against-emulators leaves it out"
snntorch = Peer(
    "venv",
    (("-r", str(here / "requirements.txt")),),
    "h5py, nir, nirtorch, snntorch",
    "npm run peers:check and npm run bench need it",
)
peers = {
    "snnTorch": snntorch,
    # Compiled by pip, with a C++ compiler.
    "xylosim": Peer("venv", (("xylosim==0.1.3",),), "xylosim.v1", f"npm run peers:xylo needs it, {layer}"),
    # Its other requirements drive hardware, or ask for an older nir, which its layers do without.
    "sinabs": Peer("venv", (("pbr==7.1.3", "matplotlib==3.11.2"), ("--no-deps", "sinabs==3.1.3")), "sinabs.layers", layer),
    "nengo-loihi": Peer("venv-numpy1", ((*numpy1, "nengo==4.1.0", "nengo-loihi==1.1.0"),), "nengo_loihi", layer),
    "Brian 2": Peer("venv-numpy1", ((*numpy1, "Brian2==2.9.0"),), "brian2", layer),
    # The release asks for a Python before 3.11; layer_lava.py says what it takes to go without.
    "Lava": Peer(
        "venv-numpy1",
        (
            (*numpy1, "networkx==2.8.7", "asteval==0.9.33", "scikit-learn==1.9.1"),
            ("--no-deps", "--ignore-requires-python", "lava-nc==0.10.0"),
        ),
        "lava.magma.core",
        layer,
    ),
}


def python_of(peer: Peer) -> Path:
    return here / peer.environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def stamp_of(name: str) -> Path:
    """Holds what was asked for when the peer was installed last."""
    return here / peers[name].environment / f"{name}.installed"


def wanted(peer: Peer) -> str:
    files = [Path(word).read_text() for call in peer.calls for word in call if word.endswith(".txt")]
    return "\n".join([*(" ".join(call) for call in peer.calls), *files])


def is_current(name: str) -> bool:
    stamp = stamp_of(name)
    return python_of(peers[name]).exists() and stamp.exists() and stamp.read_text() == wanted(peers[name])


def install(name: str) -> bool:
    peer = peers[name]
    python = python_of(peer)
    print(f"Installing {name} into {python.parents[1]} ..", flush=True)
    if not python.exists():
        venv.create(python.parents[1], clear=True, with_pip=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    commands = [[*pip, *call] for call in peer.calls]
    # What does not load is told here, and not in the middle of a comparison.
    commands.append([python, "-W", "ignore", "-c", f"import {peer.modules}"])
    for command in commands:
        if subprocess.run(command, check=False).returncode != 0:
            print(f"{name} could not be installed or loaded; the message is above. {peer.needed_by}.")
            return False
    stamp_of(name).write_text(wanted(peer))
    return True


def main() -> None:
    missing = [name for name in peers if not is_current(name) and not install(name)]
    if "snnTorch" in missing:
        sys.exit("Without snnTorch nothing can be compared. Python 3.11 or newer is needed.")
    rest = f", without {', '.join(missing)}" if missing else ""
    print(f"The Python environments are ready{rest}: npm run peers:check and peers:xylo compare, npm run bench measures.")


if __name__ == "__main__":
    main()
