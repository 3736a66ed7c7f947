# Generators and many short strings: counts the words of a text that arrives in pieces.
TEXT = """The heap is a row of blocks. A head starts an object, tails follow it, and what is free is free. The collector
marks what the roots can reach, then sweeps the rest. A word that looks like a pointer counts as a pointer: the heap is
conservative. The lowest free run that is large enough wins. A small heap, often collected, is a busy heap; the program
above it should not notice. The mark stack is short, a list may be long, and a tree may be deep."""


def pieces(text, size):
    for at in range(0, len(text), size):
        yield text[at : at + size]


def lines(chunks):
    rest = ""
    for chunk in chunks:
        rest += chunk
        while "\n" in rest:
            line, rest = rest.split("\n", 1)
            yield line
    if rest:
        yield rest


def words(text):
    for line in lines(pieces(text, 17)):
        for word in line.split():
            word = word.strip(".,:;").lower()
            if word:
                yield word


def count():
    places = {}
    counts = {}
    total = 0
    for _ in range(200):
        for word in words(TEXT):
            places.setdefault(word, []).append(total)
            counts[word] = counts.get(word, 0) + 1
            total += 1
        # Only the last few places are kept; longer lists become garbage.
        for word in places:
            places[word] = places[word][-4:]
    most = sorted(counts, key=lambda word: (-counts[word], word))[:3]
    return "%d words, %d different, most: %s" % (
        total, len(counts), ", ".join("%s %d" % (word, counts[word]) for word in most))
