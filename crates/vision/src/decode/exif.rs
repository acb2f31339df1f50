//! The orientation in EXIF metadata, which are laid out as a TIFF file (TIFF 6.0, EXIF 2.32).

/// What some writers put before it, as JPEG does.
const PREFIX: &[u8] = b"Exif\0\0";
const ORIENTATION: u16 = 274;

/// Orientation 1 to 8 as the first directory says, in a number of any integer type; 1 if it does not.
pub(super) fn orientation(exif: &[u8]) -> u8 {
    let exif = exif.strip_prefix(PREFIX).unwrap_or(exif);
    read(exif).and_then(|number| u8::try_from(number).ok()).filter(|n| (1..=8).contains(n)).unwrap_or(1)
}

/// The metadata of a PNG: its chunk `eXIf`, which may follow the pixels.
pub(super) fn of_png(png: &[u8]) -> Option<&[u8]> {
    let mut rest = png.get(8..)?;
    loop {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let data = after.get(..u32::from_be_bytes(*length) as usize)?;
        if kind == b"eXIf" {
            return Some(data);
        }
        rest = after.get(data.len() + 4..)?;
    }
}

fn read(exif: &[u8]) -> Option<i64> {
    let order = match exif.get(..4)? {
        b"II\x2a\0" => Order::Little,
        b"MM\0\x2a" => Order::Big,
        _ => return None,
    };
    let directory = exif.get(order.u32(exif.get(4..)?)? as usize..)?;
    let count = order.u16(directory)? as usize;
    let mut entries = directory.get(2..)?.chunks_exact(12).take(count);
    let entry = entries.find(|entry| order.u16(entry) == Some(ORIENTATION))?;
    let value = &entry[8..];
    match (order.u16(&entry[2..])?, order.u32(&entry[4..])?) {
        (1, 1..=4) => Some(value[0].into()),
        (6, 1..=4) => Some((value[0] as i8).into()),
        (3, 1 | 2) => order.u16(value).map(i64::from),
        (8, 1 | 2) => order.u16(value).map(|n| (n as i16).into()),
        (4, 1) => order.u32(value).map(i64::from),
        (9, 1) => order.u32(value).map(|n| (n as i32).into()),
        _ => None,
    }
}

/// Which byte of a number comes first.
#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn u16(self, bytes: &[u8]) -> Option<u16> {
        let bytes = *bytes.first_chunk()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        })
    }

    fn u32(self, bytes: &[u8]) -> Option<u32> {
        let bytes = *bytes.first_chunk()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory of one entry.
    fn exif(little: bool, kind: u16, count: u32, value: [u8; 4]) -> Vec<u8> {
        let (short, long) = match little {
            true => (u16::to_le_bytes as fn(u16) -> [u8; 2], u32::to_le_bytes as fn(u32) -> [u8; 4]),
            false => (u16::to_be_bytes as fn(u16) -> [u8; 2], u32::to_be_bytes as fn(u32) -> [u8; 4]),
        };
        let mark = if little { *b"II" } else { *b"MM" };
        [&mark[..], &short(42), &long(8), &short(1), &short(ORIENTATION), &short(kind), &long(count), &value]
            .concat()
    }

    #[test]
    fn every_integer_type_is_read_in_both_orders() {
        for (kind, bytes) in [(1, 1), (6, 1), (3, 2), (8, 2), (4, 4), (9, 4)] {
            let (mut little, mut big) = ([0; 4], [0; 4]);
            (little[0], big[bytes - 1]) = (6, 6);
            for (is_little, value) in [(true, little), (false, big)] {
                let exif = exif(is_little, kind, 1, value);
                assert_eq!(orientation(&exif), 6, "type {kind}, little {is_little}");
                assert_eq!(orientation(&[PREFIX, &exif].concat()), 6);
                for length in 0..exif.len() {
                    assert_eq!(orientation(&exif[..length]), 1, "cut after {length}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_orientation_is_upright() {
        for (kind, count, value) in [
            (3, 1, [9, 0, 0, 0]),
            (3, 1, [0; 4]),
            (9, 1, [0xff; 4]),
            (2, 1, [6, 0, 0, 0]),
            (5, 1, [6, 0, 0, 0]),
            (4, 2, [6, 0, 0, 0]),
            (3, 0, [6, 0, 0, 0]),
        ] {
            assert_eq!(orientation(&exif(true, kind, count, value)), 1, "type {kind}");
        }
        assert_eq!(of_png(b"\x89PNG\r\n\x1a\n\0\0\0\x02eXIfab"), Some(&b"ab"[..]));
        assert_eq!(of_png(b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDAT"), None);
    }
}
