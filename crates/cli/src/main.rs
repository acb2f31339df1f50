//! The `sonic` command.

fn main() {}
