// MicroPython's build makes this file; there are no root pointers here.
