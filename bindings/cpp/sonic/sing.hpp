// Scores, voicebanks that sing them, and mixes. A part of sonic.hpp.

#ifndef SONIC_CPP_SING_HPP
#define SONIC_CPP_SING_HPP

#include "source.hpp"
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sonic {

using tempo = sonic_tempo;

// A score in MusicXML as it is performed. Rows are borrowed from it.
class score {
  public:
    explicit score(const source &of)
        : handle_(detail::made<handle>([&](auto out) { return sonic_score_open(of.get(), out); })) {}

    std::optional<std::string> title() const { return detail::optional_text(sonic_score_title(get())); }
    double total_beats() const noexcept { return sonic_score_total_beats(get()); }
    double total_seconds() const noexcept { return sonic_score_total_seconds(get()); }
    std::vector<tempo> tempos() const {
        std::vector<tempo> all;
        for (std::size_t i = 0; i < sonic_score_tempo_len(get()); i++) all.push_back(*sonic_score_tempo_at(get(), i));
        return all;
    }
    std::size_t part_count() const noexcept { return sonic_score_part_len(get()); }
    // nullptr beyond the last.
    const sonic_part *part(std::size_t index) const noexcept { return sonic_score_part_at(get(), index); }
    const sonic_sung_note *note(std::size_t part, std::size_t index) const noexcept {
        return sonic_score_note_at(get(), part, index);
    }
    std::size_t warning_count() const noexcept { return sonic_score_warning_len(get()); }
    const sonic_score_warning *warning(std::size_t index) const noexcept { return sonic_score_warning_at(get(), index); }
    // All of it as one JSON object, as `sonic sing inspect --json` prints it.
    std::string json() const {
        const char *text = sonic_score_json(get());
        return text ? text : "";
    }
    const sonic_score *get() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<sonic_score, sonic_score_free>;
    handle handle_;
};

// One fault of a voicebank.
struct finding {
    std::string code;
    std::string severity;
    std::string stage;
    std::string file;
    std::optional<std::uint32_t> line;
    std::string message;
};

// Something in a score that is not sung as it is written.
struct render_warning {
    std::string code;
    std::string measure;
    std::string verse;
    std::string message;
};

// A phoneme that is sung.
struct phoneme {
    std::string symbol;
    double start_seconds = 0;
    double end_seconds = 0;
};

// A phrase that was sung: one channel. Phrases may overlap, and are added.
struct phrase {
    double start_seconds = 0;
    std::uint64_t start_sample = 0;
    std::vector<float> samples;
    std::vector<phoneme> phonemes;
    bool from_cache = false;

    static phrase from(const sonic_phrase *of) {
        const float *first = sonic_phrase_samples(of);
        phrase all{sonic_phrase_start_seconds(of), sonic_phrase_start_sample(of), {}, {}, sonic_phrase_from_cache(of)};
        all.samples.assign(first, first + sonic_phrase_len(of));
        for (std::size_t i = 0; i < sonic_phrase_phoneme_len(of); i++) {
            const sonic_phoneme *one = sonic_phrase_phoneme_at(of, i);
            all.phonemes.push_back({one->symbol, one->start_seconds, one->end_seconds});
        }
        return all;
    }
};

// How a score is sung.
struct render_options {
    std::optional<std::string> part_id;
    std::optional<std::string> voice;
    std::optional<std::string> verse;
    std::optional<std::string> language;
    std::optional<std::string> voice_color;
    // A folder that keeps phrases.
    std::optional<std::string> cache;
    // The numbers, with their defaults; the pointers of this are set from the fields above.
    sonic_render_options numbers = detail::initialised<sonic_render_options>(sonic_render_options_init);

    sonic_render_options in_c() const {
        sonic_render_options options = numbers;
        options.part_id = detail::pointer_or_null(part_id);
        options.voice = detail::pointer_or_null(voice);
        options.verse = detail::pointer_or_null(verse);
        options.language = detail::pointer_or_null(language);
        options.voice_color = detail::pointer_or_null(voice_color);
        options.cache = detail::pointer_or_null(cache);
        return options;
    }
};

namespace detail {

using render_warnings = handle<sonic_render_warning_list, sonic_render_warning_list_free>;

inline std::vector<render_warning> warnings_of(const render_warnings &list) {
    std::vector<render_warning> all;
    for (std::size_t i = 0; i < sonic_render_warning_list_len(list.get()); i++) {
        const sonic_render_warning *one = sonic_render_warning_list_at(list.get(), i);
        all.push_back({one->code, one->measure, one->verse, one->message});
    }
    return all;
}

} // namespace detail

// A song that is being sung, phrase by phrase, for one thread.
class singing {
  public:
    // Sings the next phrase; nothing at the end.
    std::optional<phrase> next(const sonic::cancel *cancel = nullptr) {
        using handle = detail::handle<sonic_phrase, sonic_phrase_free>;
        auto one = detail::made<handle>(
            [&](auto out) { return sonic_singing_next(handle_.get(), cancel ? cancel->get() : nullptr, out); });
        return one ? std::optional<phrase>(phrase::from(one.get())) : std::nullopt;
    }
    std::uint32_t sample_rate() const noexcept { return sonic_singing_sample_rate(handle_.get()); }
    // From any thread.
    sonic_render_progress progress() const {
        sonic_render_progress of{};
        of.size = sizeof of;
        detail::check(sonic_singing_progress(handle_.get(), &of));
        return of;
    }
    // What is not sung as it is written.
    std::vector<render_warning> warnings() const {
        return detail::warnings_of(detail::made<detail::render_warnings>(
            [&](auto out) { return sonic_singing_warnings(handle_.get(), out); }));
    }

  private:
    friend class voicebank;
    using handle = detail::handle<sonic_singing, sonic_singing_free>;
    explicit singing(handle h) : handle_(std::move(h)) {}
    handle handle_;
};

// A voicebank in the DiffSinger format of OpenUtau.
class voicebank {
  public:
    explicit voicebank(std::string_view folder) : voicebank(folder, defaults()) {}
    voicebank(std::string_view folder, const sonic_voicebank_options &options) {
        std::string path = detail::c_text(folder);
        handle_ = detail::made<handle>([&](auto out) { return sonic_voicebank_open(path.c_str(), &options, out); });
    }

    static sonic_voicebank_options defaults() {
        return detail::initialised<sonic_voicebank_options>(sonic_voicebank_options_init);
    }

    std::string name() const {
        const char *text = sonic_voicebank_name(get());
        return text ? text : "";
    }
    std::uint32_t sample_rate() const noexcept { return sonic_voicebank_sample_rate(get()); }
    std::vector<std::string> speakers() const {
        std::vector<std::string> all;
        for (std::size_t i = 0; i < sonic_voicebank_speaker_len(get()); i++) {
            all.emplace_back(sonic_voicebank_speaker_at(get(), i));
        }
        return all;
    }
    std::vector<std::string> languages() const {
        std::vector<std::string> all;
        for (std::size_t i = 0; i < sonic_voicebank_language_len(get()); i++) {
            all.emplace_back(sonic_voicebank_language_at(get(), i));
        }
        return all;
    }
    // Every fault, the errors first. Nothing is sung.
    std::vector<finding> check() const {
        using list = detail::handle<sonic_finding_list, sonic_finding_list_free>;
        auto of = detail::made<list>([&](auto out) { return sonic_voicebank_check(get(), out); });
        std::vector<finding> all;
        for (std::size_t i = 0; i < sonic_finding_list_len(of.get()); i++) {
            const sonic_finding *one = sonic_finding_list_at(of.get(), i);
            auto line = one->has_line ? std::optional<std::uint32_t>(one->line) : std::nullopt;
            all.push_back({one->code, one->severity, one->stage, one->file, line, one->message});
        }
        return all;
    }
    // Begins to sing a part of a score.
    singing render(const score &of, const render_options &options = {}) const {
        sonic_render_options in_c = options.in_c();
        return singing(detail::made<singing::handle>(
            [&](auto out) { return sonic_voicebank_render(get(), of.get(), &in_c, out); }));
    }
    // Sings into a sound file: .wav, .flac or .opus. Gives what is not sung as it is written.
    std::vector<render_warning> save(const score &of, std::string_view file, const render_options &options = {},
                                     job watched = {}) const {
        std::string path = detail::c_text(file);
        sonic_render_options in_c = options.in_c();
        return detail::warnings_of(detail::made<detail::render_warnings>([&](auto out) {
            return sonic_voicebank_save(get(), of.get(), path.c_str(), &in_c, watched.c_cancel(), watched.c_progress(), out);
        }));
    }
    const sonic_voicebank *get() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<sonic_voicebank, sonic_voicebank_free>;
    handle handle_;
};

// A voice of a mix; the samples are somebody else's.
struct track {
    const float *samples = nullptr;
    std::size_t size = 0;
    float volume = 1; // 0 to 4.
    float pan = 0;    // -1 (left) to 1 (right).
    bool mute = false;
    bool solo = false;

    track(const float *samples, std::size_t size) : samples(samples), size(size) {}
    explicit track(const std::vector<float> &samples) : track(samples.data(), samples.size()) {}
};

// Several voices in one sound of two channels, interleaved.
inline std::vector<float> mix(const std::vector<track> &tracks) {
    using handle = detail::handle<sonic_mix, sonic_mix_free>;
    std::vector<sonic_track> in_c;
    for (const track &one : tracks) in_c.push_back({one.samples, one.size, one.volume, one.pan, one.mute, one.solo});
    auto of = detail::made<handle>([&](auto out) { return sonic_mix_new(in_c.data(), in_c.size(), out); });
    const float *first = sonic_mix_samples(of.get());
    return {first, first + sonic_mix_len(of.get())};
}

// Writes a sound file of one or two channels, interleaved: .wav, .flac or .opus.
inline void write_sound(std::string_view file, const std::vector<float> &samples, std::uint32_t channels,
                        std::uint32_t sample_rate) {
    std::string path = detail::c_text(file);
    detail::check(sonic_sound_write(path.c_str(), samples.data(), samples.size(), channels, sample_rate));
}

} // namespace sonic

#endif
