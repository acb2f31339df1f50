//! Bodies of `multipart/form-data` (RFC 7578).

use xxhash_rust::xxh3::xxh3_128_with_seed;

/// A form that is sent: its fields in order.
#[derive(Debug, Default)]
pub(super) struct Form {
    parts: Vec<(String, Vec<u8>)>,
}

impl Form {
    pub(super) fn text(&mut self, name: &str, value: &str) {
        let head = format!("Content-Disposition: form-data; name=\"{name}\"\r\n");
        self.parts.push((head, value.as_bytes().to_vec()));
    }

    /// A field that is a WAV file.
    pub(super) fn wav(&mut self, name: &str, file: Vec<u8>) {
        let head = format!(
            "Content-Disposition: form-data; name=\"{name}\"; filename=\"audio.wav\"\r\nContent-Type: audio/wav\r\n"
        );
        self.parts.push((head, file));
    }

    /// The type of the body, and the body.
    pub(super) fn finish(self) -> (String, Vec<u8>) {
        let content: Vec<u8> = self.parts.iter().flat_map(|(_, value)| value.iter().copied()).collect();
        let mut seed = 0;
        let boundary = loop {
            let boundary = format!("sonic-{:032x}", xxh3_128_with_seed(&content, seed));
            if !content.windows(boundary.len()).any(|part| part == boundary.as_bytes()) {
                break boundary;
            }
            seed += 1;
        };
        let mut body = Vec::with_capacity(content.len() + 300 * (self.parts.len() + 1));
        for (head, value) in self.parts {
            body.extend(format!("--{boundary}\r\n{head}\r\n").as_bytes());
            body.extend(value);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{boundary}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={boundary}"), body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_in_their_order() {
        let mut form = Form::default();
        form.wav("audio_data", b"RIFF".to_vec());
        form.text("prefix", "hello \r\n--");
        let (kind, body) = form.finish();
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"audio_data\"; filename=\"audio.wav\"\r\n\
             Content-Type: audio/wav\r\n\r\nRIFF\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"prefix\"\
             \r\n\r\nhello \r\n--\r\n--{boundary}--\r\n"
        );
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }
}
