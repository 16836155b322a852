//! urltrace turns captured packets into the story of a browser visit.
#![doc = "WORK IN PROGRESS: the architecture page is written with the last room."]

pub mod address;
pub mod anomaly;
pub mod capture;
pub mod cli;
pub mod cursor;
pub mod flow;
pub mod limits;
pub mod packet;
pub mod pipeline;
pub mod protocol;
pub mod report;
pub mod time;
pub mod trace;
