"""Make .venv hold exactly the locked requirements; called by the Makefile with any Python 3.11 to 3.14.

``python bootstrap.py runtime`` or ``dev``. Nothing happens while the lock file's digest is the one that was installed.
Standard library only, and syntax that an older Python can still read, so that its refusal is one clear line.
"""

import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
LOCKS = {"runtime": "requirements.txt", "dev": "requirements-dev.txt"}


def stop(line):
    """End with one line on stderr."""
    sys.stderr.write(line + "\n")
    sys.exit(1)


def digest(kind):
    """What decides whether an installation is current: the lock file and the interpreter."""
    with open(os.path.join(ROOT, LOCKS[kind]), "rb") as lock:
        content = lock.read()
    return hashlib.sha256(content + sys.version.encode()).hexdigest()


def stamp(kind):
    """The file that remembers the digest installed last."""
    return os.path.join(VENV, "installed-" + kind)


def is_current(kind):
    """Whether this kind is installed as locked and the environment's Python still starts."""
    try:
        with open(stamp(kind)) as remembered:
            same = remembered.read() == digest(kind)
    except OSError:
        return False
    return same and starts()


def starts():
    """Whether .venv has a Python that runs, with pip."""
    try:
        return subprocess.call([PYTHON, "-c", "import pip"], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def make_venv():
    """Make .venv anew where it is absent or its interpreter has gone."""
    if starts():
        return
    print("Making .venv with Python %s.%s ..." % sys.version_info[:2], flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        stop(
            "Python at %s cannot make a virtual environment (on Debian: apt-get install python3-venv)."
            % sys.executable
        )


def install(kind):
    """Install the lock file with its hashes; leaves no stamp when pip fails."""
    lock = os.path.join(ROOT, LOCKS[kind])
    print("Installing %s (once per change of that file) ..." % LOCKS[kind], flush=True)
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--only-binary", ":all:", "-r", lock]
    if subprocess.call(command, cwd=ROOT) != 0:
        stop("pip could not install %s; its own message is above." % LOCKS[kind])
    with open(stamp(kind), "w") as remembered:
        remembered.write(digest(kind))


def main():
    """Install what the argument names."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 14):
        stop("Python 3.11 to 3.14 is needed, this is %s.%s." % sys.version_info[:2])
    kind = sys.argv[1] if len(sys.argv) == 2 else ""
    if kind not in LOCKS:
        stop("usage: python bootstrap.py runtime|dev")
    # The development lock holds everything the tower runs on, in the same versions.
    if is_current(kind) or (kind == "runtime" and is_current("dev")):
        return
    make_venv()
    install(kind)


if __name__ == "__main__":
    main()
