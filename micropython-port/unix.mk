# Targets of the Makefile at the top: MicroPython's unix port on libgcheap.

.PHONY: run repl

run: ## builds MicroPython on libgcheap, runs the program in demo/ on it, and reports about the heap
	@micropython=$$(scripts/build-micropython build/unix) && "$$micropython" -X heapsize=96k demo/main.py

repl: ## builds MicroPython on libgcheap and shows its prompt
	@micropython=$$(scripts/build-micropython build/unix) && exec "$$micropython"
