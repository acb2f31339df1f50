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

    // The fingerprint since the last time, or since the start; the sound goes on.
    fingerprint take() {
        return fingerprint(detail::made<fingerprint::handle>(
            [&](auto out) { return sonic_fingerprinter_take(handle_.get(), out); }));
    }

    // Ends the sound: nothing can be pushed afterwards.
    fingerprint finish() {
        return fingerprint(detail::made<fingerprint::handle>(
            [&](auto out) { return sonic_fingerprinter_finish(handle_.get(), out); }));
    }

  private:
    using handle = detail::handle<sonic_fingerprinter, sonic_fingerprinter_free>;
    handle handle_;
};

// Mono sound and its place.
struct chunk {
    double start_ms;
    std::vector<float> samples;
};

using gap = sonic_gap;

// Decodes the slices that a browser's MediaRecorder gives, of one connection, as they come.
class push_decoder {
  public:
    explicit push_decoder(std::uint32_t sample_rate = 16000) : push_decoder(sample_rate, defaults()) {}
    push_decoder(std::uint32_t sample_rate, const sonic_push_options &options)
        : handle_(detail::made<handle>([&](auto out) { return sonic_push_decoder_new(sample_rate, &options, out); })) {}

    static sonic_push_options defaults() { return detail::initialised<sonic_push_options>(sonic_push_options_init); }

    // Takes a slice, counted from 0 as the browser does, and gives the sound that is known by it, often none.
    std::vector<chunk> push(std::uint64_t index, const std::uint8_t *data, std::size_t count) {
        return chunks([&](auto out) { return sonic_push_decoder_push(handle_.get(), index, data, count, out); });
    }
    std::vector<chunk> push(std::uint64_t index, const std::vector<std::uint8_t> &data) {
        return push(index, data.data(), data.size());
    }
    // Gives the rest.
    std::vector<chunk> finish() {
        return chunks([&](auto out) { return sonic_push_decoder_finish(handle_.get(), out); });
    }
    // From when to when nothing of the sound came.
    std::vector<gap> gaps() {
        using list = detail::handle<sonic_gaps, sonic_gaps_free>;
        auto of = detail::made<list>([&](auto out) { return sonic_push_decoder_gaps(handle_.get(), out); });
        const gap *first = sonic_gaps_data(of.get());
        return {first, first + sonic_gaps_len(of.get())};
    }
    sonic_push_counts counts() {
        sonic_push_counts counts{};
        counts.size = sizeof counts;
        detail::check(sonic_push_decoder_counts(handle_.get(), &counts));
        return counts;
    }

  private:
    using handle = detail::handle<sonic_push_decoder, sonic_push_decoder_free>;

    template <typename Call> static std::vector<chunk> chunks(Call call) {
        using list = detail::handle<sonic_chunk_list, sonic_chunk_list_free>;
        auto of = detail::made<list>(call);
        std::vector<chunk> all;
        for (std::size_t i = 0; i < sonic_chunk_list_len(of.get()); i++) {
            const sonic_chunk *one = sonic_chunk_list_at(of.get(), i);
            all.push_back({one->start_ms, {one->samples, one->samples + one->len}});
        }
        return all;
    }

    handle handle_;
};

} // namespace sonic

#endif
