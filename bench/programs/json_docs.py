# heap: 1050k, rounds: 100
# A service that holds documents, gets changes as JSON text, and answers with JSON text.
import gc
import json
import sys

DOCUMENTS = 1200


def order(n):
    lines = [{"item": "part-%d" % (n * 7 % 100 + i), "count": i + 1, "price": (n * 13 + i) % 500 / 4} for i in range(n % 4 + 1)]
    return {"id": n, "customer": {"name": "customer %d" % (n % 50), "city": ["Rome", "Oslo", "Bern"][n % 3]}, "lines": lines}


def main(rounds):
    gc.threshold(100000)  # keeps what stays together while it is made
    store = [None] * DOCUMENTS
    for n in range(DOCUMENTS):
        store[n] = order(n)
    gc.threshold(-1)
    total = 0
    for n in range(rounds * 10):
        document = json.loads(json.dumps(order(n * 31 % DOCUMENTS)))
        value = sum(line["count"] * line["price"] for line in document["lines"])
        store[document["id"]] = document
        answers = [json.dumps({"status": "ok", "of": store[(n * 7 + i) % DOCUMENTS], "value": value}) for i in range(4)]
        total += sum(len(answer) for answer in answers)
    print(total)


main(int(sys.argv[1]))
