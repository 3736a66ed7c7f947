# Pseudo-random numbers, the same in every run.


class Dice:
    def __init__(self, seed):
        self._state = seed

    def roll(self, sides):
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._state >> 8) % sides

    def pick(self, sequence):
        return sequence[self.roll(len(sequence))]
