//! A container in the emulator of Azure, which is made by a signed request.

use super::services::{AZURE_ACCOUNT, AZURE_KEY, request};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Makes the container `container` at the server at `port`.
pub(crate) fn create(port: u16) {
    let date = "Mon, 30 Nov 2026 04:00:00 GMT";
    let headers = format!("x-ms-date:{date}\nx-ms-version:2021-08-06\n");
    let resource = format!("/{AZURE_ACCOUNT}/{AZURE_ACCOUNT}/container\nrestype:container");
    let to_sign = format!("PUT\n\n\n\n\n\n\n\n\n\n\n\n{headers}{resource}");
    let key = STANDARD.decode(AZURE_KEY).unwrap();
    let signature = STANDARD.encode(hmac(&key, to_sign.as_bytes()));
    let status = request(
        port,
        &format!(
            "PUT /{AZURE_ACCOUNT}/container?restype=container HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\n\
             x-ms-date: {date}\r\nx-ms-version: 2021-08-06\r\nConnection: close\r\n\
             Authorization: SharedKey {AZURE_ACCOUNT}:{signature}\r\n\r\n"
        ),
    );
    assert!(status.contains(" 201 "), "{status}");
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 64;
    assert!(key.len() <= BLOCK);
    let padded =
        |with: u8| -> Vec<u8> { (0..BLOCK).map(|n| key.get(n).copied().unwrap_or(0) ^ with).collect() };
    let inner = Sha256::digest([&padded(0x36)[..], message].concat());
    Sha256::digest([&padded(0x5c)[..], &inner[..]].concat()).to_vec()
}
