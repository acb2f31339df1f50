//! libsonic: the C interface of sonic.
//!
//! Functions here translate types and nothing else. Their documentation is that of `include/sonic/sonic.h`, which is
//! generated from this crate; a test keeps the two equal. Every Rust name that C sees is the C name.

#![expect(unsafe_code, reason = "a C interface is made of pointers")]
#![expect(non_camel_case_types, reason = "the names are those of C")]
#![expect(clippy::missing_safety_doc, reason = "the header states the rules once, for all functions")]

// Three floors: pointers and errors, nouns, calls. In the order of the header.
mod convert;

mod exclusive;

pub mod error;

mod options;

pub mod nouns;

pub mod calls;
