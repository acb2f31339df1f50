// What plays on a stream. A part of sonic.hpp.

#ifndef SONIC_CPP_MONITOR_HPP
#define SONIC_CPP_MONITOR_HPP

#include "store.hpp"
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sonic {

// A recording that is, or was, on air.
struct airing {
    // Counts the airings of a stream from 0: it is reported when it is recognised and when it ended.
    std::uint64_t number = 0;
    std::string id;
    std::optional<std::string> title;
    // Where it lies in the stream.
    std::chrono::milliseconds start{};
    std::chrono::milliseconds end{};
    // Where in the recording it begins.
    std::chrono::milliseconds offset{};
    float score = 0;
    float probability = 0;
    float time_scale = 1;
    float pitch_semitones = 0;
    // False while it plays.
    bool ended = false;
};

struct monitor_options {
    // Slices are mono samples, 32-bit floats, so many a second; 0: they have a header.
    std::uint32_t raw_sample_rate = 0;
    std::uint32_t window = 3;
    double gap_threshold_ms = 100;
    // 0 is as many as the machine has cores.
    std::uint32_t threads = 1;
    std::vector<std::string> exclude;
};

// Follows a stream: sound goes in, what plays comes out.
class monitor {
  public:
    explicit monitor(const store &of, const monitor_options &options = {}) : handle_(opened(of, options)) {}

    // Takes a slice, counted from 0, and gives what became known, often nothing.
    std::vector<airing> push(std::uint64_t index, const std::uint8_t *data, std::size_t count) {
        return airings([&](auto out) { return sonic_monitor_push(handle_.get(), index, data, count, out); });
    }
    std::vector<airing> push(std::uint64_t index, const std::vector<std::uint8_t> &data) {
        return push(index, data.data(), data.size());
    }
    // Takes mono samples at SONIC_FINGERPRINT_SAMPLE_RATE that begin so many milliseconds after the first of the stream.
    std::vector<airing> push_samples(double start_ms, const float *samples, std::size_t count) {
        return airings(
            [&](auto out) { return sonic_monitor_push_samples(handle_.get(), start_ms, samples, count, out); });
    }
    std::vector<airing> push_samples(double start_ms, const std::vector<float> &samples) {
        return push_samples(start_ms, samples.data(), samples.size());
    }
    // Ends the stream, and what plays.
    std::vector<airing> finish() {
        return airings([&](auto out) { return sonic_monitor_finish(handle_.get(), out); });
    }

  private:
    using handle = detail::handle<sonic_monitor, sonic_monitor_free>;

    static handle opened(const store &of, const monitor_options &options) {
        std::vector<const char *> exclude;
        for (const std::string &id : options.exclude) exclude.push_back(detail::whole(id).c_str());
        auto in_c = detail::initialised<sonic_monitor_options>(sonic_monitor_options_init);
        in_c.raw_sample_rate = options.raw_sample_rate;
        in_c.window = options.window;
        in_c.gap_threshold_ms = options.gap_threshold_ms;
        in_c.threads = options.threads;
        in_c.exclude = exclude.data();
        in_c.exclude_len = exclude.size();
        return detail::made<handle>([&](auto out) { return sonic_monitor_new(of.get(), &in_c, out); });
    }

    template <typename Call> static std::vector<airing> airings(Call call) {
        using std::chrono::milliseconds;
        using list = detail::handle<sonic_airing_list, sonic_airing_list_free>;
        auto of = detail::made<list>(call);
        std::vector<airing> all;
        for (std::size_t i = 0; i < sonic_airing_list_len(of.get()); i++) {
            const sonic_airing &one = *sonic_airing_list_at(of.get(), i);
            all.push_back({one.number, one.id, detail::optional_text(one.title), milliseconds(one.start_ms),
                           milliseconds(one.end_ms), milliseconds(one.offset_ms), one.score, one.probability,
                           one.time_scale, one.pitch_semitones, one.ended});
        }
        return all;
    }

    handle handle_;
};

} // namespace sonic

#endif
