//! From a source to a trace: the one place that knows every stage.
//!
//! ```text
//!   source -- dispatch --+-- worker: 64/n shards --+-- merge -- TraceBuilder
//!   (reads, counts,      +-- worker                +   (by Order)
//!    hashes, ticks)      +-- ...                   +
//! ```
//!
//! Packets travel in rounds. Each worker is given the packets of its shards in a round, and gives
//! back their events; the merge waits for all of them and applies the events in order. So the
//! number of threads changes the speed and never the output.

mod counts;
mod dispatch;
mod merge;
pub mod run;
mod shard;
pub mod watch;

pub use run::{Outcome, Settings, run};
pub use watch::{RunError, Watch};
