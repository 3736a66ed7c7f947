//! The calling thread's registers.

use core::ffi::c_void;

unsafe extern "C" {
    fn gcheap_native_with_registers(visit: unsafe extern "C" fn(usize, *mut c_void), argument: *mut c_void);
}

/// Saves all registers that a function has to preserve on the stack, and calls `visit` with an address below them.
///
/// The words from there to the stack's base contain every pointer that the caller keeps in a register or on the stack.
/// The address is a multiple of the word size. It is valid only until `visit` returns. `visit` must not unwind.
pub fn with_registers<R>(visit: impl FnOnce(usize) -> R) -> R {
    struct Call<F, R> {
        visit: Option<F>,
        result: Option<R>,
    }

    unsafe extern "C" fn adapter<F: FnOnce(usize) -> R, R>(lowest: usize, argument: *mut c_void) {
        // SAFETY: the argument is the `Call` of the function below, which nothing else uses meanwhile.
        let call = unsafe { &mut *argument.cast::<Call<F, R>>() };
        if let Some(visit) = call.visit.take() {
            call.result = Some(visit(lowest - lowest % size_of::<usize>()));
        }
    }

    fn run<F: FnOnce(usize) -> R, R>(call: &mut Call<F, R>) {
        // SAFETY: the function calls the adapter once, with this argument, before it returns.
        unsafe { gcheap_native_with_registers(adapter::<F, R>, (&raw mut *call).cast()) }
    }

    let mut call = Call { visit: Some(visit), result: None };
    run(&mut call);
    match call.result {
        Some(result) => result,
        None => unreachable!("the native function calls the adapter"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often a value is found from the lowest address to the stack's base. The value comes disguised, so that looking
    /// for it does not put it on the stack.
    #[cfg(target_arch = "x86_64")]
    extern "C" fn count_on_stack(disguised: usize) -> usize {
        with_registers(|lowest| {
            let base = crate::roots::stack_bounds().unwrap().end;
            (lowest..base)
                .step_by(size_of::<usize>())
                // SAFETY: the stack in use is readable.
                .filter(|&address| unsafe { (address as *const usize).read_volatile() } == !disguised)
                .count()
        })
    }

    #[test]
    fn the_address_lies_below_all_locals() {
        let local = 5_usize;
        with_registers(|lowest| assert!(lowest <= (&raw const local).addr() && lowest % size_of::<usize>() == 0));
    }

    #[test]
    fn the_result_is_passed_on() {
        assert_eq!(with_registers(|_| 42), 42);
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn values_in_callee_saved_registers_are_found() {
        macro_rules! found_in {
            ($register:literal, $disguised:expr) => {{
                let found: usize;
                // SAFETY: the register is put back; the called function follows the C calling convention.
                unsafe {
                    core::arch::asm!(
                        concat!("mov r15, ", $register),
                        concat!("mov ", $register, ", rdi"),
                        concat!("not ", $register),
                        "call {probe}",
                        concat!("mov ", $register, ", r15"),
                        probe = sym count_on_stack,
                        in("rdi") $disguised,
                        out("r15") _,
                        lateout("rax") found,
                        clobber_abi("C"),
                    );
                }
                found
            }};
        }
        assert_eq!(count_on_stack(!0x5EED_0001_usize), 0);
        assert!(found_in!("rbx", !0x5EED_0001_usize) >= 1);
        assert!(found_in!("rbp", !0x5EED_0002_usize) >= 1);
        assert!(found_in!("r12", !0x5EED_0003_usize) >= 1);
        assert!(found_in!("r13", !0x5EED_0004_usize) >= 1);
        assert!(found_in!("r14", !0x5EED_0005_usize) >= 1);
    }
}
