"""What a server writes while it starts, waited for."""
import threading


class Said:
    """Reads the pipe to its end, so that nobody waits for us to read, and looks for a line."""

    def __init__(self, pipe, is_it):
        self.pipe, self.is_it = pipe, is_it
        self.found = False
        self.over = threading.Event()  # it is found, or the pipe has ended
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.pipe:
            if not self.over.is_set() and self.is_it(line.decode(errors="replace")):
                self.found = True
                self.over.set()
        self.over.set()
        self.pipe.close()

    def wait(self, timeout):
        """Whether it was said."""
        return self.over.wait(timeout) and self.found
