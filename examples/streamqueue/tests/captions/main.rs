//! The service as its users meet it: the real program, over HTTP and WebSockets, with and without Redis, also when parts of it
//! are killed.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and says what it measured")]

mod chaos;
mod engine;
mod http;
mod load;
mod operating;
mod sockets;
mod support;
