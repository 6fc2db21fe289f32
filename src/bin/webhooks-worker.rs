//! The worker's process: arguments in, exit code out.

fn main() {}
