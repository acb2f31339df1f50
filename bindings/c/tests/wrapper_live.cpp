// Live sound and songs through the C++ header. Arguments: an empty folder, and a voicebank, if there is one.

#include "../../cpp/sonic.hpp"
#include "check.h"

#include <algorithm>
#include <atomic>
#include <type_traits>

namespace {

template <class Call> void throws(sonic::error_kind kind, Call call) {
    try {
        call();
    } catch (const sonic::error &error) {
        CHECK(error.kind() == kind && std::string(error.what()).size() > 3);
        return;
    }
    CHECK(!"nothing was thrown");
}

const char *spoken = "examples/demo/voices/enrol/alma/boat.opus";
const char *song = "examples/demo/song.musicxml";

std::vector<std::vector<std::uint8_t>> slices() {
    std::size_t len = 0;
    unsigned char *data = contents_of(spoken, &len);
    std::vector<std::vector<std::uint8_t>> all;
    for (std::size_t at = 0; at < len; at += 2000) all.emplace_back(data + at, data + std::min(len, at + 2000));
    free(data);
    return all;
}

void add(std::vector<sonic::segment> &all, std::vector<sonic::segment> more) {
    for (sonic::segment &one : more) all.push_back(std::move(one));
}

void sessions() {
    static_assert(!std::is_copy_constructible_v<sonic::live_session> &&
                  std::is_nothrow_move_constructible_v<sonic::live_session>);
    std::atomic<int> calls{0};
    auto parts = slices();
    sonic::live_options options;
    options.numbers.partial_ms = 0;
    options.language = "en";
    std::vector<sonic::segment> found;
    {
        sonic::recognizer clerk("clerk", [&](const sonic_utterance &utterance) {
            calls++;
            CHECK(std::string(utterance.language) == "en");
            return sonic::recognition{std::to_string(utterance.len / 16) + " ms", 0.5f, {{0, 10, "some", 1}}};
        });
        options.recognizer = &clerk;
        sonic::live_session session("meeting", options);
        for (std::size_t i = 0; i < parts.size(); i++) add(found, session.push(i, parts[i]));
        add(found, session.finish());
        CHECK(!found.empty() && found.back().is_final && found.back().text.find(" ms") != std::string::npos);
        CHECK(found.back().words.size() == 1 && found.back().confidence == 0.5f && !found.back().speaker);
        CHECK(session.stats().recognized == clerk.counts().answered && session.counts().slices == parts.size());
        CHECK(session.gaps().empty() && session.poll().empty() && session.turns().empty() && calls > 0);
        sonic::live_session moved = std::move(session);
        throws(sonic::error_kind::invalid_argument, [&] { session.poll(); });
    }
    sonic::recognizer broken("broken", [](const sonic_utterance &) -> sonic::recognition { throw 7; });
    options.recognizer = &broken;
    sonic::voice_embedder embedder;
    options.embedder = &embedder;
    sonic::live_session first("meeting", options);
    std::vector<sonic::segment> again;
    for (std::size_t i = 0; i < parts.size() / 2; i++) add(again, first.push(i, parts[i]));
    sonic::live_session second = sonic::live_session::restore(first.state(), options);
    for (std::size_t i = parts.size() / 2; i < parts.size(); i++) {
        add(again, second.push_at(i, 1000.0 * static_cast<double>(i), parts[i].data(), parts[i].size()));
    }
    add(again, second.finish());
    CHECK(again.back().text.empty() && again.back().speaker == "voice 1" && again.back().id != found.back().id);
    CHECK(second.stats().failures > 0 && second.stats().last_failure_kind == "model" && !second.turns().empty());
    throws(sonic::error_kind::invalid_argument, [&] { second.activity(0, {{"Ann", "2"}}); });
    throws(sonic::error_kind::invalid_argument, [] { sonic::recognizer::open_ai("no address"); });
    throws(sonic::error_kind::malformed, [] { sonic::live_session::restore({1, 2}); });
}

void songs(const std::string &folder, const char *where) {
    sonic::score score{song};
    CHECK(score.title() && score.part_count() == 2 && score.tempos().size() > 0 && score.json().front() == '{');
    CHECK(score.note(0, 0)->onset_s >= 0 && score.note(9, 0) == nullptr && score.total_seconds() > 5);
    throws(sonic::error_kind::malformed, [] { sonic::score none{sonic::source("README.md")}; });
    throws(sonic::error_kind::not_found, [&] { sonic::voicebank none(folder + "/nothing"); });
    sonic::voicebank empty(folder);
    CHECK(!empty.check().empty() && empty.check().front().severity == "error" && empty.speakers().empty());
    throws(sonic::error_kind::model, [&] { empty.render(score); });

    std::vector<float> voice(100, 0.5f);
    sonic::track left(voice), right(voice);
    left.pan = -1;
    right.pan = 1;
    right.volume = 0.5f;
    auto mixed = sonic::mix({left, right});
    CHECK(mixed.size() == 200 && mixed[0] == 0.5f && mixed[1] > 0.249f && mixed[1] < 0.251f);
    sonic::write_sound(folder + "/mix.wav", mixed, 2, 8000);
    CHECK(sonic::clip::decode(folder + "/mix.wav").size() == 100);
    if (where == nullptr) return;

    sonic::voicebank bank(where);
    sonic::render_options options;
    options.numbers.steps = options.numbers.pitch_steps = options.numbers.variance_steps = 2;
    options.part_id = "P2";
    sonic::singing singing = bank.render(score, options);
    try {
        auto phrase = singing.next();
        CHECK(phrase && phrase->samples.size() > 100 && !phrase->phonemes.empty() && singing.progress().rendered == 1);
    } catch (const sonic::error &error) {
        CHECK(error.kind() == sonic::error_kind::model);
        return;
    }
    sonic::cancel cancel;
    cancel();
    throws(sonic::error_kind::closed, [&] { singing.next(&cancel); });
    CHECK(!singing.next());
    bank.save(score, folder + "/song.opus", options);
    CHECK(sonic::clip::decode(folder + "/song.opus").size() > 48000);
}

} // namespace

int main(int count, char **arguments) {
    CHECK(count >= 2);
    sessions();
    songs(arguments[1], count > 2 ? arguments[2] : nullptr);
    puts("all is as it should be");
    return 0;
}
