//! All tests that cross layers, in one binary.

mod layers;
