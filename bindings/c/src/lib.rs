//! libsonic: the C interface of sonic.
