//! The EXIF orientation: which way up a picture was stored.

use super::Image;
use sonic_core::Result;

/// What has to be done to a stored picture, by the number that EXIF gives it (TIFF 6.0, tag 274): first the rows and
/// columns are swapped, then the picture is mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Orientation {
    swap: bool,
    mirror_x: bool,
    mirror_y: bool,
}

impl Orientation {
    /// Orientation 1 to 8; other numbers mean upright, as 1 does.
    pub(super) fn from_exif(number: u8) -> Self {
        let (swap, mirror_x, mirror_y) = match number {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self { swap, mirror_x, mirror_y }
    }

    /// The upright picture of stored pixels.
    pub(super) fn apply(self, width: u32, height: u32, pixels: Vec<u8>) -> Result<Image> {
        if !self.swap && !self.mirror_x && !self.mirror_y {
            return Image::new(width, height, pixels);
        }
        let stored = Image::new(width, height, pixels)?;
        let (width, height) = if self.swap { (height, width) } else { (width, height) };
        let mut pixels = Vec::with_capacity(stored.pixels().len());
        for y in 0..height as usize {
            let y = if self.mirror_y { height as usize - 1 - y } else { y };
            for x in 0..width as usize {
                let x = if self.mirror_x { width as usize - 1 - x } else { x };
                let (column, row) = if self.swap { (y, x) } else { (x, y) };
                pixels.extend_from_slice(&stored.row(row)[column * 3..][..3]);
            }
        }
        Image::new(width, height, pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The upright letters of a picture stored as
    /// ```text
    /// abc
    /// def
    /// ```
    fn upright(number: u8) -> String {
        let pixels = b"abcdef".iter().flat_map(|&b| [b; 3]).collect();
        let image = Orientation::from_exif(number).apply(3, 2, pixels).unwrap();
        let text: String = image.pixels().iter().step_by(3).map(|&b| b as char).collect();
        text.as_bytes()
            .chunks(image.width() as usize)
            .map(|row| String::from_utf8_lossy(row).into_owned())
            .collect::<Vec<_>>()
            .join("/")
    }

    #[test]
    fn each_of_the_eight_is_turned_as_the_standard_says() {
        let expected =
            ["abc/def", "cba/fed", "fed/cba", "def/abc", "ad/be/cf", "da/eb/fc", "fc/eb/da", "cf/be/ad"];
        for (number, expected) in (1..).zip(expected) {
            assert_eq!(upright(number), expected, "{number}");
        }
        assert_eq!(upright(0), "abc/def");
        assert_eq!(upright(9), "abc/def");
    }
}
