# Targets of the Makefile at the top: MicroPython's unix port on libgcheap.

.PHONY: run repl

run: ## MicroPython on libgcheap runs the program in demo/, then reports about its heap
	@micropython=$$(scripts/build-micropython build/unix) && "$$micropython" -X heapsize=96k demo/main.py

repl: ## MicroPython's prompt, on libgcheap
	@micropython=$$(scripts/build-micropython build/unix) && exec "$$micropython"
