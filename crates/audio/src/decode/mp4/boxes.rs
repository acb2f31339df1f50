//! Boxes, of which MP4 and QuickTime files consist (ISO/IEC 14496-12, 4.2).

/// The name and the body of a box.
pub(in crate::decode) type Named<'a> = ([u8; 4], &'a [u8]);

/// The boxes in a slice; a damaged length ends the iteration.
pub(in crate::decode) struct Boxes<'a>(pub(in crate::decode) &'a [u8]);

impl<'a> Iterator for Boxes<'a> {
    type Item = Named<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let header = Header::parse(self.0)?;
        let end = header.end(self.0.len() as u64) as usize;
        let body = self.0.get(header.size as usize..end)?;
        self.0 = &self.0[end..];
        Some((header.name, body))
    }
}

/// The header of a box: its own size, the length of the whole box (zero: up to the end), its name.
pub(in crate::decode) struct Header {
    pub(in crate::decode) size: u64,
    pub(in crate::decode) length: u64,
    pub(in crate::decode) name: [u8; 4],
}

impl Header {
    pub(in crate::decode) fn parse(bytes: &[u8]) -> Option<Self> {
        let short = u64::from(word(bytes, 0)?);
        let name = bytes.get(4..8)?.try_into().ok()?;
        match short {
            1 => {
                let length = u64::from_be_bytes(bytes.get(8..16)?.try_into().ok()?);
                (length >= 16).then_some(Self { size: 16, length, name })
            }
            2..8 => None,
            length => Some(Self { size: 8, length, name }),
        }
    }

    fn end(&self, available: u64) -> u64 {
        if self.length == 0 { available } else { self.length }
    }
}

/// The body of the first box of that name.
pub(in crate::decode) fn child<'a>(body: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    Boxes(body).find(|b| b.0 == *name).map(|b| b.1)
}

/// The body of a box deep inside.
pub(in crate::decode) fn inside<'a>(body: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    path.iter().try_fold(body, |body, name| child(body, name))
}

/// A box.
pub(in crate::decode) fn boxed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat()
}

/// The 32-bit number at `at`.
pub(in crate::decode) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// The 16-bit number at `at`.
pub(in crate::decode) fn half(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?).into())
}

/// The offset of a field in a box whose version 1 has wide times in front of it.
pub(in crate::decode) fn versioned(body: &[u8], narrow: usize, wide: usize) -> usize {
    if body.first() == Some(&1) { wide } else { narrow }
}
