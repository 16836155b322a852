//! All tests that cross layers, in one binary.

mod layers;
// Marked as tests so that the lints know: here an `expect` is how a test fails.
#[cfg(test)]
mod reports;
