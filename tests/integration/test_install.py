"""What `make install` puts where, and that the program looks for it there."""
import os
import pathlib
import re
import subprocess
import unittest

from postern import BINARY, ROOT, Folder, run


def output(*command):
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, check=True).stdout


def owner(path):
    """The package of a file; some know it by the path it had before /lib was in /usr."""
    done = subprocess.run(["dpkg", "-S", path, path.removeprefix("/usr")], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    return done.stdout.partition(":")[0]


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.remove)
        cls.root = cls.folder.path / "root"
        cls.install()

    @classmethod
    def install(cls):
        build = os.path.relpath(pathlib.Path(BINARY).parent, ROOT)
        done = subprocess.run(["make", "-s", "install", f"BUILD={build}", f"DESTDIR={cls.root}"], cwd=ROOT,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise AssertionError(done.stdout)

    def installed(self, path):
        return self.root / str(path).lstrip("/")

    def test_the_configuration_is_where_the_program_looks(self):
        default = re.search(r"\(default (\S+)\)", run("help", "run").stdout).group(1)
        self.assertTrue(self.installed(default).is_file())
        unit = self.installed("/usr/local/lib/systemd/system/postern.service").read_text()
        self.assertIn(f"ExecStart=/usr/local/sbin/postern run -c {default}\n", unit)

    def test_it_checks_and_weighs_by_the_stock_rules(self):
        path = self.installed("/etc/postern/postern.conf")
        text = path.read_text().replace("/etc/postern/", f"{self.root}/etc/postern/")
        done = run("check", "-c", self.folder.write("here.conf", text))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, '(?m)^verdict "tagged": tag, can fire')

    def test_the_package_depends_on_what_the_program_links(self):
        depends = re.search("(?m)^Depends: (.*)$", (ROOT / "deploy/mkdeb").read_text()).group(1)
        packages = {d.split()[0] for d in depends.split(",")}
        linked = re.findall(r"\(NEEDED\).*\[(.+)\]", output("readelf", "-d", BINARY))
        where = dict(re.findall(r"(\S+) => (\S+)", output("ldd", BINARY)))
        self.assertIn("libssl.so.3", linked)
        for library in linked:
            if not library.startswith(("ld-linux", "libasan", "libubsan")):
                self.assertIn(owner(os.path.realpath(where[library])), packages, library)

    def test_an_edited_configuration_stays(self):
        path = self.installed("/etc/postern/postern.conf")
        rules = next(self.installed("/etc/postern/rules").glob("*.cf"))
        before = path.read_text(), rules.read_text()
        for p, text in zip((path, rules), before):
            p.write_text(text + "# mine\n")
        self.install()
        for p, text in zip((path, rules), before):
            self.assertEqual(p.read_text(), text + "# mine\n")
            p.write_text(text)
