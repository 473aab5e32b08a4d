"""Make the virtual environment that bitspike is compared in: `npm run peers`. Does nothing where it is up to date."""

import subprocess
import sys
import venv
from pathlib import Path

here = Path(__file__).parent
requirements = here / "requirements.txt"
compiled = here / "requirements-compiled.txt"
environment = here / "venv"
python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
# A copy of the requirements that were installed last.
stamp = environment / "requirements.txt"


def wanted() -> str:
    return requirements.read_text() + compiled.read_text()


def is_current() -> bool:
    return python.exists() and stamp.exists() and stamp.read_text() == wanted()


def pip_install(listed: Path) -> bool:
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", listed]
    return subprocess.run(command, check=False).returncode == 0


def install() -> None:
    print(f"Installing what {requirements.name} lists into {environment} ..", flush=True)
    if not python.exists():
        venv.create(environment, clear=True, with_pip=True)
    if not pip_install(requirements):
        sys.exit("pip could not install the packages; its message is above. Python 3.11 or newer is needed.")
    # Packages that do not load are told here, and not in the middle of a comparison.
    if subprocess.run([python, "-c", "import h5py, nir, nirtorch, snntorch"], check=False).returncode != 0:
        sys.exit("The packages were installed but cannot be loaded; Python's message is above.")
    if not pip_install(compiled):
        print(f"What {compiled.name} lists could not be compiled; npm run peers:xylo needs it, the others do not.")
    stamp.write_text(wanted())


if __name__ == "__main__":
    if not is_current():
        install()
    print("The Python environment is ready: npm run peers:check and peers:xylo compare, npm run bench measures.")
