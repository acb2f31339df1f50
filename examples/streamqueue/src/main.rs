//! The `streamqueue` binary; everything is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(streamqueue::run(std::env::args().skip(1)))
}
