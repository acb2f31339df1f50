// Live sound of meetings and calls: slices in, who said what out. A part of sonic.hpp.

#ifndef SONIC_CPP_LIVE_HPP
#define SONIC_CPP_LIVE_HPP

#include "embedder.hpp"
#include "sound.hpp"
#include "store.hpp"
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sonic {

// A word with its place in time.
struct word {
    std::uint64_t start_ms = 0;
    std::uint64_t end_ms = 0;
    std::string text;
    float confidence = 1;
};

// A stretch of speech with what was said in it and by whom. More context revises a segment under its id: the one of the
// largest revision holds.
struct segment {
    std::string id;
    std::uint32_t revision = 0;
    bool is_final = false;
    std::uint64_t start_ms = 0;
    std::uint64_t end_ms = 0;
    std::string text;
    std::vector<word> words;
    std::optional<std::string> speaker;
    float confidence = 0;

    static segment from(const sonic_segment &row) {
        segment of{row.id, row.revision, row.is_final, row.start_ms, row.end_ms,
                   row.text, {}, detail::optional_text(row.speaker), row.confidence};
        for (std::size_t i = 0; i < row.word_len; i++) {
            const sonic_word &one = row.words[i];
            of.words.push_back({one.start_ms, one.end_ms, one.text, one.confidence});
        }
        return of;
    }
};

// A stretch of time in which one speaker speaks.
struct turn {
    std::string speaker;
    std::uint64_t start_ms = 0;
    std::uint64_t end_ms = 0;
    float confidence = 0;
    bool overlapped = false;
};

// How the utterances of a connection fared.
struct live_stats {
    std::uint64_t utterances = 0;
    std::uint64_t recognized = 0;
    std::uint64_t failures = 0;
    std::uint64_t given_up = 0;
    // The kind of the last failure, such as "io", and its words.
    std::optional<std::string> last_failure_kind;
    std::optional<std::string> last_failure;
};

// What was said in an utterance.
struct recognition {
    std::string text;
    float confidence = 1;
    std::vector<word> words;
};

// Says what was said in utterances, for any number of sessions. Those keep it alive.
class recognizer {
  public:
    // Says what was said in 16 kHz mono sound. It may be called by several threads at once, and may throw, which is counted as
    // a failure.
    using function = std::function<recognition(const sonic_utterance &)>;

    // A service that speaks OpenAI's interface for transcriptions, at its whole address.
    static recognizer open_ai(std::string_view url, const sonic_recognizer_options &options = defaults()) {
        std::string address = detail::c_text(url);
        return recognizer(
            detail::made<handle>([&](auto out) { return sonic_recognizer_open_ai(address.c_str(), &options, out); }));
    }
    // Whisper over HTTP, as Vexa's transcription service speaks it.
    static recognizer whisper(std::string_view url, const sonic_recognizer_options &options = defaults()) {
        std::string address = detail::c_text(url);
        return recognizer(
            detail::made<handle>([&](auto out) { return sonic_recognizer_whisper(address.c_str(), &options, out); }));
    }
    // A model in process that knows single letters, digits and some words.
    static recognizer spelling(const std::optional<std::string> &model = {},
                               const sonic_recognizer_options &options = defaults()) {
        return recognizer(detail::made<handle>([&](auto out) {
            return sonic_recognizer_spelling(detail::pointer_or_null(model), &options, out);
        }));
    }
    // A function; `pipeline` names it and its version.
    recognizer(std::string_view pipeline, function recognize, const sonic_recognizer_options &options = defaults()) {
        std::string name = detail::c_text(pipeline);
        auto state = std::make_unique<function>(std::move(recognize));
        handle_ = detail::made<handle>([&](auto out) {
            return sonic_recognizer_function(name.c_str(), call, release, state.get(), &options, out);
        });
        state.release();
    }

    static sonic_recognizer_options defaults() {
        return detail::initialised<sonic_recognizer_options>(sonic_recognizer_options_init);
    }
    sonic_recognition_counts counts() const {
        sonic_recognition_counts counts{};
        counts.size = sizeof counts;
        detail::check(sonic_recognizer_counts(get(), &counts));
        return counts;
    }
    const sonic_recognizer *get() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<sonic_recognizer, sonic_recognizer_free>;
    explicit recognizer(handle h) : handle_(std::move(h)) {}

    static std::int32_t call(void *state, const sonic_utterance *utterance, sonic_recognition *out) noexcept {
        try {
            recognition said = (*static_cast<function *>(state))(*utterance);
            sonic_status status = sonic_recognition_set_text(out, detail::whole(said.text).c_str(), said.confidence);
            for (const word &one : said.words) {
                if (status != SONIC_OK) break;
                const char *text = detail::whole(one.text).c_str();
                status = sonic_recognition_add_word(out, one.start_ms, one.end_ms, text, one.confidence);
            }
            return status;
        } catch (const error &e) {
            return static_cast<std::int32_t>(e.kind());
        } catch (...) {
            return SONIC_ERROR_MODEL;
        }
    }
    static void release(void *state) noexcept { delete static_cast<function *>(state); }

    handle handle_;
};

// How a connection is followed. What it points to may be freed once the session is there.
struct live_options {
    const sonic::recognizer *recognizer = nullptr;
    const voice_embedder *embedder = nullptr;
    const sonic::store *store = nullptr;
    std::optional<std::string> language;
    // The numbers, with their defaults; the pointers of this are set from the fields above.
    sonic_live_options numbers = detail::initialised<sonic_live_options>(sonic_live_options_init);

    sonic_live_options in_c() const {
        sonic_live_options options = numbers;
        if (recognizer) options.recognizer = recognizer->get();
        if (embedder) options.embedder = embedder->get();
        if (store) options.store = store->get();
        if (language) options.language = detail::pointer_or_null(language);
        return options;
    }
};

// Follows one connection of a meeting or a call, for one thread: slices of a browser's recorder go in, segments come out as
// they become known and whenever more is known.
class live_session {
  public:
    explicit live_session(std::string_view connection, const live_options &options = {}) {
        std::string name = detail::c_text(connection);
        sonic_live_options in_c = options.in_c();
        handle_ = detail::made<handle>([&](auto out) { return sonic_live_session_new(name.c_str(), &in_c, out); });
    }
    // Goes on where `state()` was called, in this process or another.
    static live_session restore(const std::vector<std::uint8_t> &state, const live_options &options = {}) {
        sonic_live_options in_c = options.in_c();
        return live_session(detail::made<handle>(
            [&](auto out) { return sonic_live_session_restore(state.data(), state.size(), &in_c, out); }));
    }

    // Takes a slice, counted from 0 as the browser does, and gives what became known since the last call.
    std::vector<segment> push(std::uint64_t index, const std::uint8_t *data, std::size_t count) {
        return segments([&](auto out) { return sonic_live_session_push(get(), index, data, count, out); });
    }
    std::vector<segment> push(std::uint64_t index, const std::vector<std::uint8_t> &data) {
        return push(index, data.data(), data.size());
    }
    // The same, of a slice that was sent at `sent_ms` by the clock of the sender.
    std::vector<segment> push_at(std::uint64_t index, double sent_ms, const std::uint8_t *data, std::size_t count) {
        return segments([&](auto out) { return sonic_live_session_push_at(get(), index, sent_ms, data, count, out); });
    }
    // Takes 16 kHz mono sound in the place of slices.
    std::vector<segment> push_samples(double start_ms, const float *samples, std::size_t count) {
        return segments(
            [&](auto out) { return sonic_live_session_push_samples(get(), start_ms, samples, count, out); });
    }
    // Takes an update of the meeting's microphones: for each participant a text of digits 0 and 1.
    std::vector<segment> activity(double stamp_ms, const std::map<std::string, std::string> &digits) {
        std::vector<const char *> names, texts;
        for (const auto &[name, text] : digits) {
            names.push_back(detail::whole(name).c_str());
            texts.push_back(detail::whole(text).c_str());
        }
        return segments([&](auto out) {
            return sonic_live_session_activity(get(), stamp_ms, names.data(), texts.data(), names.size(), out);
        });
    }
    // Gives what became known since the last call, without new sound.
    std::vector<segment> poll() {
        return segments([&](auto out) { return sonic_live_session_poll(get(), out); });
    }
    // Ends the sound, waits for what the recogniser still works at, and gives the rest.
    std::vector<segment> finish() {
        return segments([&](auto out) { return sonic_live_session_finish(get(), out); });
    }
    // Looks anew for the names of speakers, after somebody was enrolled.
    std::vector<segment> refresh_names() {
        return segments([&](auto out) { return sonic_live_session_refresh_names(get(), out); });
    }
    std::vector<turn> turns() {
        using list = detail::handle<sonic_turn_list, sonic_turn_list_free>;
        auto of = detail::made<list>([&](auto out) { return sonic_live_session_turns(get(), out); });
        std::vector<turn> all;
        for (std::size_t i = 0; i < sonic_turn_list_len(of.get()); i++) {
            const sonic_turn *one = sonic_turn_list_at(of.get(), i);
            all.push_back({one->speaker, one->start_ms, one->end_ms, one->confidence, one->overlapped});
        }
        return all;
    }
    // From when to when nothing of the sound came.
    std::vector<gap> gaps() {
        using list = detail::handle<sonic_gaps, sonic_gaps_free>;
        auto of = detail::made<list>([&](auto out) { return sonic_live_session_gaps(get(), out); });
        const gap *first = sonic_gaps_data(of.get());
        return {first, first + sonic_gaps_len(of.get())};
    }
    // What became of the slices so far.
    sonic_push_counts counts() {
        sonic_push_counts counts{};
        counts.size = sizeof counts;
        detail::check(sonic_live_session_counts(get(), &counts));
        return counts;
    }
    live_stats stats() {
        sonic_live_stats of{};
        of.size = sizeof of;
        detail::check(sonic_live_session_stats(get(), &of));
        return {of.utterances, of.recognized, of.failures, of.given_up, detail::optional_text(of.last_failure_kind),
                detail::optional_text(of.last_failure)};
    }
    // What the session remembers, for `restore`.
    std::vector<std::uint8_t> state() {
        using file = detail::handle<sonic_file, sonic_file_free>;
        auto of = detail::made<file>([&](auto out) { return sonic_live_session_state(get(), out); });
        const std::uint8_t *first = sonic_file_data(of.get());
        return {first, first + sonic_file_len(of.get())};
    }

  private:
    using handle = detail::handle<sonic_live_session, sonic_live_session_free>;
    explicit live_session(handle h) : handle_(std::move(h)) {}
    sonic_live_session *get() const noexcept { return handle_.get(); }

    template <typename Call> static std::vector<segment> segments(Call call) {
        using list = detail::handle<sonic_segment_list, sonic_segment_list_free>;
        auto of = detail::made<list>(call);
        std::vector<segment> all;
        for (std::size_t i = 0; i < sonic_segment_list_len(of.get()); i++) {
            all.push_back(segment::from(*sonic_segment_list_at(of.get(), i)));
        }
        return all;
    }

    handle handle_;
};

} // namespace sonic

#endif
