"""Scans that mostly wait: they do so beside the other cases."""
import threading


class Beside(threading.Thread):
    """Runs `go` at once; `end` waits for it and raises what it raised.

    Farms are not made in `go`: whoever makes two at a time gets one port for both.
    """

    def __init__(self):
        super().__init__(daemon=True)
        self.failed = None
        self.start()

    def run(self):
        try:
            self.go()
        except Exception as error:  # told of by the case
            self.failed = error

    def go(self):
        raise NotImplementedError

    def end(self):
        self.join()
        if self.failed:
            raise self.failed
