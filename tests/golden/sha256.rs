//! SHA-256, written from FIPS 180-4: the one hash that every language's standard library has, but for ours.

/// The hash of `bytes` in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let primes: Vec<u32> = (2..312).filter(|n| (2..*n).all(|d| n % d != 0)).collect();
    let constants: Vec<u32> = primes.iter().map(|&p| root(p, 3)).collect();
    let mut state: Vec<u32> = primes.iter().take(8).map(|&p| root(p, 2)).collect();
    for block in padded(bytes).chunks_exact(64) {
        let mixed = rounds(&state, &schedule(block), &constants);
        state.iter_mut().zip(mixed).for_each(|(s, m)| *s = s.wrapping_add(m));
    }
    state.iter().map(|word| format!("{word:08x}")).collect()
}

/// The first 32 bits of the fraction of a prime's square or cube root, found by trial in whole numbers.
fn root(prime: u32, degree: u32) -> u32 {
    let target = u128::from(prime) << (32 * degree);
    let (mut low, mut high) = (0u128, 1 << 40);
    while high - low > 1 {
        let middle = (low + high) / 2;
        if middle.pow(degree) <= target { low = middle } else { high = middle }
    }
    low as u32
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut message = bytes.to_vec();
    message.push(0x80);
    message.resize((message.len() + 8).next_multiple_of(64) - 8, 0);
    message.extend((bytes.len() as u64 * 8).to_be_bytes());
    message
}

fn schedule(block: &[u8]) -> [u32; 64] {
    let mut w = [0u32; 64];
    for (word, bytes) in w.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |sum, &b| sum << 8 | u32::from(b));
    }
    for t in 16..64 {
        let (a, b) = (w[t - 15], w[t - 2]);
        let small = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
        let large = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
        w[t] = w[t - 16].wrapping_add(small).wrapping_add(w[t - 7]).wrapping_add(large);
    }
    w
}

fn rounds(state: &[u32], w: &[u32; 64], constants: &[u32]) -> [u32; 8] {
    let mut s: [u32; 8] = std::array::from_fn(|i| state[i]);
    for (&word, &constant) in w.iter().zip(constants) {
        let [a, b, c, d, e, f, g, h] = s;
        let high = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let first = h.wrapping_add(high).wrapping_add(choice).wrapping_add(constant).wrapping_add(word);
        let low = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let second = low.wrapping_add((a & b) ^ (a & c) ^ (b & c));
        s = [first.wrapping_add(second), a, b, c, d.wrapping_add(first), e, f, g];
    }
    s
}

#[test]
fn sha256_is_that_of_the_standard() {
    let known = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
    ];
    for (text, hash) in known {
        assert_eq!(sha256(text.as_bytes()), hash);
    }
}
