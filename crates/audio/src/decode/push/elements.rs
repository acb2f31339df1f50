//! Which elements of Matroska may follow each other, by which lost bytes and cut slices are told.

use super::super::matroska::{Element, vint};
use super::webm::MAX_ELEMENT;

pub(super) const EBML: u32 = 0x1a45_dfa3;
pub(super) const SEGMENT: u32 = 0x1853_8067;
pub(super) const INFO: u32 = 0x1549_a966;
pub(super) const TRACKS: u32 = 0x1654_ae6b;
pub(super) const CLUSTER: u32 = 0x1f43_b675;
pub(super) const TIMECODE: u32 = 0xe7;
pub(super) const SIMPLE_BLOCK: u32 = 0xa3;
pub(super) const BLOCK_GROUP: u32 = 0xa0;
pub(super) const BLOCK: u32 = 0xa1;
pub(super) const DISCARD_PADDING: u32 = 0x75a2;
/// Void, CRC-32, PrevSize, Position, BlockDuration, ReferenceBlock.
const SMALL: [u32; 6] = [0xec, 0xbf, 0xab, 0xa7, 0x9b, 0xfb];
/// SeekHead, Cues, Tags, Chapters, Attachments.
const LARGE: [u32; 5] = [0x114d_9b74, 0x1c53_bb6b, 0x1254_c367, 0x1043_a770, 0x1941_a469];
/// Elements of the header of a file; each has an element below EBML's.
const EBML_HEADER: [u32; 7] = [0x4286, 0x42f7, 0x42f2, 0x42f3, 0x4282, 0x4287, 0x4285];

/// Elements in a row that prove where one begins.
const PROOF: usize = 3;
/// First bytes that Chromium leaves behind: of a block, a Cluster, a header.
const LEFT_BEHIND: [u8; 3] = [0xa3, 0x1f, 0x1a];
/// Most bytes of a small element.
const MAX_SMALL: u64 = 1 << 20;
/// Highest number of a track without a header.
const MAX_NUMBER: u64 = 8;

/// What is known of the session.
#[derive(Debug, Default, Clone)]
pub(super) struct Known {
    /// The numbers of its tracks; none before its header.
    pub(super) numbers: Vec<u64>,
}

/// What elements follow each other from a place.
#[derive(Debug, PartialEq)]
pub(super) enum Chain {
    /// So many, as far as was looked or to the end of the bytes.
    Whole(usize),
    /// The first one goes on beyond the bytes.
    Beyond,
    Broken,
}

/// What stands at the front of bytes.
pub(super) enum Look {
    Element(Element),
    /// Too few bytes to know.
    Short,
    Nothing,
}

/// Whether what is in the element is read as if it stood beside it.
pub(super) fn is_entered(id: u32) -> bool {
    matches!(id, EBML | SEGMENT | CLUSTER)
}

/// The element at the front of `bytes`, if it may stand there.
pub(super) fn look(bytes: &[u8], known: &Known) -> Look {
    match Element::parse(bytes) {
        Some(element) if plausible(&element, &bytes[element.header..], known) => Look::Element(element),
        Some(_) => Look::Nothing,
        None if bytes.len() < 12 && may_begin(bytes[0]) => Look::Short,
        None => Look::Nothing,
    }
}

/// Whether an identifier that may stand here can begin with `byte`.
fn may_begin(byte: u8) -> bool {
    matches!(byte, 0x1a | 0x18 | 0x15 | 0x16 | 0x1f | 0x11 | 0x1c | 0x12 | 0x10 | 0x19 | 0x42 | 0x75)
        || matches!(byte, 0xe7 | 0xa3 | 0xa0 | 0xa1)
        || SMALL.contains(&byte.into())
}

fn plausible(element: &Element, body: &[u8], known: &Known) -> bool {
    let size = element.size;
    match element.id {
        SIMPLE_BLOCK | BLOCK => (5..MAX_ELEMENT).contains(&size) && is_block(body, known),
        TIMECODE => (1..=8).contains(&size),
        BLOCK_GROUP => {
            let first = body
                .first()
                .is_none_or(|&first| first == 0xa1 || first == 0x75 || SMALL.contains(&first.into()));
            size < MAX_ELEMENT && first
        }
        CLUSTER => {
            let first = |&first: &u8| matches!(first, 0xe7 | 0xa3 | 0xa0) || SMALL.contains(&first.into());
            body.first().is_none_or(first)
        }
        EBML => {
            size < 4_096 && body.first().is_none_or(|&first| first == 0x42 || first == 0xec || first == 0xbf)
        }
        SEGMENT => true,
        INFO | TRACKS => size < MAX_SMALL,
        DISCARD_PADDING => size <= 8,
        id if EBML_HEADER.contains(&id) => size <= 64,
        id if SMALL.contains(&id) => size < MAX_SMALL,
        id => LARGE.contains(&id) && size < MAX_ELEMENT * 64,
    }
}

fn is_block(body: &[u8], known: &Known) -> bool {
    let Some((number, size)) = vint(body) else { return body.is_empty() };
    let ours = match known.numbers.as_slice() {
        [] => (1..=MAX_NUMBER).contains(&number),
        numbers => numbers.contains(&number),
    };
    // No bit that is reserved.
    ours && body.get(size + 2).is_none_or(|flags| flags & 0x70 == 0)
}

/// The elements that follow each other from the front of `bytes`.
pub(super) fn chain(bytes: &[u8], known: &Known) -> Chain {
    let (mut at, mut count) = (0, 0);
    while count < PROOF && at < bytes.len() {
        let element = match look(&bytes[at..], known) {
            Look::Element(element) => element,
            Look::Short => return if count == 0 { Chain::Beyond } else { Chain::Whole(count) },
            Look::Nothing => return Chain::Broken,
        };
        count += 1;
        let body = if is_entered(element.id) { 0 } else { element.size };
        at += element.header + usize::try_from(body).unwrap_or(usize::MAX / 2);
        if at > bytes.len() && count == 1 {
            return Chain::Beyond;
        }
    }
    Chain::Whole(count)
}

/// Where an element begins in bytes before which some are missing: what must be put in front, and how many of them
/// are passed over.
pub(super) fn begin(bytes: &[u8], known: &Known) -> Option<(Option<u8>, usize)> {
    if let Some(missing) = beginning(bytes, known, |chain| matches!(chain, Chain::Whole(2..))) {
        return Some((missing, 0));
    }
    let found = scan(bytes, known).map(|at| (None, at));
    found.or_else(|| beginning(bytes, known, |chain| *chain != Chain::Broken).map(|missing| (missing, 0)))
}

/// Whether bytes surely begin with an element, its first byte put back if need be.
pub(super) fn begins_surely(bytes: &[u8], known: &Known) -> bool {
    beginning(bytes, known, |chain| matches!(chain, Chain::Whole(PROOF..))).is_some()
}

/// Whether somewhere in bytes of which the first are missing elements follow each other.
pub(super) fn begin_surely(bytes: &[u8], known: &Known) -> bool {
    beginning(bytes, known, |chain| matches!(chain, Chain::Whole(2..))).is_some()
        || scan(bytes, known).is_some()
}

/// The byte that must be put in front of `bytes`, if any, for them to begin a chain that is `good`.
fn beginning(bytes: &[u8], known: &Known, good: impl Fn(&Chain) -> bool) -> Option<Option<u8>> {
    if good(&chain(bytes, known)) {
        return Some(None);
    }
    let mut whole = vec![0];
    whole.extend_from_slice(bytes);
    LEFT_BEHIND.into_iter().find_map(|first| {
        whole[0] = first;
        good(&chain(&whole, known)).then_some(Some(first))
    })
}

/// Where in `bytes` elements follow each other.
pub(super) fn scan(bytes: &[u8], known: &Known) -> Option<usize> {
    (0..bytes.len()).find(|&at| {
        matches!(bytes[at], 0xa3 | 0xa0 | 0x1f | 0x1a)
            && matches!(chain(&bytes[at..], known), Chain::Whole(2..))
    })
}

/// The simple blocks of one track at the front of `bytes`: what is in them, and their flags.
pub(super) fn blocks(bytes: &[u8], track: u64) -> impl Iterator<Item = (&[u8], u8)> {
    let known = Known { numbers: vec![track] };
    let mut rest = bytes;
    std::iter::from_fn(move || {
        loop {
            let Look::Element(element) = rest.first().map(|_| look(rest, &known))? else { return None };
            let body = if is_entered(element.id) { 0 } else { usize::try_from(element.size).ok()? };
            let whole = rest.get(..element.header + body)?;
            rest = &rest[element.header + body..];
            if matches!(element.id, SIMPLE_BLOCK | BLOCK) {
                let body = &whole[element.header..];
                let (_, size) = vint(body)?;
                return Some((body.get(size + 3..)?, body[size + 2]));
            }
        }
    })
}

/// The elements in a body, as their identifiers and bodies; what is damaged ends them.
pub(super) struct Children<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Children<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let element = Element::parse(self.0)?;
        let end = element.header.checked_add(usize::try_from(element.size).ok()?)?;
        let body = self.0.get(element.header..end)?;
        self.0 = &self.0[end..];
        Some((element.id, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(rel: i16, payload: &[u8]) -> Vec<u8> {
        let size = payload.len() as u16 + 4;
        [&[0xa3, 0x40 | (size >> 8) as u8, size as u8, 0x81][..], &rel.to_be_bytes(), &[0x80], payload]
            .concat()
    }

    #[test]
    fn the_first_byte_that_was_left_behind_is_found() {
        let known = Known { numbers: vec![1] };
        let blocks = [block(0, &[7; 300]), block(60, &[0xa3; 250]), block(120, &[1; 90])].concat();
        assert_eq!(begin(&blocks, &known), Some((None, 0)));
        assert_eq!(begin(&blocks[1..], &known), Some((Some(0xa3), 0)));
        let cluster = [&[0x1f, 0x43, 0xb6, 0x75, 0xff, 0xe7, 0x82, 3, 0xee][..], &blocks].concat();
        assert_eq!(begin(&cluster[1..], &known), Some((Some(0x1f), 0)));
        // In the middle of a block: the next one.
        assert_eq!(begin(&blocks[100..], &known), Some((None, 207)));
        assert_eq!(begin(&[0x55; 4_000], &known), None);
    }

    #[test]
    fn chains_end_where_something_else_stands() {
        let known = Known { numbers: vec![2] };
        assert_eq!(chain(&block(0, &[0; 20]), &known), Chain::Broken, "another track");
        let known = Known::default();
        let two = [block(0, &[0; 20]), block(20, &[0; 20])].concat();
        assert_eq!(chain(&two, &known), Chain::Whole(2));
        assert_eq!(chain(&two[..20], &known), Chain::Beyond);
        assert_eq!(chain(&[&two[..], &[9; 20]].concat(), &known), Chain::Broken);
    }
}
