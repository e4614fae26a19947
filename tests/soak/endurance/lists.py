"""Long lists: everything answered or told of once, in memory that only the names need."""
import os
import threading

from labkit.cases import case, holds, same

from .stage import HEAD, Scan, Stage, Watch, command, either

NAME_BYTES = 24        # PERFORMANCE.md's goal 4
SLACK_KIB = 6 * 1024   # what else may come: caches that fill, a heap in pieces
MALFORMED = ("not a domain {}", "user{}@example.test", "http://example{}.test/", "a..b{}.test",
             "nul\x01{}.test", "x{}." + "long" * 1200)


class Mix:
    """The lines of a list, and what has to come of them."""

    def __init__(self, count):
        self.count, self.malformed, self.absent, self.shared = count, [], 0, 0

    def line(self, number):
        """Line `number`, from 1."""
        kind = number % 20
        if kind == 7:
            self.malformed.append(number)
            return MALFORMED[number // 20 % len(MALFORMED)].format(number)
        if kind == 13 and self.absent > 10:
            return f"N{self.absent - 10:07d}.TEST."  # named before
        if kind in (3, 9, 15) and self.shared < Stage.plan.domains:
            self.shared += 1
            return f"d{self.shared - 1:05d}.test"
        if number % 1000 == 18:
            return "# a comment" if kind == 18 else ""
        self.absent += 1
        return f"n{self.absent - 1:07d}.test"

    def feed(self, fd):
        with os.fdopen(fd, "w", encoding="ascii", newline="\n") as pipe:
            for number in range(1, self.count + 1):
                pipe.write(self.line(number) + "\n")


class Answers:
    """Takes the results as they come, and keeps no more of them than who was answered."""

    def __init__(self):
        self.seen = {b"n": set(), b"d": set()}
        self.wrong = []
        self.count = 0

    def take(self, line):
        name = line[len(HEAD):line.index(b'"', len(HEAD))]
        kind, number = name[:1], int(name[1:-len(b".test")])
        right = b'"status":"nxdomain"' if kind == b"n" else b'"verdict":"ok"'
        if not line.startswith(HEAD) or not line.endswith(b"}\n") or right not in line or \
                number in self.seen[kind]:
            self.wrong.append(line[:200])
        self.seen[kind].add(number)
        self.count += 1


def grown(watch, baseline):
    """KiB beyond what the names since `baseline` of them may take, at the worst moment."""
    later = [(answered, resident) for _, answered, resident, _ in watch.seen
             if answered >= baseline]
    holds("looks at the memory after the start", len(later) > 2, len(later))
    names, at_first = later[0]
    return max(resident - at_first - (answered - names) * NAME_BYTES / 1024
               for answered, resident in later)


@case()
def a_long_list_through_a_pipe_costs_its_names_and_nothing_more():
    mix, answers = Mix(either(40_000, 1_000_000)), Answers()
    sink = Stage.servers.sink()
    reader, writer = os.pipe()
    lines_in, lines_out = os.pipe()
    scan = Scan(command(sink, "--progress", "never"), stdin=reader, stdout=lines_out)
    os.close(reader)
    os.close(lines_out)
    watch = Watch(scan, lambda: answers.count, every_s=either(0.2, 1.0))
    feeder = threading.Thread(target=mix.feed, args=(writer,))
    feeder.start()
    with os.fdopen(lines_in, "rb") as lines:
        for line in lines:
            answers.take(line)
    feeder.join()
    same("exit status", scan.wait(), 3)
    same("wrong lines", answers.wrong[:2], [])
    same("names that do not exist", answers.seen[b"n"], set(range(mix.absent)))
    same("names on shared hosts", answers.seen[b"d"], set(range(mix.shared)))
    told = [line.split(":")[1] for line in scan.said().splitlines()]
    same("malformed lines", told, [f" line {number}" for number in mix.malformed])
    seconds, peak = watch.seen[-1][0], watch.peak_kib()
    extra = grown(watch, either(10_000, 50_000))
    print(f"    {mix.count} lines in {seconds:.0f} s, {answers.count / seconds:.0f} domains/s, "
          f"at most {peak / 1024:.0f} MiB, {extra:.0f} KiB beyond {NAME_BYTES} bytes a name")
    holds("memory is flat", Stage.sanitized or extra < SLACK_KIB, extra)
