# The part of `unittest` that MicroPython's own tests use. The real one is in micropython-lib, which source packages leave
# out. run-tests.py reads the last four lines of main()'s output, so their form is fixed.
import sys


class SkipTest(Exception):
    pass


class _Raises:
    def __init__(self, expected):
        self.expected = expected
        self.exception = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        assert kind is not None, "%r not raised" % (self.expected,)
        if issubclass(kind, self.expected):
            self.exception = value
            return True
        return False


class TestCase:
    def fail(self, message=""):
        raise AssertionError(message)

    def skipTest(self, reason):
        raise SkipTest(reason)

    def assertTrue(self, x, message=""):
        assert x, message or "%r is not true" % (x,)

    def assertFalse(self, x, message=""):
        assert not x, message or "%r is not false" % (x,)

    def assertEqual(self, x, y, message=""):
        assert x == y, message or "%r != %r" % (x, y)

    def assertNotEqual(self, x, y, message=""):
        assert not x == y, message or "%r == %r" % (x, y)

    def assertIs(self, x, y, message=""):
        assert x is y, message or "%r is not %r" % (x, y)

    def assertIsNone(self, x, message=""):
        assert x is None, message or "%r is not None" % (x,)

    def assertIsInstance(self, x, kind, message=""):
        assert isinstance(x, kind), message or "%r is no %r" % (x, kind)

    def assertIn(self, x, y, message=""):
        assert x in y, message or "%r is not in %r" % (x, y)

    def assertRaises(self, expected, function=None, *args, **kwargs):
        context = _Raises(expected)
        if function is None:
            return context
        with context:
            function(*args, **kwargs)


def skip(reason):
    def decorate(function):
        def skipped(self):
            raise SkipTest(reason)

        return skipped

    return decorate


def skipIf(condition, reason):
    return skip(reason) if condition else lambda function: function


def skipUnless(condition, reason):
    return skipIf(not condition, reason)


def _call(object, name):
    if hasattr(object, name):
        getattr(object, name)()


def _run(test, name):
    _call(test, "setUp")
    try:
        getattr(test, name)()
    finally:
        _call(test, "tearDown")


def main(module="__main__"):
    ran = skipped = failures = errors = 0
    module = __import__(module)
    for name in sorted(dir(module)):
        kind = getattr(module, name)
        if not (isinstance(kind, type) and issubclass(kind, TestCase)):
            continue
        test = kind()
        _call(kind, "setUpClass")
        for method in sorted(dir(kind)):
            if not method.startswith("test"):
                continue
            ran += 1
            result = "ok"
            try:
                _run(test, method)
            except SkipTest as e:
                skipped += 1
                result = "skipped: " + str(e)
            except AssertionError as e:
                failures += 1
                result = "FAIL"
                sys.print_exception(e)
            except Exception as e:
                errors += 1
                result = "ERROR"
                sys.print_exception(e)
            print("%s (%s) ... %s" % (method, name, result))
        _call(kind, "tearDownClass")
    print("-" * 70)
    print("Ran %d tests" % ran)
    print("")
    if failures or errors:
        print("FAILED (failures=%d, errors=%d)" % (failures, errors))
    else:
        print("OK" + (" (skipped=%d)" % skipped if skipped else ""))
