"""Debian packages that are used without being installed: unpack-package, for Python."""
import pathlib
import subprocess

TOOL = pathlib.Path(__file__).resolve().parent / "unpack-package"


def unpacked(package):
    """The folder with the files of the package; None: it is not to be had, as without a network."""
    done = subprocess.run([TOOL, package], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True)
    return pathlib.Path(done.stdout.strip()) if done.returncode == 0 else None


def stock_rules():
    """The folder of SpamAssassin's rules, as Debian has them; None: as above."""
    folder = unpacked("spamassassin")
    return folder and folder / "usr/share/spamassassin"
