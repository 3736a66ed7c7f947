//! What happens when the system refuses memory. The limits are set in children of this process.

use gcheap_standalone::memory::{AddressMap, Growing, Reservation};
use gcheap_standalone::os::{OutOfMemory, pages};

#[cfg(target_env = "gnu")]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
type Resource = libc::c_int;

const MIB: usize = 1 << 20;

/// Runs checks in a child process with a limit. They must not allocate. Returns the number of the first that fails, or 0.
fn failing_check(resource: Resource, limit: usize, checks: &[fn() -> bool]) -> i32 {
    let limit = libc::rlimit { rlim_cur: limit as libc::rlim_t, rlim_max: limit as libc::rlim_t };
    let mut status = -1;
    // SAFETY: the child makes system calls only, and leaves by _exit.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            libc::setrlimit(resource, &raw const limit);
            libc::_exit(checks.iter().position(|check| !check()).map_or(0, |index| index as i32 + 1));
        }
        libc::waitpid(child, &raw mut status, 0);
    }
    assert!(libc::WIFEXITED(status));
    libc::WEXITSTATUS(status)
}

#[test]
fn a_reservation_under_a_limit_of_address_space_leaves_room() {
    let failing = failing_check(
        libc::RLIMIT_AS,
        700 * MIB,
        &[|| {
            let Ok(reservation) = Reservation::new(1 << 30, MIB) else { return false };
            let fits = (MIB..1 << 30).contains(&reservation.bytes());
            fits && reservation.commit(0, reservation.bytes()).is_ok() && pages::map(reservation.bytes() / 2).is_ok()
        }],
    );
    assert_eq!(failing, 0);
}

#[test]
fn a_refused_commit_changes_nothing_and_a_smaller_one_succeeds() {
    let failing = failing_check(
        libc::RLIMIT_DATA,
        300 * MIB,
        &[|| {
            let Ok(reservation) = Reservation::new(1 << 30, 1 << 30) else { return false };
            reservation.commit(0, 16 * MIB).is_ok()
                && reservation.commit(0, 500 * MIB) == Err(OutOfMemory)
                && reservation.commit(16 * MIB, 16 * MIB).is_ok()
        }],
    );
    assert_eq!(failing, 0);
}

#[test]
fn containers_are_as_before_when_they_cannot_grow() {
    let failing = failing_check(
        libc::RLIMIT_DATA,
        100 * MIB,
        &[
            || {
                let mut vector = Growing::<usize>::new();
                while vector.push(vector.len()).is_ok() {}
                let length = vector.len();
                vector.push(0).is_err() && vector.as_slice().iter().copied().eq(0..length) && length > 1000
            },
            || {
                let mut map = AddressMap::<usize>::new();
                let mut key = 16;
                while map.insert(key, key).is_ok() {
                    key += 16;
                }
                let all_there = (16..key).step_by(16).all(|key| map.get(key) == Some(key));
                all_there && map.get(key).is_none() && map.len() == key / 16 - 1 && map.insert(16, 1) == Ok(Some(16))
            },
        ],
    );
    assert_eq!(failing, 0);
}
