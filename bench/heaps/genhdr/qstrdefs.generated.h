// MicroPython's build makes this file; the heap needs one name.
QDEF0(MP_QSTRnull, 0, 0, "")
QDEF1(MP_QSTR___del__, 0, 7, "__del__")
