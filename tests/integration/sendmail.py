"""A real Sendmail that takes mail and keeps it in its queue.  As Exim (exim.py) it is unpacked, not installed."""
import functools
import os
import pathlib

from peers import Program, listens, wait_until
from postern import Folder, free_port
from unpacked import unpacked

HERE = pathlib.Path(__file__).resolve().parent
USER = 65533

CONFIG = """\
V10/Berkeley
Djmta.example
DnMAILER-DAEMON
O QueueDirectory={dir}/queue
O DaemonPortOptions=Addr=127.0.0.1,Port={port},Name=MTA
O DeliveryMode=q
O PidFile={dir}/pid
O QueueLA=1000
O RefuseLA=1000
O Timeout.ident=0
O RunAsUser={user}:{user}
O TrustedUser={user}
O DeliverByMin=60
Troot
Mlocal, P=/bin/false, F=lsDFM:/|@q, S=0, R=0, T=DNS/RFC822/X-Unix, A=false
Mprog, P=/bin/sh, F=lsDFMoq, A=sh -c $u
S3
R$* < $* > $*\t\t$2
S0
R$*\t\t$#local $: $1
S5
S4
"""


@functools.cache
def files():
    """(program, folder of the library that nobody else needs), or None."""
    program, library = unpacked("sendmail-bin"), unpacked("libwrap0")
    if not program or not library:
        return None
    return program / "usr/libexec/sendmail/sendmail", next(library.glob("**/libwrap.so.0")).parent


class Sendmail(Program):
    """In a UTS namespace of its own: it insists on a host name with a domain."""

    def __init__(self):
        self.folder = Folder()
        self.dir = self.folder.path
        self.port = free_port()
        (self.dir / "queue").mkdir(mode=0o700)
        os.chown(self.dir / "queue", USER, USER)
        config = self.folder.write("sendmail.cf", CONFIG.format(dir=self.dir, port=self.port, user=USER))
        program, library = files()
        super().__init__("unshare", "--uts", "sh", "-c", 'hostname mta.example; exec "$0" "$@"', program, "-bD", "-C", config,
                         env=dict(os.environ, LD_LIBRARY_PATH=str(library)))
        wait_until(lambda: listens(self.port), f"Sendmail on {self.port}:\n{self.text()}")

    @staticmethod
    def missing():
        """Why it cannot be run here, or None."""
        if os.geteuid() != 0:
            return "Sendmail can only be started by root"
        return None if files() else "Debian's package of Sendmail cannot be had"

    def queued(self):
        """The control files of what it took, as text."""
        return [p.read_text(errors="replace") for p in (self.dir / "queue").glob("qf*")]

    def close(self):
        super().close()
        self.folder.remove()
