//! What became of a value, as the runs of bytes that are others: of a block of vectors a new one changes a part.
//!
//! ```text
//! bytes passed over u32 | length u32 | bytes
//! ```
//!
//! again and again, little-endian, over the old value cut or filled up with zeros to the length of the new one.

/// Equal bytes that end a run: fewer take less as a part of it.
const GAP: usize = 12;
const HEADER: usize = 8;

/// What makes `new` of `old`; `None` if that takes no less than `new` itself.
pub(super) fn diff(old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let was = |at: usize| old.get(at).copied().unwrap_or(0);
    let (mut out, mut at, mut passed) = (Vec::new(), 0, 0);
    while at < new.len() {
        if new[at] == was(at) {
            at += 1;
            continue;
        }
        let (begin, mut end) = (at, at + 1);
        at = end;
        while at < new.len() && at - end < GAP {
            if new[at] != was(at) {
                end = at + 1;
            }
            at += 1;
        }
        let (skip, length) = (u32::try_from(begin - passed).ok()?, u32::try_from(end - begin).ok()?);
        out.extend(skip.to_le_bytes());
        out.extend(length.to_le_bytes());
        out.extend(&new[begin..end]);
        (passed, at) = (end, end);
        if out.len() >= new.len() {
            return None;
        }
    }
    Some(out)
}

/// The value of `length` bytes that a patch makes of `old`; `None` if it is no patch of such a value.
pub(super) fn patched(old: &[u8], length: usize, mut patch: &[u8]) -> Option<Vec<u8>> {
    let mut new = old[..old.len().min(length)].to_vec();
    new.resize(length, 0);
    let mut at = 0_usize;
    while !patch.is_empty() {
        let (header, rest) = patch.split_at_checked(HEADER)?;
        let word =
            |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let (bytes, rest) = rest.split_at_checked(word(4) as usize)?;
        at = at.checked_add(word(0) as usize)?;
        let end = at.checked_add(bytes.len())?;
        new.get_mut(at..end)?.copy_from_slice(bytes);
        (at, patch) = (end, rest);
    }
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_makes_the_new_value_of_the_old_one() {
        let old: Vec<u8> = (0..2_000_u32).map(|n| (n * 7) as u8).collect();
        let mut changed = old.clone();
        [3, 4, 10, 700, 1_999].iter().for_each(|at| changed[*at] ^= 0x55);
        let longer = [&old[..], &[9; 30]].concat();
        for new in [&changed[..], &longer, &old[..1_500], &old] {
            let patch = diff(&old, new).unwrap();
            assert!(patch.len() < 120, "{}", patch.len());
            assert_eq!(patched(&old, new.len(), &patch).unwrap(), new);
        }
        let other: Vec<u8> = old.iter().map(|byte| !byte).collect();
        assert_eq!(diff(&old, &other), None);
        assert_eq!(diff(b"", b"new"), None);
    }

    #[test]
    fn what_is_no_patch_makes_nothing() {
        let patch = diff(&[1; 100], &[[1; 50], [2; 50]].concat()).unwrap_or_default();
        for wrong in [&patch[..patch.len() - 1], &[255; 8], &[0; 7]] {
            assert_eq!(patched(&[1; 100], 100, wrong), None);
        }
        assert_eq!(patched(&[1; 100], 60, &patch), None);
    }
}
