# heap: 1700k, rounds: 120
# A simulated shop: events wait in order of time, and each one plans others. Many small tuples, lists and objects.
import gc
import heapq
import sys

HISTORY = 3000


class Customer:
    def __init__(self, number, basket):
        self.number = number
        self.basket = basket
        self.log = []


class Shop:
    def __init__(self):
        self.now = 0
        self.planned = []
        self.order = 0
        self.waiting = []
        self.served = 0
        self.history = [None] * HISTORY

    def plan(self, delay, action, customer):
        self.order += 1
        heapq.heappush(self.planned, (self.now + delay, self.order, action, customer))

    def enter(self, customer):
        customer.log.append(("enter", self.now))
        self.plan(5 * len(customer.basket) % 37 + 1, self.queue, customer)

    def queue(self, customer):
        customer.log.append(("queue", self.now))
        self.waiting.append(customer)
        self.plan(len(self.waiting) + 3, self.pay, None)

    def pay(self, _):
        customer = self.waiting.pop(0)
        customer.log.append(("pay", self.now))
        self.history[self.served % HISTORY] = customer
        self.served += 1

    def run(self, until):
        while self.planned and self.planned[0][0] <= until:
            self.now, _, action, customer = heapq.heappop(self.planned)
            action(customer)


def main(rounds):
    shop = Shop()

    def customers(numbers):
        for n in numbers:
            basket = ["thing %d" % (n * i % 91) for i in range(n % 6)]
            shop.plan(n % 50 + 1, shop.enter, Customer(n, basket))
            shop.run(n)

    gc.threshold(100000)  # keeps what stays together while it is made
    customers(range(HISTORY))
    gc.threshold(-1)
    customers(range(HISTORY, HISTORY + rounds * 20))
    print(shop.served, len(shop.planned), sum(len(customer.basket) for customer in shop.history if customer))


main(int(sys.argv[1]))
