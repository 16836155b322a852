//! Events become the timeline: the one model that reports and the screen read.
//!
//! `builder` is the only writer of [`Trace`]. Each entity has a file that says what it holds.

pub mod attribution;
pub mod builder;
pub mod certificates;
pub mod configuration;
pub mod connection;
pub mod exchange;
pub mod id;
pub mod lookup;
pub mod messages;
pub mod model;
pub mod multiplex;
pub mod neighbor;
pub mod placing;
pub mod quic;
pub mod race;
pub mod refusal;
pub mod resolver;
pub mod row;
pub mod scale;
pub mod securing;
pub mod stall;
pub mod timing;
pub mod tls;
pub mod upgrade;
pub mod vantage;
pub mod visit;
pub mod waterfall;

pub use attribution::Attribution;
pub use configuration::Configured;
pub use connection::Connection;
pub use exchange::Exchange;
pub use id::{ConnectionId, ExchangeId, LookupId, NeighborId, ResolutionId, VisitId};
pub use lookup::{Lookup, Resolution};
pub use messages::Messages;
pub use model::{CaptureFacts, EntityId, Noted, ProtocolCount, Trace};
pub use neighbor::Neighbor;
pub use refusal::Refusal;
pub use timing::Timings;
pub use vantage::Vantage;
pub use visit::Visit;
