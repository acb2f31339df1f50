//! Bits in a row, the highest first, and the check sums of FLAC and Ogg.

/// A row of bits that grows.
#[derive(Debug, Default)]
pub(super) struct Bits {
    pub(super) bytes: Vec<u8>,
    /// Bits that do not fill a byte yet, and how many.
    pending: u64,
    count: u32,
}

impl Bits {
    /// A row that begins with these bytes.
    pub(super) fn after(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), ..Self::default() }
    }

    /// Adds the lowest `count` bits of `value`, at most 32.
    pub(super) fn put(&mut self, value: u32, count: u32) {
        let value = u64::from(value) & ((1u64 << count) - 1);
        self.pending = self.pending << count | value;
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            self.bytes.push((self.pending >> self.count) as u8);
        }
        self.pending &= (1 << self.count) - 1;
    }

    /// Adds `zeros` zeros and a one.
    pub(super) fn unary(&mut self, mut zeros: u32) {
        while zeros >= 31 {
            self.put(0, 31);
            zeros -= 31;
        }
        self.put(1, zeros + 1);
    }

    /// Fills the last byte with zeros.
    pub(super) fn align(&mut self) {
        if self.count > 0 {
            self.put(0, 8 - self.count);
        }
    }
}

/// CRC-8 of polynomial 7, as in the headers of FLAC frames.
pub(super) fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0u8, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 != 0 { crc << 1 ^ 0x07 } else { crc << 1 })
    })
}

/// CRC-16 of polynomial 0x8005, as at the end of FLAC frames.
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    const TABLE: [u16; 256] = {
        let mut table = [0u16; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut crc = (byte as u16) << 8;
            let mut bit = 0;
            while bit < 8 {
                crc = if crc & 0x8000 != 0 { crc << 1 ^ 0x8005 } else { crc << 1 };
                bit += 1;
            }
            table[byte] = crc;
            byte += 1;
        }
        table
    };
    bytes.iter().fold(0, |crc: u16, byte| crc << 8 ^ TABLE[usize::from((crc >> 8) as u8 ^ byte)])
}

/// CRC-32 of polynomial 0x04c11db7, as in the pages of Ogg.
#[cfg(feature = "opus")]
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| {
            if crc & 0x8000_0000 != 0 { crc << 1 ^ 0x04c1_1db7 } else { crc << 1 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_stand_in_order() {
        let mut bits = Bits::default();
        bits.put(0b101, 3);
        bits.unary(40);
        bits.put(0xffff_ffff, 32);
        bits.align();
        assert_eq!(bits.bytes, [0b1010_0000, 0, 0, 0, 0, 0b0001_1111, 0xff, 0xff, 0xff, 0b1111_0000]);
    }

    #[test]
    fn check_sums_are_those_of_the_catalogue() {
        assert_eq!((crc8(b"123456789"), crc16(b"123456789")), (0xf4, 0xfee8));
    }
}
