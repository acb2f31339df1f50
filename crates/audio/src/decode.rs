//! Turning foreign bytes into sound.
