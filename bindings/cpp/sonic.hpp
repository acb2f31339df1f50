// sonic for C++17: handles that free themselves, exceptions, and values that are copied out of the library.
//
// Handles can be moved, not copied. A handle that was moved from is empty: using it throws `invalid_argument`.
// All but `fingerprinter`, which is for one thread, may be used by any number of threads at once.

#ifndef SONIC_HPP
#define SONIC_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <sonic/sonic.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sonic {

// What a caller can do about an error.
enum class error_kind {
    invalid_argument = SONIC_ERROR_INVALID_ARGUMENT,
    not_found = SONIC_ERROR_NOT_FOUND,
    malformed = SONIC_ERROR_MALFORMED,
    unsupported = SONIC_ERROR_UNSUPPORTED,
    limit = SONIC_ERROR_LIMIT,
    mismatch = SONIC_ERROR_MISMATCH,
    io = SONIC_ERROR_IO,
    model = SONIC_ERROR_MODEL,
    closed = SONIC_ERROR_CLOSED,
    internal = SONIC_ERROR_INTERNAL,
};

// Everything that goes wrong; `what()` says what to do.
class error : public std::runtime_error {
  public:
    error(sonic_status status, const char *message)
        : std::runtime_error(message), kind_(static_cast<error_kind>(status)) {}

    error_kind kind() const noexcept { return kind_; }
    // The kind's name, the same in every language: "not_found".
    const char *kind_name() const noexcept { return sonic_status_name(static_cast<int>(kind_)); }

  private:
    error_kind kind_;
};

namespace detail {

inline void check(sonic_status status) {
    if (status != SONIC_OK) throw error(status, sonic_last_error());
}

template <auto Free> struct deleter {
    template <class T> void operator()(T *handle) const noexcept { Free(handle); }
};

template <class T, auto Free> using handle = std::unique_ptr<T, deleter<Free>>;

// Runs `call(&pointer)` and takes over what it made.
template <class Handle, class Call> Handle made(Call call) {
    typename Handle::pointer pointer = nullptr;
    check(call(&pointer));
    return Handle(pointer);
}

// An options struct of C with its defaults.
template <class Options, class Init> Options initialised(Init init) {
    Options options;
    check(init(&options, sizeof options));
    return options;
}

inline std::optional<std::string> optional_text(const char *text) {
    return text ? std::optional<std::string>(text) : std::nullopt;
}

// C's text ends at its first zero byte: one inside would make it name something else.
inline const std::string &whole(const std::string &text) {
    if (text.find('\0') != std::string::npos) {
        throw error(SONIC_ERROR_INVALID_ARGUMENT, "a text has a zero byte in it, which C cannot pass on");
    }
    return text;
}

inline std::string c_text(std::string_view text) { return whole(std::string(text)); }

inline const char *pointer_or_null(const std::optional<std::string> &text) {
    return text ? whole(*text).c_str() : nullptr;
}

} // namespace detail

// Bytes that somebody else keeps.
struct bytes_view {
    const std::uint8_t *data = nullptr;
    std::size_t size = 0;

    bytes_view(const std::uint8_t *data, std::size_t size) : data(data), size(size) {}
    bytes_view(const std::vector<std::uint8_t> &bytes) : data(bytes.data()), size(bytes.size()) {}
};

// Where the bytes of a media file or a picture come from: a file, bytes that somebody else keeps for as long as this
// lives, or a function that reads. Paths and bytes become one by themselves.
class source {
  public:
    // Reads at most `len` bytes into `buffer`, and gives how many; 0 at the end. It may throw, which ends the call that
    // reads with an `io` error.
    using reader = std::function<std::size_t(std::uint8_t *buffer, std::size_t len)>;

    source(std::string_view path) {
        std::string name = detail::c_text(path);
        handle_ = detail::made<handle>([&](auto out) { return sonic_source_path(name.c_str(), out); });
    }
    source(const char *path) : source(std::string_view(path)) {}
    source(const std::string &path) : source(std::string_view(path)) {}
    source(bytes_view bytes)
        : handle_(detail::made<handle>([&](auto out) { return sonic_source_bytes(bytes.data, bytes.size, out); })) {}
    source(const std::uint8_t *data, std::size_t size) : source(bytes_view(data, size)) {}
    source(const std::vector<std::uint8_t> &bytes) : source(bytes_view(bytes)) {}
    // A stream, for one call. The function may be called by another thread.
    explicit source(reader read) : reader_(std::make_unique<reader>(std::move(read))) {
        handle_ = detail::made<handle>([&](auto out) { return sonic_source_reader(pull, reader_.get(), out); });
    }

    const sonic_source *get() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<sonic_source, sonic_source_free>;

    static std::int64_t pull(void *state, std::uint8_t *buffer, std::size_t len) noexcept {
        try {
            return static_cast<std::int64_t>((*static_cast<reader *>(state))(buffer, len));
        } catch (...) {
            return -1;
        }
    }

    std::unique_ptr<reader> reader_;
    handle handle_;
};

// Stops calls that were given it; from any thread.
class cancel {
  public:
    cancel() : handle_(detail::made<handle>([](auto out) { return sonic_cancel_new(out); })) {}
    void operator()() const noexcept { sonic_cancel_cancel(handle_.get()); }
    bool cancelled() const noexcept { return sonic_cancel_cancelled(handle_.get()); }
    const sonic_cancel *get() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<sonic_cancel, sonic_cancel_free>;
    handle handle_;
};

// How far a call is; for any thread to look at.
class progress {
  public:
    progress() : handle_(detail::made<handle>([](auto out) { return sonic_progress_new(out); })) {}
    std::uint64_t done() const noexcept { return sonic_progress_done(handle_.get()); }
    // 0 while it is not known.
    std::uint64_t total() const noexcept { return sonic_progress_total(handle_.get()); }
    const sonic_progress *get() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<sonic_progress, sonic_progress_free>;
    handle handle_;
};

// What a call that may take long can be given; it must outlive the call.
struct job {
    const sonic::cancel *cancel = nullptr;
    const sonic::progress *progress = nullptr;

    const sonic_cancel *c_cancel() const noexcept { return cancel ? cancel->get() : nullptr; }
    const sonic_progress *c_progress() const noexcept { return progress ? progress->get() : nullptr; }
};

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

enum class access {
    create = SONIC_ACCESS_CREATE,
    read_write = SONIC_ACCESS_READ_WRITE,
    read_only = SONIC_ACCESS_READ_ONLY,
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
    inline const sonic_store *get() const noexcept;

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
                                   m.pitch_semitones, m.aligned, m.coverage});
        }
        return out;
    }

    const store *store_;
};

// A store of recordings, voices and faces, in a directory.
class store {
  public:
    explicit store(std::string_view path, access access = access::create, std::optional<std::uint64_t> map_size = {}) {
        auto options = detail::initialised<sonic_store_options>(sonic_store_options_init);
        options.access = static_cast<std::int32_t>(access);
        options.map_size = map_size.value_or(options.map_size);
        std::string name = detail::c_text(path);
        handle_ = detail::made<handle>([&](auto out) { return sonic_store_open(name.c_str(), &options, out); });
    }

    sonic::recordings recordings() const { return sonic::recordings(*this); }

    // Shorthands for those of `recordings()`.
    added add(const source &of, const recording_options &options = {}) { return recordings().add(of, options); }
    added add(const fingerprint &of, const recording_options &options) { return recordings().add(of, options); }
    answer identify(const source &of, const identify_options &options = {}) const {
        return recordings().identify(of, options);
    }
    answer identify(const fingerprint &of, const identify_options &options = {}) const {
        return recordings().identify(of, options);
    }

    // Its `pipeline` is borrowed from the store.
    sonic_stats stats() const {
        sonic_stats stats{};
        stats.size = sizeof stats;
        detail::check(sonic_store_stats(get(), &stats));
        return stats;
    }

    void compact(const job &job = {}) {
        detail::check(sonic_store_compact(get(), job.c_cancel(), job.c_progress()));
    }

    // What is wrong with it, in words; nothing if it is sound.
    std::vector<std::string> check(const job &job = {}) const {
        using problems_handle = detail::handle<sonic_problems, sonic_problems_free>;
        auto problems = detail::made<problems_handle>(
            [&](auto out) { return sonic_store_check(get(), job.c_cancel(), job.c_progress(), out); });
        std::vector<std::string> out;
        for (std::size_t i = 0; i < sonic_problems_len(problems.get()); i++) {
            out.emplace_back(sonic_problems_message(problems.get(), i));
        }
        return out;
    }

    // Every later use throws `closed`.
    void close() { detail::check(sonic_store_close(get())); }

    const sonic_store *get() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<sonic_store, sonic_store_free>;
    handle handle_;
};

inline const sonic_store *recordings::get() const noexcept { return store_->get(); }

using span = sonic_span;

struct voice_embedder_options {
    // 0 is as many as the machine has cores.
    std::uint32_t threads = 0;
    sonic_provider provider = SONIC_PROVIDER_CPU;
    // The shared library of ONNX Runtime, and the folder of the models, if they are not where they are looked for.
    std::optional<std::string> onnxruntime;
    std::optional<std::string> models_folder;
};

// Makes embeddings of voices: vectors of unit length, compared by their dot product.
class voice_embedder {
  public:
    // A name, or the path of a manifest or an ONNX file.
    explicit voice_embedder(std::string_view model = "celda128", const voice_embedder_options &options = {}) {
        auto in_c = detail::initialised<sonic_voice_embedder_options>(sonic_voice_embedder_options_init);
        in_c.threads = options.threads;
        in_c.provider = options.provider;
        in_c.onnxruntime = detail::pointer_or_null(options.onnxruntime);
        in_c.models_folder = detail::pointer_or_null(options.models_folder);
        std::string name = detail::c_text(model);
        handle_ = detail::made<handle>([&](auto out) { return sonic_voice_embedder_new(name.c_str(), &in_c, out); });
    }

    std::vector<float> embed(const source &of) const {
        return vector([&](float *out, auto len) { return sonic_voice_embedder_embed(get(), of.get(), out, len); });
    }
    std::vector<float> embed(const clip &of) const {
        return vector([&](float *out, auto len) { return sonic_voice_embedder_embed_clip(get(), of.get(), out, len); });
    }

    std::size_t dimensions() const noexcept { return sonic_voice_embedder_dimensions(get()); }
    std::uint32_t sample_rate() const noexcept { return sonic_voice_embedder_sample_rate(get()); }
    std::string pipeline() const {
        const char *name = sonic_voice_embedder_pipeline(get());
        return name ? name : "";
    }
    const sonic_voice_embedder *get() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<sonic_voice_embedder, sonic_voice_embedder_free>;

    template <class Call> std::vector<float> vector(Call call) const {
        std::vector<float> out(dimensions());
        detail::check(call(out.data(), out.size()));
        return out;
    }

    handle handle_;
};

// The defaults, to be changed.
inline sonic_speech_options speech_options() {
    return detail::initialised<sonic_speech_options>(sonic_speech_options_init);
}

// Where somebody speaks in a clip.
inline std::vector<span> speech_spans(const clip &of, const sonic_speech_options &options = speech_options()) {
    using spans_handle = detail::handle<sonic_speech_spans, sonic_speech_spans_free>;
    auto spans = detail::made<spans_handle>([&](auto out) { return sonic_speech_spans_new(of.get(), &options, out); });
    const span *first = sonic_speech_spans_data(spans.get());
    return std::vector<span>(first, first + sonic_speech_spans_len(spans.get()));
}

// The voiceprint of a person whose voice the store knows.
struct voiceprint {
    std::string person;
    std::string voiceprint_id;
    std::optional<std::string> user_id;
    std::uint32_t sample_count = 0;
    bool is_enrolled = false;

    static voiceprint from(const sonic_voiceprint &row) {
        return {row.person, row.voiceprint_id, detail::optional_text(row.user_id), row.sample_count, row.is_enrolled};
    }
};

// An analysed recording that was to be enrolled; `reason` says why it was left out.
struct voice_sample {
    std::optional<std::string> recording_id;
    std::optional<std::string> reason;
    std::optional<sonic_voice_quality> quality;

    static voice_sample from(const sonic_voice_sample &of) {
        return {detail::optional_text(of.recording_id), detail::optional_text(of.reason),
                of.quality ? std::optional<sonic_voice_quality>(*of.quality) : std::nullopt};
    }
};

struct enrolled {
    sonic_enroll_status status{};
    std::uint32_t added = 0;
    std::uint32_t known = 0;
    std::uint32_t left_out = 0;
    sonic::voiceprint voiceprint;
    std::vector<voice_sample> samples;
};

struct enroll_options {
    sonic_quality_gate quality_gate = SONIC_QUALITY_GATE_DEFAULT;
    std::uint32_t min_samples = 3;
    std::uint32_t max_samples = 5;
    std::optional<std::string> user_id;
    bool only_usable = false; // Leave out what cannot be used, instead of throwing.
};

struct voice_match {
    std::string person;
    std::string voiceprint_id;
    std::optional<std::string> user_id;
    float score = 0;
    std::optional<float> normalized;
    float probability = 0;
    std::uint32_t sample_count = 0;
    bool is_enrolled = false;

    static voice_match from(const sonic_voice_match &m) {
        return {m.person,
                m.voiceprint_id,
                detail::optional_text(m.user_id),
                m.score,
                m.has_normalized ? std::optional<float>(m.normalized) : std::nullopt,
                m.probability,
                m.sample_count,
                m.is_enrolled};
    }
};

struct voice_answer {
    bool is_match = false;
    // Likeliest first; guesses if it is no match.
    std::vector<voice_match> matches;
    sonic_voice_quality quality{};

    // The answer in one: who is speaking, or nothing.
    std::optional<voice_match> best() const {
        return is_match && !matches.empty() ? std::optional<voice_match>(matches.front()) : std::nullopt;
    }
};

struct verification {
    bool is_match = false;
    voice_match claim;
};

struct voice_identify_options {
    // Matches at most.
    std::size_t limit = 5;
    std::vector<std::string> exclude;
    // The cosine that decides, or without one the probability `accept`.
    std::optional<float> threshold;
    float accept = 0.5f;
    std::uint32_t threads = 0;
};

// The voices of a store, heard by an embedder; both must outlive this.
class voices {
  public:
    voices(const store &of, const voice_embedder &embedder) : store_(&of), embedder_(&embedder) {}

    // Enrols a person from files, sources or clips, all or none of them.
    enrolled enroll(std::string_view person, const std::vector<std::string> &paths, const enroll_options &options = {},
                    const job &job = {}) {
        return enroll_sources(person, std::vector<source>(paths.begin(), paths.end()), options, job);
    }
    enrolled enroll_sources(std::string_view person, const std::vector<source> &sources, const enroll_options &options = {},
                    const job &job = {}) {
        std::vector<const sonic_source *> pointers;
        for (const source &one : sources) pointers.push_back(one.get());
        return taken(person, options, [&](auto name, auto c, auto out) {
            return sonic_voices_enroll(store_->get(), embedder_->get(), name, pointers.data(), pointers.size(), c,
                                       job.c_cancel(), job.c_progress(), out);
        });
    }
    enrolled enroll(std::string_view person, const clip &one, const enroll_options &options = {}) {
        const sonic_clip *pointer = one.get();
        return taken(person, options, [&](auto name, auto c, auto out) {
            return sonic_voices_enroll_clips(store_->get(), embedder_->get(), name, &pointer, 1, c, nullptr, nullptr, out);
        });
    }

    voice_answer identify(const clip &of, const voice_identify_options &options = {}) const {
        return found(options, [&](auto c, auto out) {
            return sonic_voices_identify_clip(store_->get(), embedder_->get(), of.get(), c, out);
        });
    }
    voice_answer identify(const source &of, const voice_identify_options &options = {}) const {
        return found(options, [&](auto c, auto out) {
            return sonic_voices_identify(store_->get(), embedder_->get(), of.get(), c, out);
        });
    }

    // Whether it is `person` who is speaking.
    verification verify(std::string_view person, const clip &of, const voice_identify_options &options = {}) const {
        std::string claim = detail::c_text(person);
        return verified(options, [&](auto c, auto out) {
            return sonic_voices_verify_clip(store_->get(), embedder_->get(), claim.c_str(), of.get(), c, out);
        });
    }
    verification verify(std::string_view person, const source &of, const voice_identify_options &options = {}) const {
        std::string claim = detail::c_text(person);
        return verified(options, [&](auto c, auto out) {
            return sonic_voices_verify(store_->get(), embedder_->get(), claim.c_str(), of.get(), c, out);
        });
    }

    std::vector<voiceprint> people() const {
        using people_handle = detail::handle<sonic_voiceprint_list, sonic_voiceprint_list_free>;
        auto rows = detail::made<people_handle>([&](auto out) { return sonic_voices_people(store_->get(), out); });
        std::vector<voiceprint> out;
        for (std::size_t i = 0; i < sonic_voiceprint_list_len(rows.get()); i++) {
            out.push_back(voiceprint::from(*sonic_voiceprint_list_at(rows.get(), i)));
        }
        return out;
    }

    sonic_forgotten_voices forget_person(std::string_view person) {
        sonic_forgotten_voices out{};
        out.size = sizeof out;
        detail::check(sonic_voices_forget_person(store_->get(), detail::c_text(person).c_str(), &out));
        return out;
    }

  private:
    template <class Call> static enrolled taken(std::string_view person, const enroll_options &options, Call call) {
        using enrolled_handle = detail::handle<sonic_enrolled, sonic_enrolled_free>;
        std::string name = detail::c_text(person);
        auto in_c = detail::initialised<sonic_enroll_options>(sonic_enroll_options_init);
        in_c.quality_gate = options.quality_gate;
        in_c.min_samples = options.min_samples;
        in_c.max_samples = options.max_samples;
        in_c.user_id = detail::pointer_or_null(options.user_id);
        in_c.only_usable = options.only_usable;
        auto made = detail::made<enrolled_handle>([&](auto out) { return call(name.c_str(), &in_c, out); });
        const sonic_enrolled *of = made.get();
        std::vector<voice_sample> each;
        for (std::size_t i = 0; i < sonic_enrolled_len(of); i++) {
            each.push_back(voice_sample::from(*sonic_enrolled_sample(of, i)));
        }
        return {sonic_enrolled_status(of),
                sonic_enrolled_added(of),
                sonic_enrolled_known(of),
                sonic_enrolled_left_out(of),
                voiceprint::from(*sonic_enrolled_voiceprint(of)),
                std::move(each)};
    }

    // The options hold `exclude` by pointers that are good during the call only.
    template <class Call> static sonic_status with(const voice_identify_options &options, Call call) {
        std::vector<const char *> exclude;
        for (const std::string &name : options.exclude) exclude.push_back(detail::whole(name).c_str());
        auto in_c = detail::initialised<sonic_voice_identify_options>(sonic_voice_identify_options_init);
        in_c.threads = options.threads;
        in_c.has_threshold = options.threshold.has_value();
        in_c.threshold = options.threshold.value_or(0);
        in_c.accept = options.accept;
        in_c.limit = options.limit;
        in_c.exclude = exclude.data();
        in_c.exclude_len = exclude.size();
        return call(&in_c);
    }

    template <class Call> static voice_answer found(const voice_identify_options &options, Call call) {
        using answer_handle = detail::handle<sonic_voice_answer, sonic_voice_answer_free>;
        auto made = detail::made<answer_handle>(
            [&](auto out) { return with(options, [&](auto c) { return call(c, out); }); });
        voice_answer out;
        out.is_match = sonic_voice_answer_decision(made.get()) == SONIC_DECISION_MATCH;
        out.quality = *sonic_voice_answer_quality(made.get());
        for (std::size_t i = 0; i < sonic_voice_answer_len(made.get()); i++) {
            out.matches.push_back(voice_match::from(*sonic_voice_answer_match(made.get(), i)));
        }
        return out;
    }

    template <class Call> static verification verified(const voice_identify_options &options, Call call) {
        using verification_handle = detail::handle<sonic_verification, sonic_verification_free>;
        auto made = detail::made<verification_handle>(
            [&](auto out) { return with(options, [&](auto c) { return call(c, out); }); });
        return {sonic_verification_decision(made.get()) == SONIC_DECISION_MATCH,
                voice_match::from(*sonic_verification_claim(made.get()))};
    }

    const store *store_;
    const voice_embedder *embedder_;
};

} // namespace sonic

#endif
