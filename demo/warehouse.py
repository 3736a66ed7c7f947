# Classes, exceptions and closures: orders arrive as JSON, are checked, and are then delivered or refused.
import json

from chance import Dice

NAMES = ("bolt", "nut", "washer", "spring", "gear", "belt", "lamp", "fuse", "relay", "switch")


class OrderError(Exception):
    pass


class UnknownItem(OrderError):
    pass


class OutOfStock(OrderError):
    def __init__(self, name, wanted, there):
        super().__init__(name, wanted, there)
        self.missing = wanted - there


class Item:
    def __init__(self, name, price, amount):
        self.name = name
        self.price = price
        self.amount = amount
        self.history = []

    def take(self, amount):
        if amount > self.amount:
            raise OutOfStock(self.name, amount, self.amount)
        self.amount -= amount
        self.history.append(-amount)

    def put(self, amount):
        self.amount += amount
        self.history.append(amount)

    @property
    def worth(self):
        return self.price * self.amount


class Warehouse:
    def __init__(self, seed):
        self.dice = Dice(seed)
        self.items = {name: Item(name, 7 + 11 * i, 200) for i, name in enumerate(NAMES)}
        self.delivered = 0
        self.refused = 0
        self.complaints = []

    def orders(self, day):
        # A customer sends text, and sometimes orders something that does not exist.
        for number in range(20):
            lines = []
            for _ in range(1 + self.dice.roll(4)):
                name = "dragon" if self.dice.roll(40) == 0 else self.dice.pick(NAMES)
                lines.append({"item": name, "amount": 1 + self.dice.roll(9)})
            yield json.dumps({"id": "%d-%d" % (day, number), "lines": lines})

    def deliver(self, order):
        undo = []
        try:
            for line in order["lines"]:
                name, amount = line["item"], line["amount"]
                if name not in self.items:
                    raise UnknownItem(name)
                item = self.items[name]
                item.take(amount)
                undo.append(lambda item=item, amount=amount: item.put(amount))
        except OrderError:
            for step in reversed(undo):
                step()
            raise
        self.delivered += 1

    def complain(self, order, why):
        self.refused += 1
        self.complaints = self.complaints[-9:] + [(order["id"], why)]

    def work(self, day):
        for text in self.orders(day):
            order = json.loads(text)
            try:
                self.deliver(order)
            except UnknownItem as e:
                self.complain(order, e.args[0])
            except OutOfStock as e:
                self.complain(order, e.missing)
        for item in self.items.values():
            if item.amount < 150:
                item.put(250)
            item.history = item.history[-20:]

    def summary(self):
        left = sum(item.amount for item in self.items.values())
        worth = sum(item.worth for item in self.items.values())
        orders = self.delivered + self.refused
        return "%d orders, %d delivered, %d refused, %d items left worth %d" % (
            orders, self.delivered, self.refused, left, worth)
