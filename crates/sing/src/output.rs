//! Sound files: WAV, FLAC and, with the feature `opus`, Ogg Opus.

mod bits;
mod flac;
#[cfg(feature = "opus")]
mod opus;
mod wav;

use sonic_core::{Error, ErrorKind, Result};
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The format of a sound file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SoundFormat {
    /// PCM of 16 bits.
    Wav,
    /// Lossless, of 16 bits.
    Flac,
    /// Ogg Opus at 48 kHz, 96 kbit/s a channel; needs the feature `opus`.
    Opus,
}

impl SoundFormat {
    /// The format that the ending of `path` names: `.wav`, `.flac`, `.opus` or `.ogg`.
    ///
    /// # Errors
    /// `Unsupported` for any other.
    pub fn of_path(path: &Path) -> Result<Self> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        match ending.as_str() {
            "wav" | "wave" => Ok(Self::Wav),
            "flac" => Ok(Self::Flac),
            "opus" | "ogg" | "oga" => Ok(Self::Opus),
            _ => Err(Error::new(
                ErrorKind::Unsupported,
                format!("{} names no format: write .wav, .flac or .opus", path.display()),
            )),
        }
    }
}

/// What turns samples into bytes; `finish` gives bytes that go over the first ones, once all is known.
enum Encoder {
    Wav(wav::Wav),
    Flac(flac::Flac),
    #[cfg(feature = "opus")]
    Opus(Box<opus::Opus>),
}

/// A sound file that is being written. It has its name when it is [finished](Self::finish); before that, and if it
/// never is, nothing of that name is touched.
pub struct SoundWriter {
    out: BufWriter<File>,
    encoder: Encoder,
    path: PathBuf,
    unfinished: Option<PathBuf>,
    channels: usize,
}

impl std::fmt::Debug for SoundWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SoundWriter({})", self.path.display())
    }
}

impl SoundWriter {
    /// A file of `channels` (1 or 2) and `sample_rate`.
    ///
    /// # Errors
    /// `InvalidArgument` for other channels or a rate of 0 or above 655,350; `Unsupported` for Opus without the
    /// feature; `Io` if the file cannot be made.
    pub fn create(path: &Path, format: SoundFormat, channels: usize, sample_rate: u32) -> Result<Self> {
        if !(1..=2).contains(&channels) || !(1..=655_350).contains(&sample_rate) {
            let message =
                format!("a sound file of {channels} channels at {sample_rate} Hz cannot be written");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let encoder = match format {
            SoundFormat::Wav => Encoder::Wav(wav::Wav::new(channels, sample_rate)),
            SoundFormat::Flac => Encoder::Flac(flac::Flac::new(channels, sample_rate)),
            #[cfg(feature = "opus")]
            SoundFormat::Opus => Encoder::Opus(Box::new(opus::Opus::new(channels, sample_rate)?)),
            #[cfg(not(feature = "opus"))]
            SoundFormat::Opus => {
                return Err(Error::new(ErrorKind::Unsupported, "sonic was built without the feature `opus`"));
            }
        };
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(format!(".{}.part", std::process::id()));
        let unfinished = PathBuf::from(unfinished);
        let file =
            File::create(&unfinished).map_err(|e| Error::io(format!("writing {}", path.display()), e))?;
        let (out, path) = (BufWriter::new(file), path.to_owned());
        let mut writer = Self { out, encoder, path, unfinished: Some(unfinished), channels };
        let head = match &mut writer.encoder {
            Encoder::Wav(wav) => wav.head(),
            Encoder::Flac(flac) => flac.head(),
            #[cfg(feature = "opus")]
            Encoder::Opus(opus) => opus.head(),
        };
        writer.put(&head)?;
        Ok(writer)
    }

    /// Adds samples, -1 to 1, the channels interleaved. What is louder is cut.
    ///
    /// # Errors
    /// `InvalidArgument` if there is not a sample for each channel; `Io` if they cannot be written.
    pub fn write(&mut self, samples: &[f32]) -> Result<()> {
        if !samples.len().is_multiple_of(self.channels) {
            let message =
                format!("{} samples are not a whole number of {} channels", samples.len(), self.channels);
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let bytes = match &mut self.encoder {
            Encoder::Wav(wav) => wav.encode(samples)?,
            Encoder::Flac(flac) => flac.encode(samples),
            #[cfg(feature = "opus")]
            Encoder::Opus(opus) => opus.encode(samples)?,
        };
        self.put(&bytes)
    }

    /// Ends the file and gives it its name, in the place of an older one.
    ///
    /// # Errors
    /// `Io` if it cannot be written.
    pub fn finish(mut self) -> Result<()> {
        let (rest, head) = match &mut self.encoder {
            Encoder::Wav(wav) => (Vec::new(), wav.head()),
            Encoder::Flac(flac) => (flac.rest(), flac.head()),
            #[cfg(feature = "opus")]
            Encoder::Opus(opus) => (opus.rest()?, Vec::new()),
        };
        self.put(&rest)?;
        let of_file = |e| Error::io(format!("writing {}", self.path.display()), e);
        if !head.is_empty() {
            self.out.seek(SeekFrom::Start(0)).and_then(|_| self.out.write_all(&head)).map_err(of_file)?;
        }
        self.out.flush().map_err(of_file)?;
        if let Some(unfinished) = &self.unfinished {
            std::fs::rename(unfinished, &self.path).map_err(of_file)?;
        }
        self.unfinished = None;
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes).map_err(|e| Error::io(format!("writing {}", self.path.display()), e))
    }
}

impl Drop for SoundWriter {
    fn drop(&mut self) {
        if let Some(unfinished) = self.unfinished.take() {
            let _ = std::fs::remove_file(unfinished);
        }
    }
}

/// A sample in 16 bits.
fn to_i16(sample: f32) -> i16 {
    (sample.clamp(-1.0, 1.0) * 32767.0).round() as i16
}

/// Writes a whole sound, the channels interleaved, in the format that the ending of `path` names.
///
/// # Errors
/// Those of [`SoundFormat::of_path`] and [`SoundWriter`].
pub fn write_sound(path: &Path, samples: &[f32], channels: usize, sample_rate: u32) -> Result<()> {
    let mut writer = SoundWriter::create(path, SoundFormat::of_path(path)?, channels, sample_rate)?;
    writer.write(samples)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two seconds of a tone with a hum and a pause, in two channels.
    fn sound() -> Vec<f32> {
        let tone = |i: usize, f: f32| (i as f32 * f * 2.0 * std::f32::consts::PI / 44100.0).sin();
        (0..88_200)
            .flat_map(|i| match i {
                30_000..50_000 => [0.0, 0.0],
                _ => [0.5 * tone(i, 440.0) + 0.1 * tone(i, 50.0), 0.7 * tone(i, 1000.0)],
            })
            .collect()
    }

    /// The samples of a FLAC file, by another decoder, which checks the sums.
    fn flac(path: &Path) -> Vec<i32> {
        let mut reader = claxon::FlacReader::open(path).unwrap();
        assert_eq!((reader.streaminfo().sample_rate, reader.streaminfo().bits_per_sample), (44_100, 16));
        let samples: Vec<i32> = reader.samples().map(|sample| sample.unwrap()).collect();
        let told = reader.streaminfo().samples.unwrap() * u64::from(reader.streaminfo().channels);
        assert_eq!(told, samples.len() as u64);
        samples
    }

    /// The samples of a WAV file with a header of 44 bytes.
    fn wav(path: &Path) -> Vec<i32> {
        let bytes = std::fs::read(path).unwrap();
        assert_eq!(
            (&bytes[..4], &bytes[8..16], &bytes[36..40]),
            (&b"RIFF"[..], &b"WAVEfmt "[..], &b"data"[..])
        );
        assert_eq!(bytes[40..44], (bytes.len() as u32 - 44).to_le_bytes());
        bytes[44..].chunks_exact(2).map(|b| i32::from(i16::from_le_bytes([b[0], b[1]]))).collect()
    }

    #[test]
    fn lossless_files_have_the_same_samples() {
        let folder = tempfile::tempdir().unwrap();
        let sound = sound();
        let left: Vec<f32> = sound.iter().step_by(2).copied().collect();
        for (channels, samples) in [(1, &left), (2, &sound)] {
            let path = |ending: &str| folder.path().join(format!("{channels}.{ending}"));
            let expected: Vec<i32> = samples.iter().map(|x| i32::from(to_i16(*x))).collect();
            for ending in ["wav", "flac"] {
                write_sound(&path(ending), samples, channels, 44_100).unwrap();
            }
            assert_eq!(wav(&path("wav")), expected);
            assert_eq!(flac(&path("flac")), expected);
            let size = |ending: &str| std::fs::metadata(path(ending)).unwrap().len();
            assert!(size("flac") * 10 < size("wav") * 7, "{} of {}", size("flac"), size("wav"));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4);
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        std::fs::write(&path, b"old").unwrap();
        let mut writer = SoundWriter::create(&path, SoundFormat::Wav, 1, 8000).unwrap();
        writer.write(&[0.5; 100]).unwrap();
        drop(writer);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write_sound(&folder.path().join("a.mp3"), &[], 1, 8000).is_err());
        assert!(SoundWriter::create(&path, SoundFormat::Flac, 3, 8000).is_err());
        let mut writer = SoundWriter::create(&path, SoundFormat::Flac, 2, 8000).unwrap();
        assert!(writer.write(&[0.0; 3]).is_err());
    }

    /// The pages of an Ogg file: flags, granule, packets; their check sums are right.
    #[cfg(feature = "opus")]
    fn pages(mut bytes: &[u8]) -> Vec<(u8, u64, Vec<Vec<u8>>)> {
        let mut out = Vec::new();
        while !bytes.is_empty() {
            assert_eq!(&bytes[..5], b"OggS\0");
            let count = usize::from(bytes[26]);
            let lacing = &bytes[27..27 + count];
            let length = 27 + count + lacing.iter().map(|l| usize::from(*l)).sum::<usize>();
            let mut page = bytes[..length].to_vec();
            let check = page[22..26].to_vec();
            page[22..26].fill(0);
            assert_eq!(check, bits::crc32(&page).to_le_bytes());
            let (mut packets, mut packet, mut at) = (Vec::new(), Vec::new(), 27 + count);
            for lace in lacing.iter().map(|l| usize::from(*l)) {
                packet.extend_from_slice(&page[at..at + lace]);
                at += lace;
                if lace < 255 {
                    packets.push(std::mem::take(&mut packet));
                }
            }
            out.push((page[5], u64::from_le_bytes(page[6..14].try_into().unwrap()), packets));
            bytes = &bytes[length..];
        }
        out
    }

    #[test]
    #[cfg(feature = "opus")]
    fn opus_files_tell_their_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.opus");
        write_sound(&path, &sound(), 2, 44_100).unwrap();
        let pages = pages(&std::fs::read(&path).unwrap());
        assert!(pages[0].2[0].starts_with(b"OpusHead\x01\x02") && pages[1].2[0].starts_with(b"OpusTags"));
        assert_eq!((pages[0].0, pages[pages.len() - 1].0), (2, 4));
        let delay = u64::from(u16::from_le_bytes([pages[0].2[0][10], pages[0].2[0][11]]));
        let packets = pages[2..].iter().map(|(_, _, packets)| packets.len() as u64).sum::<u64>();
        let end = pages[pages.len() - 1].1;
        assert_eq!(end - delay, 96_000, "two seconds");
        assert!(packets * 960 >= end && packets * 960 < end + 960);
    }
}
