# Large objects: draws labels into buffers of 5 KiB and compresses them by run lengths.
from chance import Dice

WIDTH, HEIGHT = 128, 40


class Label:
    def __init__(self, number):
        self.number = number
        self.pixels = bytearray(WIDTH * HEIGHT)

    def box(self, x, y, width, height):
        row = b"\xff" * width
        for line in range(y, min(y + height, HEIGHT)):
            at = line * WIDTH + x
            self.pixels[at : at + width] = row

    def pack(self):
        # Pairs of length and value.
        packed = bytearray()
        pixels = self.pixels
        at = 0
        while at < len(pixels):
            value = pixels[at]
            end = at
            while end < len(pixels) and pixels[end] == value and end - at < 255:
                end += 1
            packed.append(end - at)
            packed.append(value)
            at = end
        return bytes(packed)


def unpack(packed):
    pixels = bytearray()
    for at in range(0, len(packed), 2):
        pixels.extend(bytes((packed[at + 1],)) * packed[at])
    return pixels


def draw():
    dice = Dice(7)
    black = pixels = checksum = 0
    shelf = []
    for number in range(24):
        label = Label(number)
        for _ in range(4):
            width, height = 8 + dice.roll(24), 4 + dice.roll(12)
            label.box(dice.roll(WIDTH - width), dice.roll(HEIGHT), width, height)
        packed = label.pack()
        assert unpack(packed) == label.pixels, "label %d came back changed" % number
        black += sum(1 for pixel in label.pixels if pixel)
        pixels += len(label.pixels)
        shelf.append(packed)
    for packed in shelf:
        for byte in packed:
            checksum = (checksum * 31 + byte) & 0xFFFFFF
    return "%d labels, %d pixels, %d black, %d bytes packed, checksum %d" % (
        len(shelf), pixels, black, sum(map(len, shelf)), checksum)
