//! DNS (RFC 1035) over UDP and TCP, and its relatives mDNS and LLMNR.

pub mod message;
