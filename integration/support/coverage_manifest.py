# ports/unix/variants/coverage/manifest.py without the parts from micropython-lib, which source packages leave out.
freeze_as_str("$(PORT_DIR)/variants/coverage/frzstr")
freeze_as_mpy("$(PORT_DIR)/variants/coverage/frzmpy")
freeze_mpy("$(MPY_DIR)/tests/frozen")
include("$(MPY_DIR)/extmod/asyncio")
