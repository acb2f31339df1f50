//! The `sonic` command; everything is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(sonic_cli::run(std::env::args_os()))
}
