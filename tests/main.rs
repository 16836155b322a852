//! All integration tests, in one binary.

// Marked as tests so that the lints know: here an `expect` is how a test fails.
#[cfg(test)]
mod reports;
