// The C++ header: handles free themselves, errors are exceptions. Argument: an empty folder.

#include "../../cpp/sonic.hpp"
#include "../../cpp/sonic_faces.hpp"
#include "speech.h"

#include <algorithm>
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

const char *waltz_clip = WALTZ_CLIP;

void handles() {
    static_assert(!std::is_copy_constructible_v<sonic::clip> && std::is_nothrow_move_constructible_v<sonic::clip>);
    static_assert(!std::is_copy_constructible_v<sonic::store> && std::is_nothrow_move_assignable_v<sonic::store>);
    static_assert(!std::is_copy_assignable_v<sonic::fingerprint> && !std::is_copy_assignable_v<sonic::fingerprinter>);
    sonic::clip clip = sonic::clip::decode(waltz_clip, 11025);
    sonic::clip other = std::move(clip);
    CHECK(clip.size() == 0 && clip.samples() == nullptr);
    throws(sonic::error_kind::invalid_argument, [&] { sonic::fingerprint nothing(clip); });
    CHECK(other.sample_rate() == 11025 && other.duration() > std::chrono::seconds(8) && !other.truncated());
    other = sonic::clip(std::vector<float>(100), 8000);
    CHECK(other.size() == 100 && other.end() - other.begin() == 100);
}

void errors() {
    using kind = sonic::error_kind;
    throws(kind::not_found, [] { sonic::clip::decode("no/such/file"); });
    throws(kind::invalid_argument, [] { sonic::clip::decode(waltz_clip, 0); });
    throws(kind::invalid_argument, [] { sonic::clip::decode(std::string_view("a\0b", 3)); });
    throws(kind::malformed, [] { sonic::clip::decode(std::vector<std::uint8_t>()); });
    throws(kind::invalid_argument, [] { sonic::store store("README.md"); });
    try {
        sonic::clip::decode("README.md");
    } catch (const std::runtime_error &error) {
        CHECK(std::string(dynamic_cast<const sonic::error &>(error).kind_name()) == "unsupported");
    }
}

void streams() {
    sonic::clip clip = sonic::clip::decode(waltz_clip, SONIC_FINGERPRINT_SAMPLE_RATE);
    sonic::fingerprint whole(clip);
    sonic::fingerprinter maker(true);
    maker.push(clip.samples(), 1234);
    maker.push(std::vector<float>(clip.begin() + 1234, clip.end()));
    sonic::fingerprint streamed = maker.finish();
    CHECK(streamed.size() == whole.size() && streamed.has_texture() && streamed.frames() == whole.frames());
    CHECK(memcmp(streamed.begin(), whole.begin(), whole.size() * sizeof(sonic::landmark)) == 0);
    CHECK(streamed.pipeline() == whole.pipeline() && streamed.duration() == clip.duration());
    throws(sonic::error_kind::closed, [&] { maker.finish(); });
}

// A recording in slices, of which one is lost.
void slices() {
    std::size_t len = 0;
    unsigned char *data = contents_of(waltz_clip, &len);
    sonic::push_decoder decoder(SONIC_FINGERPRINT_SAMPLE_RATE);
    std::size_t samples = 0, count = (len + 4999) / 5000;
    auto add = [&](const std::vector<sonic::chunk> &chunks) {
        for (const sonic::chunk &one : chunks) samples += one.samples.size();
    };
    for (std::size_t i = 0; i < count; i++) add(decoder.push(i, data + 5000 * i, std::min<std::size_t>(5000, len - 5000 * i)));
    add(decoder.finish());
    free(data);
    CHECK(samples > 0 && decoder.gaps().empty() && decoder.counts().slices == count);
    throws(sonic::error_kind::invalid_argument, [&] { decoder.push(1ULL << 40, nullptr, 0); });
    throws(sonic::error_kind::invalid_argument, [] { sonic::push_decoder wrong(1); });
}

// A recording after a pause.
void stream(const sonic::store &store) {
    sonic::clip clip = sonic::clip::decode(WALTZ, SONIC_FINGERPRINT_SAMPLE_RATE);
    sonic::monitor monitor(store);
    std::vector<float> samples(2 * SONIC_FINGERPRINT_SAMPLE_RATE);
    samples.insert(samples.end(), clip.begin(), clip.begin() + 10 * SONIC_FINGERPRINT_SAMPLE_RATE);
    auto begun = monitor.push_samples(0, samples);
    CHECK(begun.size() == 1 && !begun[0].ended && begun[0].id == "lantern-waltz");
    auto ended = monitor.finish();
    CHECK(ended.size() == 1 && ended[0].ended && ended[0].number == 0);
    CHECK(std::abs(ended[0].start.count() - 2000) < 500 && std::abs(ended[0].end.count() - 12000) < 500);
    throws(sonic::error_kind::invalid_argument, [&] { monitor.push(1ULL << 40, nullptr, 0); });
}

// A source that reads, as a stream of a program does.
void sources(const std::string &folder) {
    std::size_t len = 0, at = 0, calls = 0;
    unsigned char *data = contents_of(waltz_clip, &len);
    sonic::source stream([&](std::uint8_t *buffer, std::size_t room) {
        std::size_t count = std::min({room, len - at, std::size_t(1000)});
        std::copy(data + at, data + at + count, buffer);
        at += count;
        calls++;
        return count;
    });
    sonic::source moved = std::move(stream);
    sonic::clip clip = sonic::clip::decode(moved);
    CHECK(clip.size() == sonic::clip::decode(waltz_clip).size() && calls > 10);
    free(data);
    throws(sonic::error_kind::closed, [&] { sonic::clip::decode(moved); });
    throws(sonic::error_kind::io, [] {
        sonic::clip::decode(sonic::source([](std::uint8_t *, std::size_t) -> std::size_t { throw 7; }));
    });

    sonic::cancel stop;
    sonic::progress progress;
    sonic::job job{&stop, &progress};
    sonic::store store(folder + "/jobs");
    store.compact(job);
    CHECK(progress.total() > 0 && progress.done() == progress.total() && !stop.cancelled());
    stop();
    throws(sonic::error_kind::closed, [&] { store.check(job); });
    CHECK(stop.cancelled() && store.check().empty());
}

void stores(const std::string &path) {
    sonic::store store(path);
    sonic::added added = store.add(WALTZ);
    CHECK(added.is_new() && added.id == "lantern-waltz" && added.row->duration == std::chrono::seconds(84));
    CHECK(!store.add(WALTZ).is_new());
    std::size_t len = 0;
    unsigned char *data = contents_of(BROT, &len);
    sonic::recording_options bread;
    throws(sonic::error_kind::invalid_argument, [&] { store.add({data, len}, bread); });
    bread.id = std::string("br\0t", 4);
    throws(sonic::error_kind::invalid_argument, [&] { store.add({data, len}, bread); });
    bread.id = "bread";
    bread.title = "Brot";
    bread.metadata_json = "[1]";
    CHECK(store.add({data, len}, bread).is_new());
    free(data);

    sonic::recordings recordings = store.recordings();
    CHECK(recordings.size() == 2 && recordings.list().at(1).title == "Brot");
    CHECK(recordings.get("bread")->metadata_json == "[1]" && !recordings.get("bread")->user_id);
    CHECK(!recordings.get("bread")->source && recordings.get("bread")->codec == "opus");
    CHECK(!recordings.get("nobody"));
    CHECK(recordings.landmarks("bread").size() == recordings.get("bread")->landmarks);
    CHECK(store.stats().recordings == 2 && store.check().empty());

    sonic::answer answer = store.identify(waltz_clip);
    CHECK(answer.is_match && answer.best()->id == "lantern-waltz" && answer.best()->probability > 0.99f);
    sonic::identify_options options;
    options.exclude = {"lantern-waltz"};
    options.threads = 1;
    sonic::fingerprint query(sonic::clip::decode(waltz_clip));
    CHECK(!store.identify(query, options).best());
    CHECK(store.identify(query).best()->id == "lantern-waltz");

    stream(store);
    recordings.remove("lantern-waltz");
    throws(sonic::error_kind::not_found, [&] { recordings.remove("lantern-waltz"); });
    store.compact();
    CHECK(!store.identify(waltz_clip).is_match);
    sonic::store reader(path, sonic::access::read_only);
    CHECK(reader.recordings().size() == 1);
    store.close();
    throws(sonic::error_kind::closed, [&] { store.recordings().size(); });
}

void voices(const std::string &folder) {
    sonic::store store(folder + "/voices");
    sonic::voice_embedder embedder;
    sonic::voices voices(store, embedder);
    std::vector<std::string> anna;
    for (unsigned i = 0; i < 4; i++) {
        anna.push_back(folder + "/anna-" + std::to_string(i) + ".wav");
        record(anna.back().c_str(), &ANNA, 100 + i);
    }
    std::string last = anna.back();
    anna.pop_back();
    sonic::enroll_options options;
    options.user_id = "user-7";
    sonic::enrolled done = voices.enroll("anna", anna, options);
    CHECK(done.status == SONIC_ENROLL_ENROLLED && done.added == 3 && done.voiceprint.user_id == "user-7");
    CHECK(voices.enroll("anna", anna).known == 3);
    CHECK(done.samples.size() == 3 && !done.samples[0].reason && done.samples[0].quality->passes);
    sonic::enroll_options usable;
    usable.only_usable = true;
    done = voices.enroll("anna", {anna[0], folder + "/none.wav"}, usable);
    CHECK(done.known == 1 && !done.samples[1].quality && done.samples[1].reason->find("none.wav") != std::string::npos);

    std::vector<float> samples(SPOKEN);
    float *of_ben = spoken(&BEN, 200);
    samples.assign(of_ben, of_ben + SPOKEN);
    free(of_ben);
    sonic::clip ben(samples, RATE);
    CHECK(voices.enroll("ben", ben).status == SONIC_ENROLL_SAMPLE_ADDED && voices.people().at(1).person == "ben");
    CHECK(embedder.dimensions() == 128 && embedder.embed(ben).size() == 128 && embedder.pipeline().size() > 8);
    CHECK(!sonic::speech_spans(ben).empty() && sonic::speech_spans(ben).front().start_ms > 100);

    sonic::voice_answer answer = voices.identify(last);
    CHECK(answer.best()->person == "anna" && answer.best()->user_id == "user-7" && !answer.best()->normalized);
    CHECK(answer.quality.passes && answer.matches.size() == 2);
    std::size_t len = 0;
    unsigned char *data = contents_of(last.c_str(), &len);
    CHECK(voices.identify({data, len}).matches.front().score == answer.matches.front().score);
    CHECK(embedder.embed({data, len}) == embedder.embed(last));
    free(data);
    sonic::voice_identify_options strict;
    strict.exclude = {"anna"};
    strict.threshold = 0.6f;
    CHECK(!voices.identify(last, strict).best() && voices.identify(ben).best()->person == "ben");
    CHECK(voices.verify("anna", last).is_match && !voices.verify("anna", ben, strict).is_match);
    throws(sonic::error_kind::not_found, [&] { voices.verify("nobody", ben); });
    throws(sonic::error_kind::not_found, [] { sonic::voice_embedder nothing("no/such.onnx"); });
    CHECK(voices.forget("anna").recordings == 3 && voices.people().size() == 1);
}

void faces(const std::string &folder) {
    std::vector<float> rows = {0, 0.1f, 0.2f, 5, 5.1f, 5.2f, 40};
    sonic_cluster_options options = sonic::cluster_options();
    options.min_cluster_size = 3;
    options.has_min_samples = 1;
    options.min_samples = 2;
    sonic::clusters found = sonic::cluster(rows, 1, options);
    CHECK((found.labels == std::vector<std::int32_t>{0, 0, 0, 1, 1, 1, -1}) && found.count == 2);
    CHECK(found.probabilities[0] > 0.5f && found.probabilities[6] == 0);
    CHECK(sonic::cluster({}, 3).labels.empty());
    std::vector<double> metres = {0, 0.1, 0.2, 5, 5.1, 5.2, 40};
    for (double &x : metres) x += 1e9;
    CHECK(sonic::cluster(metres, 1, options).labels == found.labels);
    throws(sonic::error_kind::invalid_argument, [&] { sonic::cluster(rows, 2); });
    throws(sonic::error_kind::not_found, [] { sonic::face_analyzer nothing("nobody"); });

    sonic::store store(folder + "/faces");
    sonic::event party(store, "party");
    float anna[2] = {1, 0}, ben[2] = {0, 1};
    sonic_face both[2] = {};
    both[0].embedding = anna;
    both[1].embedding = ben;
    both[0].dimensions = both[1].dimensions = 2;
    both[0].score = both[1].score = 0.9f;
    sonic::face_list seen("angles", {both[0], both[1]}, 640, 480);
    CHECK(seen.size() == 2 && seen[1].embedding[1] == 1 && seen.pipeline() == "angles");
    for (const char *name : {"1.jpg", "2.jpg", "3.jpg"}) CHECK(party.add(name, seen));
    CHECK(!party.add("1.jpg", seen));
    party.cluster();
    std::vector<sonic::person> people = party.people();
    CHECK(people.size() == 2 && people[0].photos == 3 && people[0].representative_face_id != 0);
    CHECK(party.link(people[0].person_id, "user-7").user_id == "user-7");
    throws(sonic::error_kind::not_found, [&] { party.link(99, "user-7"); });
    sonic::person apart = party.split(people[1].person_id, {people[1].representative_face_id});
    CHECK(apart.faces == 1 && party.people().size() == 3);
}

} // namespace

int main(int count, char **arguments) {
    CHECK(count == 2);
    handles();
    errors();
    streams();
    slices();
    sources(arguments[1]);
    stores(std::string(arguments[1]) + "/store");
    voices(arguments[1]);
    faces(arguments[1]);
    puts("all is as it should be");
    return 0;
}
