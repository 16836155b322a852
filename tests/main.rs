//! All tests that cross layers, in one binary.

// `cfg(test)` is always true here; it is what tells Clippy that helpers of tests are tests too.
#[cfg(test)]
mod cli;
#[cfg(test)]
mod configurations;
#[cfg(test)]
mod conversations;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod determinism;
#[cfg(test)]
mod differential;
#[cfg(test)]
mod estimates;
mod fuzzing;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod lookups;
#[cfg(test)]
mod memory;
mod messages;
#[cfg(test)]
mod overtaken;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod registry;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod safety;
#[cfg(test)]
mod slices;
#[cfg(test)]
mod stalls;
#[cfg(test)]
mod support;
#[cfg(test)]
mod traps;
#[cfg(test)]
mod tunnels;
#[cfg(test)]
mod visits;
