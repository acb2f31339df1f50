//! The `sonic-server` binary; everything is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(sonic_server::run(std::env::args_os()))
}
