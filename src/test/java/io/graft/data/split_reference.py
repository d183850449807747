"""Prints the expected validation images of StratifiedSplitTest and IterativeStratificationTest, computed from the specifications.

It implements java.util.Random and String.hashCode as their Javadoc defines them, the output function of SplitMix64, and
a Fisher-Yates shuffle from the end. For multi-label images it implements algorithm 1 of Sechidis, Tsoumakas and Vlahavas
(ECML PKDD 2011), with the first image of each class in training. ``classes_of`` defines the classes of image i.
"""
from fractions import Fraction

M64 = (1 << 64) - 1


class Random:
    def __init__(self, seed):
        self.state = (seed ^ 0x5DEECE66D) & ((1 << 48) - 1)

    def next(self, bits):
        self.state = (self.state * 0x5DEECE66D + 0xB) & ((1 << 48) - 1)
        value = self.state >> (48 - bits)
        return value - (1 << bits) if value >= 1 << (bits - 1) and bits == 32 else value

    def next_int(self, bound):
        r = self.next(31)
        m = bound - 1
        if bound & m == 0:
            return (bound * r) >> 31
        u = r
        while True:
            r = u % bound
            if u - r + m < 1 << 31:
                return r
            u = self.next(31)


def hash_code(text):
    h = 0
    for c in text:
        h = (31 * h + ord(c)) & 0xFFFFFFFF
    return h - (1 << 32) if h >= 1 << 31 else h


def mix(seed, stream):
    z = (seed + (stream + 1) * 0x9E3779B97F4A7C15) & M64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
    return z ^ (z >> 31)


def permutation(size, seed):
    order = list(range(size))
    random = Random(seed)
    for i in range(size - 1, 0, -1):
        j = random.next_int(i + 1)
        order[i], order[j] = order[j], order[i]
    return order


for label, size in enumerate([7, 5, 3]):
    name = f"class{label}"
    order = permutation(size, mix(42, hash_code(name)))
    held = max(1, min(size - 1, int(0.4 * size + 0.5)))
    print([f"{name}/{i:02d}.png" for i in sorted(order[:held])])


def classes_of(i):
    return {c for c in range(4) if i % (c + 2) == 0} | ({4} if i % 7 == 1 else set())


def iterative(labels, classes, fraction, seed):
    images = range(len(labels))
    order = permutation(len(labels), mix(seed, 0))
    share = {"train": 1 - fraction, "validation": fraction}
    part = {}

    def wants(p, c):
        of_class = [i for i in images if c is None or c in labels[i]]
        return share[p] * len(of_class) - sum(part.get(i) == p for i in of_class)

    while len(part) < len(labels):
        left = {c: sum(c in labels[i] and i not in part for i in images) for c in range(classes)}
        left = {c: n for c, n in left.items() if n}
        rarest = min(left, key=lambda c: (left[c], c)) if left else None
        for i in order:
            if i in part or (rarest is not None and rarest not in labels[i]):
                continue
            untrained = any(not any(part.get(j) == "train" and c in labels[j] for j in images) for c in labels[i])
            more = (wants("validation", rarest), wants("validation", None)) > (wants("train", rarest), wants("train", None))
            part[i] = "validation" if more and not untrained else "train"
    return [i for i in images if part[i] == "validation"]


print(iterative([classes_of(i) for i in range(40)], 5, Fraction(1, 4), 42))
