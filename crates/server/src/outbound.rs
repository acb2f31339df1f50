//! What the server connects to by itself: addresses of public keys and of callbacks, and nothing else.
//!
//! Only https, no redirects, no proxy, no credentials in addresses, and no private networks unless that is allowed. What is
//! looked at is the very address that is connected to: names are resolved here, and whoever answers a second question in
//! another way gains nothing.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use url::{Host, Url};

/// How long a connection and an answer may take.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(15);

/// A client for the few addresses that are connected to.
pub(crate) struct Outbound {
    /// Made if there is anything to connect to: it needs the system's certificates.
    client: Option<reqwest::Client>,
    allow_private: bool,
}

impl Outbound {
    /// # Errors
    /// If the system has no TLS roots.
    pub(crate) fn new(allow_private: bool, is_used: bool) -> sonic::Result<Self> {
        let client = is_used.then(|| client(allow_private)).transpose()?;
        Ok(Self { client, allow_private })
    }

    fn client(&self) -> Result<&reqwest::Client, String> {
        self.client.as_ref().ok_or_else(|| "nothing is connected to from here".to_owned())
    }

    /// That an address may be connected to, as far as it shows.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn check(&self, address: &str) -> Result<Url, String> {
        let url = Url::parse(address).map_err(|e| format!("{address:?} is no address: {e}"))?;
        let is_plain = url.scheme() == "http" && self.allow_private;
        if url.scheme() != "https" && !is_plain {
            return Err("only https is connected to".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address has no credentials in it".to_owned());
        }
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            Some(Host::Domain(_)) => None,
            None => return Err("an address names a host".to_owned()),
        };
        match ip {
            Some(ip) if !self.allow_private && !is_public(ip) => Err(format!("{ip} is a private address")),
            _ => Ok(url),
        }
    }

    /// What is at an address.
    ///
    /// # Errors
    /// Why there is nothing.
    pub(crate) async fn get(&self, address: &str, max_bytes: usize) -> Result<Vec<u8>, String> {
        let request = self.client()?.get(self.check(address)?);
        let mut response = request.send().await.map_err(|e| said(&e))?;
        if !response.status().is_success() {
            return Err(format!("the answer is {}", response.status()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| said(&e))? {
            if bytes.len() + chunk.len() > max_bytes {
                return Err(format!("the answer has more than {max_bytes} bytes"));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Sends JSON to an address.
    ///
    /// # Errors
    /// Why it was not taken.
    pub(crate) async fn post(
        &self,
        address: &str,
        headers: Vec<(&'static str, String)>,
        body: String,
    ) -> Result<(), String> {
        let request = self.client()?.post(self.check(address)?).header("content-type", "application/json");
        let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        let response = request.body(body).send().await.map_err(|e| said(&e))?;
        match response.status() {
            status if status.is_success() => Ok(()),
            status => Err(format!("the answer is {status}")),
        }
    }
}

fn client(allow_private: bool) -> sonic::Result<reqwest::Client> {
    // Without effect if one is installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .dns_resolver(std::sync::Arc::new(Checked { allow_private }))
        .build()
        .map_err(|e| sonic::Error::new(sonic::ErrorKind::Io, "cannot make a client").with_source(e))
}

/// An error with what is behind it.
fn said(error: &reqwest::Error) -> String {
    let mut said = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        said = format!("{said}: {error}");
        source = error.source();
    }
    said
}

/// Resolves names, and gives public addresses only.
struct Checked {
    allow_private: bool,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let good: Vec<SocketAddr> =
                found.filter(|address| allow_private || is_public(address.ip())).collect();
            if good.is_empty() {
                return Err(format!("{} has no public address", name.as_str()).into());
            }
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}

/// True for an address of the public internet.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let is_special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_broadcast()
        || ip.is_documentation();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_benchmark = a == 198 && (18..20).contains(&b);
    let is_protocol = (a, b, c) == (192, 0, 0) || (a, b, c) == (192, 88, 99);
    !(is_special || is_shared || is_benchmark || is_protocol || a == 0 || a >= 240)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let parts = ip.segments();
    // Addresses that have one of the fourth version within: mapped, compatible, translated, 6to4, Teredo.
    let low = Ipv4Addr::from((u32::from(parts[6]) << 16) | u32::from(parts[7]));
    match parts {
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => is_public_v4(low),
        [0x2002, high, rest, ..] => is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(rest))),
        [0x2001, 0, ..] | [0x2001, 0xdb8, ..] => false,
        // Only this range is given out.
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_in_every_form() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "203.0.113.9",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "::ffff:1.1.1.1"] {
            let expected = !public.is_empty();
            assert_eq!(is_public(public.parse().unwrap()), expected, "{public}");
        }
    }

    #[test]
    fn addresses_that_show_what_they_are_are_refused_at_once() {
        let outbound = Outbound::new(false, true).unwrap();
        for refused in [
            "http://example.org/",
            "file:///etc/passwd",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:169.254.169.254]/",
            "https://user:word@example.org/",
            "no address",
        ] {
            assert!(outbound.check(refused).is_err(), "{refused}");
        }
        assert!(outbound.check("https://example.org/hook").is_ok());
    }

    #[tokio::test]
    async fn a_name_that_leads_to_a_private_address_is_not_connected_to() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let outbound = Outbound::new(false, true).unwrap();
        let refused = outbound.get(&format!("https://localhost:{port}/"), 10).await.unwrap_err();
        assert!(refused.contains("no public address"), "{refused}");
    }
}
