//! Taking notes for the statistics ([`super::statistics`]).

use super::numbers::Statistics;
use crate::config::STATISTICS;
use crate::context::Context;
use crate::host::Host;

/// Changes the statistics, if there are any.
#[inline(always)]
pub(crate) fn note<H: Host>(context: Context<H>, change: impl FnOnce(&mut Statistics)) {
    if STATISTICS {
        if let Some(mut numbers) = context.host().statistics() {
            // SAFETY: I14: the host lends them to the heap alone, and `change` calls no host.
            change(unsafe { numbers.as_mut() });
        }
    }
}
