//! Promise: who proves nothing comes to nothing, and who proves something to no more than that.

use crate::support::{ADMIN, READER, Running};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn stats(server: &Running, token: Option<&str>) -> u16 {
    server.send(Method::GET, "/v1/stats", token, &[], Vec::new()).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_needed_and_must_be_right() {
    let server = Running::start(&[]).await;
    assert_eq!(stats(&server, Some(READER)).await, 200);
    for wrong in
        [None, Some(""), Some("wrong"), Some(&READER[..READER.len() - 1]), Some("a.b.c"), Some("sonic_a_b")]
    {
        let refused = server.send(Method::GET, "/v1/stats", wrong, &[], Vec::new()).await;
        assert_eq!(refused.refused(401), "unauthorized", "{wrong:?}");
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    }
    for header in ["Basic dTpw", READER, "Bearer", "bearer  "] {
        let refused =
            server.send(Method::GET, "/v1/stats", None, &[("authorization", header)], Vec::new()).await;
        assert_eq!(refused.status, 401, "{header}");
    }
    for open in ["/health", "/ready", "/openapi.json"] {
        assert_eq!(server.send(Method::GET, open, None, &[], Vec::new()).await.status, 200, "{open}");
    }
    assert_eq!(server.send(Method::GET, "/metrics", None, &[], Vec::new()).await.status, 401);
    server.stop().await;
}

/// Every route but the public ones refuses who has no token, before it looks at anything else.
#[tokio::test(flavor = "multi_thread")]
async fn no_route_is_forgotten() {
    let server = Running::start(&["--rate", "10000"]).await;
    let document = server.get("/openapi.json").await.good();
    let mut count = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation.get("security").is_none() {
                continue;
            }
            let path: String = path
                .split('/')
                .map(|part| if part.starts_with('{') { "1" } else { part })
                .collect::<Vec<_>>()
                .join("/");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let refused = server.send(method.clone(), &path, None, &[], Vec::new()).await;
            // Whoever tries again and again is told to wait.
            assert!([401, 429].contains(&refused.status), "{method} {path}: {}", refused.status);
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_limited_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let server = Running::start(&["--keys", path.to_str().unwrap()]).await;
    let make = async |body: Value| server.json(Method::POST, "/v1/keys", &body).await.good();
    let made = make(json!({ "name": "host", "scope": "read", "rate": 1 })).await;
    let (id, token) =
        (made["key"]["id"].as_str().unwrap().to_owned(), made["token"].as_str().unwrap().to_owned());
    let expired = make(json!({ "name": "old", "scope": "admin", "expires_in_s": 0 })).await;
    assert_eq!(stats(&server, Some(&token)).await, 200);
    assert_eq!(stats(&server, expired["token"].as_str()).await, 401);
    let refused = server.send(Method::POST, "/v1/compact", Some(&token), &[], Vec::new()).await;
    assert_eq!(refused.refused(403), "forbidden");
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(stats(&server, Some(&token)).await);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    let listed = server.get("/v1/keys").await;
    assert!(!listed.text().contains(token.rsplit('_').next().unwrap()) && !listed.text().contains("hash"));
    assert_eq!(listed.good()["keys"].as_array().unwrap().len(), 2);
    assert!(server.delete(&format!("/v1/keys/{id}")).await.good()["revoked_at_ms"].is_u64());
    assert_eq!(stats(&server, Some(&token)).await, 401);
    for wrong in [
        json!({ "name": "", "scope": "read" }),
        json!({ "name": "x", "scope": "public" }),
        json!({ "name": "x", "scope": "root" }),
    ] {
        let status = server.json(Method::POST, "/v1/keys", &wrong).await.status;
        assert!([400, 422].contains(&status), "{wrong}: {status}");
    }
    server.stop().await;
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn claims(changes: &Value) -> Value {
    let mut claims = json!({
        "sub": "ann", "aud": "sonic", "iss": "https://issuer.example/", "exp": now_s() + 600, "scope": "openid sonic:read",
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

/// A token with what signs it.
fn token(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let signature = encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// Who signs tokens, with keys of their own.
struct Issuer {
    random: SystemRandom,
    ec: EcdsaKeyPair,
    rsa: rsa::RsaPrivateKey,
    rsa_pair: RsaKeyPair,
}

impl Issuer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let ec = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let rsa = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
        let rsa_pair = RsaKeyPair::from_der(rsa.to_pkcs1_der().unwrap().as_bytes()).unwrap();
        Self { random, ec, rsa, rsa_pair }
    }

    fn jwks(&self) -> Value {
        let (x, y) = self.ec.public_key().as_ref()[1..].split_at(32);
        let (n, e) = (encode(self.rsa.n().to_bytes_be()), encode(self.rsa.e().to_bytes_be()));
        json!({ "keys": [
            { "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "ec", "x": encode(x), "y": encode(y) },
            { "kty": "RSA", "alg": "RS256", "kid": "rsa", "n": n, "e": e },
        ] })
    }

    fn es256(&self, message: &[u8]) -> Vec<u8> {
        self.ec.sign(&self.random, message).unwrap().as_ref().to_vec()
    }

    fn rs256(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.rsa_pair.public().modulus_len()];
        self.rsa_pair.sign(&RSA_PKCS1_SHA256, &self.random, message, &mut signature).unwrap();
        signature
    }

    /// A public key as the secret of an HMAC.
    fn with_public_key(&self, message: &[u8]) -> Vec<u8> {
        let key = encode(self.rsa.n().to_bytes_be());
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.as_bytes());
        ring::hmac::sign(&key, message).as_ref().to_vec()
    }

    /// A token by ES256 with changed claims.
    fn ec(&self, changes: Value) -> String {
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": "ec" });
        token(&header, &claims(&changes), |message| self.es256(message))
    }

    /// A token by RS256 with changed claims.
    fn rs(&self, changes: Value) -> String {
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": "rsa" });
        token(&header, &claims(&changes), |message| self.rs256(message))
    }

    /// Tokens that nobody is to take.
    fn wrong(&self) -> Vec<String> {
        let good = self.ec(json!({}));
        let (head, rest) = good.split_once('.').unwrap();
        let signature = rest.split_once('.').unwrap().1;
        let other = encode(claims(&json!({ "sub": "bob" })).to_string());
        let plain = claims(&json!({}));
        let header = |alg: &str, kid: &str| json!({ "alg": alg, "kid": kid });
        vec![
            self.ec(json!({ "exp": now_s() - 600 })),
            self.ec(json!({ "nbf": now_s() + 600 })),
            self.ec(json!({ "aud": "other" })),
            self.ec(json!({ "iss": "https://other.example/" })),
            self.ec(json!({ "exp": null })),
            self.ec(json!({ "sub": null })),
            token(&header("ES256", "unknown"), &plain, |message| self.es256(message)),
            token(&header("ES256", "rsa"), &plain, |message| self.es256(message)),
            token(&header("RS256", "rsa"), &plain, |message| self.es256(message)),
            token(&header("none", "ec"), &plain, |_| Vec::new()),
            token(&header("HS256", "rsa"), &plain, |message| self.with_public_key(message)),
            good[..good.len() - 1].to_owned(),
            format!("{head}.{other}.{signature}"),
        ]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn web_tokens_of_the_issuer_are_taken_and_no_others() {
    let issuer = Issuer::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    std::fs::write(&path, issuer.jwks().to_string()).unwrap();
    let jwks = path.to_str().unwrap();
    let iss = "https://issuer.example/";
    let server = Running::start(&["--jwks", jwks, "--jwt-audience", "sonic", "--jwt-issuer", iss]).await;
    for good in [
        issuer.ec(json!({})),
        issuer.rs(json!({})),
        issuer.ec(json!({ "aud": ["other", "sonic"] })),
        // Clocks differ.
        issuer.ec(json!({ "exp": now_s() - 30 })),
    ] {
        assert_eq!(stats(&server, Some(&good)).await, 200, "{good}");
    }
    let compact = async |token: &str| {
        server.send(Method::POST, "/v1/compact", Some(token), &[], Vec::new()).await.status
    };
    assert_eq!(compact(&issuer.ec(json!({}))).await, 403);
    assert_eq!(compact(&issuer.rs(json!({ "scope": "sonic:admin" }))).await, 200);
    assert_eq!(stats(&server, Some(&issuer.ec(json!({ "scope": "openid" })))).await, 403);
    for wrong in issuer.wrong() {
        assert_eq!(stats(&server, Some(&wrong)).await, 401, "{wrong}");
    }
    server.stop().await;
}

/// Answers every connection with this JSON; gives where, and how many there were.
async fn publish(json: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            let _ = stream.read(&mut [0; 4096]).await;
            let length = json.len();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(&[head.as_bytes(), json.as_bytes()].concat()).await;
        }
    });
    (url, count)
}

#[tokio::test(flavor = "multi_thread")]
async fn public_keys_are_fetched_seldom_and_from_public_addresses() {
    let issuer = Issuer::new();
    let (url, count) = publish(issuer.jwks().to_string()).await;
    let more = ["--jwt-audience", "sonic", "--jwt-issuer", "https://issuer.example/"];
    let server = Running::start(&[&["--jwks", &url, "--allow-private"][..], &more].concat()).await;
    for _ in 0..5 {
        assert_eq!(stats(&server, Some(&issuer.ec(json!({})))).await, 200);
    }
    let unknown = token(&json!({ "alg": "ES256", "kid": "new" }), &claims(&json!({})), |m| issuer.es256(m));
    for _ in 0..5 {
        assert_eq!(stats(&server, Some(&unknown)).await, 401);
    }
    assert_eq!(count.load(Ordering::Relaxed), 1);
    server.stop().await;
    for private in [url.as_str(), "https://127.0.0.1/jwks", "https://[::1]/jwks"] {
        let folder = tempfile::tempdir().unwrap();
        let settings = crate::support::settings(folder.path(), &[&["--jwks", private][..], &more].concat());
        assert!(sonic_server::Server::start(settings).await.is_err(), "{private}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_url_opens_what_it_names_and_nothing_else() {
    let secret = "0123456789abcdef0123456789abcdef";
    let server = Running::start(&["--url-secret", secret]).await;
    let signed = server.post("/v1/faces/7/thumbnail/url?seconds=60", Vec::new()).await.good();
    let url = signed["url"].as_str().unwrap().to_owned();
    // It may come in; there is no such face.
    assert_eq!(server.send(Method::GET, &url, None, &[], Vec::new()).await.refused(404), "not_found");
    let query = url.split_once('?').unwrap().1;
    for (path, status) in [
        (format!("/v1/faces/8/thumbnail?{query}"), 403),
        (format!("{url}0"), 403),
        (url.replacen("expires=1", "expires=2", 1), 403),
        (format!("/v1/stats?{query}"), 401),
        ("/v1/faces/7/thumbnail".to_owned(), 401),
    ] {
        assert_eq!(server.send(Method::GET, &path, None, &[], Vec::new()).await.status, status, "{path}");
    }
    server.stop().await;
    let without = Running::start(&[]).await;
    assert_eq!(
        without.send(Method::POST, "/v1/faces/7/thumbnail/url", Some(ADMIN), &[], Vec::new()).await.status,
        404
    );
    without.stop().await;
}
