//! Enough of the protocol buffers wire format to walk an ONNX file and to write a changed copy.
//!
//! <https://protobuf.dev/programming-guides/encoding/>: a message is a row of fields, each a varint `number << 3 | wire
//! type` and a payload: a varint (0), 8 bytes (1), a length and as many bytes (2), or 4 bytes (5).

/// One field of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    /// Its number in the message's description.
    pub(super) number: u64,
    /// The payload of a length-delimited field (a message, a string), otherwise empty.
    pub(super) bytes: &'a [u8],
    /// The payload of a varint field, otherwise 0.
    pub(super) value: u64,
    /// The whole field, key included.
    pub(super) whole: &'a [u8],
}

/// The fields of `message` in their order, or `None` if the bytes are no message.
pub(super) fn fields(message: &[u8]) -> Option<Vec<Field<'_>>> {
    let mut rest = message;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let start = rest;
        let key = varint(&mut rest)?;
        let (mut bytes, mut value): (&[u8], u64) = (&[], 0);
        match key & 7 {
            0 => value = varint(&mut rest)?,
            1 => rest = rest.get(8..)?,
            2 => {
                let length = usize::try_from(varint(&mut rest)?).ok()?;
                (bytes, rest) = rest.split_at_checked(length)?;
            }
            5 => rest = rest.get(4..)?,
            _ => return None,
        }
        let whole = &start[..start.len() - rest.len()];
        fields.push(Field { number: key >> 3, bytes, value, whole });
    }
    Some(fields)
}

/// Seven bits a byte, lowest first, the top bit set in all but the last.
pub(super) fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Appends a length-delimited field to `message`.
pub(super) fn put(message: &mut Vec<u8>, number: u64, bytes: &[u8]) {
    put_varint(message, number << 3 | 2);
    put_varint(message, bytes.len() as u64);
    message.extend_from_slice(bytes);
}

/// Appends a varint field to `message`.
pub(super) fn put_number(message: &mut Vec<u8>, number: u64, value: u64) {
    put_varint(message, number << 3);
    put_varint(message, value);
}

fn put_varint(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        message.push(value as u8 | 0x80);
        value >>= 7;
    }
    message.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_found() {
        let mut message = vec![8, 0x96, 1]; // Field 1 is the number 150: the example of the format's description.
        let long = vec![7; 300];
        put(&mut message, 2, &long);
        message.extend([0x1d, 1, 2, 3, 4, 0x21, 1, 2, 3, 4, 5, 6, 7, 8]); // 3: four bytes, 4: eight
        let found = fields(&message).unwrap();
        let numbers: Vec<u64> = found.iter().map(|f| f.number).collect();
        assert_eq!(
            (numbers.as_slice(), found[0].value, found[1].bytes),
            ([1, 2, 3, 4].as_slice(), 150, &long[..])
        );
        let again: Vec<u8> = found.iter().flat_map(|f| f.whole).copied().collect();
        assert_eq!(again, message);
    }

    #[test]
    fn damaged_bytes_are_no_message() {
        for bytes in
            [&[8][..], &[0x80; 11], &[0x12, 5, 1], &[0x0b], &[0x1d, 1], &[0x12, 0xff, 0xff, 0xff, 0xff, 0x7f]]
        {
            assert!(fields(bytes).is_none(), "{bytes:?}");
        }
        assert!(fields(&[]).is_some_and(|f| f.is_empty()));
    }
}
