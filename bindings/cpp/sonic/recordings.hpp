// The recordings of a store: their rows, and which one a clip is. A part of sonic.hpp.

#ifndef SONIC_CPP_RECORDINGS_HPP
#define SONIC_CPP_RECORDINGS_HPP

#include "sound.hpp"
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sonic {

// A row of the store.
struct recording {
    std::string id;
    std::optional<std::string> title;
    std::optional<std::string> source;
    std::optional<std::string> source_hash;
    std::optional<std::string> user_id;
    std::optional<std::string> mode;
    std::optional<std::string> metadata_json;
    std::optional<std::string> codec;
    std::chrono::milliseconds duration{};
    std::uint64_t created_at_ms = 0;
    std::uint32_t landmarks = 0;
    std::uint32_t frames = 0;
    std::uint32_t sample_rate = 0;
    std::uint32_t channels = 0;
    bool truncated = false;
    // Sound that could not be decoded.
    std::chrono::milliseconds damaged{};

    static recording from(const sonic_recording &row) {
        recording out;
        out.id = row.id;
        out.title = detail::optional_text(row.title);
        out.source = detail::optional_text(row.source);
        out.source_hash = detail::optional_text(row.source_hash);
        out.user_id = detail::optional_text(row.user_id);
        out.mode = detail::optional_text(row.mode);
        out.metadata_json = detail::optional_text(row.metadata_json);
        out.codec = detail::optional_text(row.codec);
        out.duration = std::chrono::milliseconds(row.duration_ms);
        out.created_at_ms = row.created_at_ms;
        out.landmarks = row.landmarks;
        out.frames = row.frames;
        out.sample_rate = row.sample_rate;
        out.channels = row.channels;
        out.truncated = row.truncated;
        out.damaged = std::chrono::milliseconds(row.damaged_ms);
        return out;
    }
};

// What to write into a row; a file's id may be left out.
struct recording_options {
    std::optional<std::string> id;
    std::optional<std::string> title;
    std::optional<std::string> source;
    std::optional<std::string> user_id;
    std::optional<std::string> mode;
    std::optional<std::string> metadata_json;
    // In milliseconds since 1970 UTC; now without one.
    std::optional<std::uint64_t> created_at_ms;
    // Takes the place of the recording that has this id and other bytes.
    bool replace = false;
    // Adds what holds nothing to be recognised by, which is refused otherwise.
    bool keep_silent = false;

    // Good for as long as this lives.
    sonic_recording_options to_c() const {
        auto out = detail::initialised<sonic_recording_options>(sonic_recording_options_init);
        out.id = detail::pointer_or_null(id);
        out.title = detail::pointer_or_null(title);
        out.source = detail::pointer_or_null(source);
        out.user_id = detail::pointer_or_null(user_id);
        out.mode = detail::pointer_or_null(mode);
        out.metadata_json = detail::pointer_or_null(metadata_json);
        out.replace = replace;
        out.keep_silent = keep_silent;
        out.has_created_at_ms = created_at_ms.has_value();
        out.created_at_ms = created_at_ms.value_or(0);
        return out;
    }
};

// What became of a recording that was to be added.
struct added {
    std::string id;
    // Nothing if the same bytes were there already.
    std::optional<recording> row;

    bool is_new() const noexcept { return row.has_value(); }
};

struct match {
    std::string id;
    std::chrono::milliseconds offset{};
    std::chrono::milliseconds query_start{};
    std::chrono::milliseconds query_end{};
    float score = 0;
    float probability = 0;
    float time_scale = 1;
    float pitch_semitones = 0;
    std::uint32_t aligned = 0;
    // Share of the clip that the match explains.
    float coverage = 0;
    // Found by hashes that were imported without the recording's sound, and not by landmarks.
    bool imported = false;
};

struct answer {
    bool is_match = false;
    // Likeliest first; guesses if it is no match.
    std::vector<match> matches;
    std::chrono::milliseconds duration{};
    bool truncated = false;
    // Sound of the clip that could not be decoded.
    std::chrono::milliseconds damaged{};

    // The answer in one: the likeliest match, or nothing.
    std::optional<match> best() const {
        return is_match && !matches.empty() ? std::optional<match>(matches.front()) : std::nullopt;
    }
};

struct identify_options {
    // Matches at most.
    std::size_t limit = 5;
    // 0 is as many as the machine has cores.
    std::uint32_t threads = 0;
    std::vector<std::string> exclude;
};

class store;

// The recordings of a store, which must outlive this.
class recordings {
  public:
    explicit recordings(const store &of) : store_(&of) {}

    added add(const source &of, const recording_options &options = {}) const {
        return taken(options, [&](auto c, auto out) { return sonic_recordings_add(get(), of.get(), c, out); });
    }
    added add(const fingerprint &of, const recording_options &options) const {
        return taken(options,
                     [&](auto c, auto out) { return sonic_recordings_add_fingerprint(get(), of.get(), c, out); });
    }

    answer identify(const source &of, const identify_options &options = {}) const {
        return found(options, [&](auto c, auto out) { return sonic_recordings_identify(get(), of.get(), c, out); });
    }
    answer identify(const fingerprint &of, const identify_options &options = {}) const {
        return found(options, [&](auto c, auto out) {
            return sonic_recordings_identify_fingerprint(get(), of.get(), c, out);
        });
    }

    // The recording named `id`, or nothing.
    std::optional<recording> get(std::string_view id) const {
        std::string name = detail::c_text(id);
        sonic_recording *row = nullptr;
        sonic_status status = sonic_recordings_get(get(), name.c_str(), &row);
        if (status == SONIC_ERROR_NOT_FOUND) return std::nullopt;
        detail::check(status);
        detail::handle<sonic_recording, sonic_recording_free> owner(row);
        return recording::from(*row);
    }

    // All of them, in the order in which they were added.
    std::vector<recording> list() const {
        using rows_handle = detail::handle<sonic_recording_list, sonic_recording_list_free>;
        auto rows = detail::made<rows_handle>([&](auto out) { return sonic_recordings_list(get(), out); });
        std::vector<recording> out;
        for (std::size_t i = 0; i < sonic_recording_list_len(rows.get()); i++) {
            out.push_back(recording::from(*sonic_recording_list_at(rows.get(), i)));
        }
        return out;
    }

    std::vector<landmark> landmarks(std::string_view id) const {
        using landmarks_handle = detail::handle<sonic_landmarks, sonic_landmarks_free>;
        std::string name = detail::c_text(id);
        auto kept =
            detail::made<landmarks_handle>([&](auto out) { return sonic_recordings_landmarks(get(), name.c_str(), out); });
        const landmark *first = sonic_landmarks_data(kept.get());
        return std::vector<landmark>(first, first + sonic_landmarks_len(kept.get()));
    }

    std::uint64_t size() const {
        std::uint64_t count = 0;
        detail::check(sonic_recordings_len(get(), &count));
        return count;
    }

    void remove(std::string_view id) const { detail::check(sonic_recordings_remove(get(), detail::c_text(id).c_str())); }

  private:
    const sonic_store *get() const noexcept;

    template <class Call> static added taken(const recording_options &options, Call call) {
        using added_handle = detail::handle<sonic_added, sonic_added_free>;
        sonic_recording_options in_c = options.to_c();
        auto made = detail::made<added_handle>([&](auto out) { return call(&in_c, out); });
        added out{sonic_added_id(made.get()), std::nullopt};
        if (const sonic_recording *row = sonic_added_recording(made.get())) out.row = recording::from(*row);
        return out;
    }

    template <class Call> static answer found(const identify_options &options, Call call) {
        using answer_handle = detail::handle<sonic_answer, sonic_answer_free>;
        std::vector<const char *> exclude;
        for (const std::string &id : options.exclude) exclude.push_back(detail::whole(id).c_str());
        auto in_c = detail::initialised<sonic_identify_options>(sonic_identify_options_init);
        in_c.limit = options.limit;
        in_c.threads = options.threads;
        in_c.exclude = exclude.data();
        in_c.exclude_len = exclude.size();
        auto made = detail::made<answer_handle>([&](auto out) { return call(&in_c, out); });
        return from(made.get());
    }

    static answer from(const sonic_answer *in_c) {
        using std::chrono::milliseconds;
        answer out;
        out.is_match = sonic_answer_decision(in_c) == SONIC_DECISION_MATCH;
        out.duration = milliseconds(sonic_answer_duration_ms(in_c));
        out.truncated = sonic_answer_truncated(in_c);
        out.damaged = milliseconds(sonic_answer_damaged_ms(in_c));
        for (std::size_t i = 0; i < sonic_answer_len(in_c); i++) {
            const sonic_match &m = *sonic_answer_match(in_c, i);
            out.matches.push_back({m.id, milliseconds(m.offset_ms), milliseconds(m.query_start_ms),
                                   milliseconds(m.query_end_ms), m.score, m.probability, m.time_scale,
                                   m.pitch_semitones, m.aligned, m.coverage, m.imported});
        }
        return out;
    }

    const store *store_;
};

} // namespace sonic

#endif
