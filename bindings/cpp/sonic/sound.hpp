// Clips, and the fingerprints that sound is recognised by. A part of sonic.hpp.

#ifndef SONIC_CPP_SOUND_HPP
#define SONIC_CPP_SOUND_HPP

#include "source.hpp"
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sonic {

using landmark = sonic_landmark;

// Decoded sound: mono samples at one rate.
class clip {
  public:
    // Decodes a source; without a rate at its own, without the number of a sound track its default one.
    static clip decode(const source &of, std::optional<std::uint32_t> sample_rate = {},
                       std::optional<std::uint32_t> track = {}) {
        auto options = detail::initialised<sonic_decode_options>(sonic_decode_options_init);
        options.has_sample_rate = sample_rate.has_value();
        options.sample_rate = sample_rate.value_or(0);
        options.has_track = track.has_value();
        options.track = track.value_or(0);
        return clip(detail::made<handle>([&](auto out) { return sonic_clip_decode(of.get(), &options, out); }));
    }

    clip(const float *samples, std::size_t count, std::uint32_t sample_rate)
        : handle_(detail::made<handle>([&](auto out) { return sonic_clip_new(samples, count, sample_rate, out); })) {}
    clip(const std::vector<float> &samples, std::uint32_t sample_rate)
        : clip(samples.data(), samples.size(), sample_rate) {}

    // Borrowed; `size()` of them.
    const float *samples() const noexcept { return sonic_clip_samples(get()); }
    std::size_t size() const noexcept { return sonic_clip_len(get()); }
    const float *begin() const noexcept { return samples(); }
    const float *end() const noexcept { return samples() + size(); }
    std::uint32_t sample_rate() const noexcept { return sonic_clip_sample_rate(get()); }
    std::chrono::milliseconds duration() const noexcept {
        return std::chrono::milliseconds(sonic_clip_duration_ms(get()));
    }
    bool truncated() const noexcept { return sonic_clip_truncated(get()); }
    // Sound that could not be decoded, and is left out.
    std::chrono::milliseconds damaged() const noexcept { return std::chrono::milliseconds(sonic_clip_damaged_ms(get())); }
    const sonic_clip *get() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<sonic_clip, sonic_clip_free>;
    explicit clip(handle h) : handle_(std::move(h)) {}

    handle handle_;
};

// What sound is recognised by.
class fingerprint {
  public:
    explicit fingerprint(const clip &of)
        : handle_(detail::made<handle>([&](auto out) { return sonic_fingerprint_new(of.get(), out); })) {}

    // Borrowed; `size()` of them.
    const landmark *landmarks() const noexcept { return sonic_fingerprint_landmarks(get()); }
    std::size_t size() const noexcept { return sonic_fingerprint_len(get()); }
    const landmark *begin() const noexcept { return landmarks(); }
    const landmark *end() const noexcept { return landmarks() + size(); }
    std::chrono::milliseconds duration() const noexcept {
        return std::chrono::milliseconds(sonic_fingerprint_duration_ms(get()));
    }
    std::uint32_t frames() const noexcept { return sonic_fingerprint_frames(get()); }
    bool has_texture() const noexcept { return sonic_fingerprint_has_texture(get()); }
    std::string pipeline() const {
        const char *name = sonic_fingerprint_pipeline(get());
        return name ? name : "";
    }
    const sonic_fingerprint *get() const noexcept { return handle_.get(); }

  private:
    friend class fingerprinter;
    using handle = detail::handle<sonic_fingerprint, sonic_fingerprint_free>;
    explicit fingerprint(handle h) : handle_(std::move(h)) {}
    handle handle_;
};

// Makes a fingerprint from mono samples at SONIC_FINGERPRINT_SAMPLE_RATE as they come.
class fingerprinter {
  public:
    // With texture one can query with the fingerprint; it grows by 20 kB a second.
    explicit fingerprinter(bool texture = false)
        : handle_(detail::made<handle>(texture ? sonic_fingerprinter_new_with_texture : sonic_fingerprinter_new)) {}

    void push(const float *samples, std::size_t count) {
        detail::check(sonic_fingerprinter_push(handle_.get(), samples, count));
    }
    void push(const std::vector<float> &samples) { push(samples.data(), samples.size()); }

    // Ends the sound: nothing can be pushed afterwards.
    fingerprint finish() {
        return fingerprint(detail::made<fingerprint::handle>(
            [&](auto out) { return sonic_fingerprinter_finish(handle_.get(), out); }));
    }

  private:
    using handle = detail::handle<sonic_fingerprinter, sonic_fingerprinter_free>;
    handle handle_;
};

} // namespace sonic

#endif
