"""A real Exim, as server and as client.  Debian has it only instead of Postfix, so its package is unpacked, not
installed (unpack-package); its user, Debian-exim, exists for its processes alone (libnss-wrapper).
"""
import functools
import os
import pathlib
import subprocess

from peers import Program, listens, wait_until
from postern import PATIENCE, Folder, free_port, new_mails
from unpacked import unpacked

HERE = pathlib.Path(__file__).resolve().parent
# Who it runs as; its own list of users calls him Debian-exim.  Never root: the wrapper is not for programs that change
# their user.
UID = os.getuid() or 65533
AS_USER = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups"] if os.getuid() == 0 else []

CONFIG = """\
exim_path = {binary}
keep_environment = LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
deliver_drop_privilege = true
primary_hostname = exim.example
spool_directory = {dir}/spool
log_file_path = {dir}/log/%s
pid_file_path = {dir}/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_advertise_hosts =
host_lookup =
rfc1413_hosts =
rfc1413_query_timeout = 0s
recipient_unqualified_hosts =
log_selector = +all_parents +smtp_confirmation +received_recipients +outgoing_port
acl_smtp_rcpt = rcpt
acl_smtp_data = data
{prdr_enable}
{main}

begin acl
rcpt:
{rcpt}
  accept
prdr:
{prdr}
  accept
data:
{data}
  accept

begin routers
{gate_router}
box:
  driver = accept
  domains = example.net
  local_parts = {users}
  transport = box

begin transports
gate:
  driver = smtp
  allow_localhost
{smtp}
box:
  driver = appendfile
  directory = {dir}/mail/$local_part_data
  maildir_format
  envelope_to_add
  return_path_add

begin retry
* * F,1h,1s
"""

GATE_ROUTER = """\
gate:
  driver = manualroute
  route_list = * 127.0.0.1::{gate} byname
  self = send
  transport = gate
"""


@functools.cache
def binary():
    """The unpacked program; None when it cannot be had, as without a network."""
    folder = unpacked("exim4-daemon-light")
    return folder and folder / "usr/sbin/exim4"


class Exim(Program):
    """One Exim: takes mail on `port`, and files what is for USERS of example.net in Maildirs; or hands all of it to
    the gate on port `gate`.

    rcpt, data: statements of these ACLs, in front of "accept".  prdr: the same of acl_smtp_data_prdr, asked for each
    recipient once the message is there; None: PRDR is not offered.  main, smtp: further options, of the main part and
    of the transport that speaks SMTP (hosts_try_prdr = * is its default).
    """

    USERS = "b", "c", "d", "postmaster"

    def __init__(self, gate=None, prdr="", rcpt="", data="", main="", smtp=""):
        self.folder = Folder()
        self.dir = self.folder.path
        self.port = free_port()
        for name in "spool", "log", "mail":
            (self.dir / name).mkdir()
            os.chown(self.dir / name, UID, -1)
        self.env = dict(os.environ, LD_PRELOAD="libnss_wrapper.so",
                        NSS_WRAPPER_PASSWD=str(self._with_user("passwd", f"{UID}::/nonexistent:/usr/sbin/nologin")),
                        NSS_WRAPPER_GROUP=str(self._with_user("group", "")))
        offered = "prdr_enable = true\nacl_smtp_data_prdr = prdr" if prdr is not None else ""
        self.config = self.folder.write("exim.conf", CONFIG.format(
            binary=binary(), dir=self.dir, port=self.port, prdr_enable=offered, main=main, rcpt=rcpt,
            prdr=prdr or "", data=data, smtp=smtp, users=" : ".join(self.USERS),
            gate_router=GATE_ROUTER.format(gate=gate) if gate else ""))
        self.command = [*AS_USER, binary(), "-C", self.config]
        super().__init__(*self.command, "-bdf", "-q1s", env=self.env)
        wait_until(lambda: listens(self.port), f"Exim on {self.port}:\n{self.text()}")

    @staticmethod
    def missing():
        """Why it cannot be run here, or None."""
        return None if binary() else "Debian's package of Exim cannot be had"

    def _with_user(self, name, rest):
        ours = f"Debian-exim:x:{UID}:{rest}\n"
        return self.folder.write(name, (pathlib.Path("/etc") / name).read_text() + ours)

    def send(self, text, sender, *to):
        """Gives it a message, which it tries to deliver at once; for what became of it, see log()."""
        subprocess.run([*self.command, "-odf", "-oi", "-f", sender, *to], input=text, text=True,
                       env=self.env, check=True, timeout=PATIENCE)

    def log(self, name="main"):
        file = self.dir / "log" / name
        return file.read_text(errors="backslashreplace").splitlines() if file.exists() else []

    def wait_log(self, *words):
        """The first line of its log with all these words."""
        return wait_until(lambda: next((l for l in self.log() if all(w in l for w in words)), None),
                          f"{words} in the log of Exim:\n" + "\n".join(self.log()))

    def mails(self, user="b"):
        return new_mails(self.dir / "mail" / user)

    def close(self):
        super().close()
        self.folder.remove()
