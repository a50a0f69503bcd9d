//! An exchange as a caller sent it, read and counted.

use crate::domain::Timestamp;
use crate::server::queue::dispatcher::{Decoded, Dispatcher};
use crate::wire::{contract, exchange_from_contract};

/// Reads an exchange that was received now. One that states no time is counted as such.
pub(super) fn read(
    exchange: contract::Exchange,
    received: Timestamp,
    dispatcher: &Dispatcher,
) -> Decoded {
    let timeless = exchange.time.is_empty();
    let read = exchange_from_contract(exchange, received, dispatcher.bounds());
    if timeless && read.is_ok() {
        dispatcher.count_timeless();
    }
    read
}
