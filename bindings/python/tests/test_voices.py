"""The voices of a store: who is speaking?"""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow
import pytest

import sonic
from voice_support import RATE, speak, syllable_piece, utterances


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sonic.Store]:
    """An open store without anybody."""
    with sonic.Store(tmp_path / "people.sonic") as store:
        yield store


@pytest.fixture
def people(store: sonic.Store) -> sonic.Voices:
    """A store in which Anna and Bert are enrolled."""
    store.voices.enroll("Anna", [speak("anna", seed) for seed in range(3)], user_id="u1")
    store.voices.enroll("Bert", [speak("bert", seed) for seed in range(3)])
    return store.voices


def test_people_are_enrolled_sample_by_sample(store: sonic.Store) -> None:
    first = store.voices.enroll("Anna", speak("anna", 0), user_id="u1")
    assert (first.status, first.sample_count, first.added, first.known) == ("sample_added", 1, 1, 0)
    assert not first.voiceprint.enrolled
    more = store.voices.enroll("Anna", (speak("anna", seed) for seed in range(3)))
    assert (more.status, more.sample_count, more.added, more.known) == ("enrolled", 3, 2, 1)
    full = store.voices.enroll("Anna", [speak("anna", seed) for seed in range(3, 7)])
    assert (full.status, full.sample_count, full.left_out) == ("complete", 5, 2)
    print_ = full.voiceprint
    assert (print_.person, print_.user_id, print_.sample_count, print_.enrolled) == ("Anna", "u1", 5, True)
    assert store.voices.person("Anna") == print_
    assert store.voices.people() == [print_]
    assert ("Anna" in store.voices, "Bert" in store.voices, len(store.voices)) == (True, False, 1)
    assert store.voices.person("Bert") is None


def test_whoever_speaks_is_named(people: sonic.Voices) -> None:
    for name, speaker in (("Anna", "anna"), ("Bert", "bert")):
        answer = people.identify(speak(speaker, 90))
        assert answer
        assert answer.decision == "match"
        best = answer.best
        assert best is not None
        assert (best.person, best.sample_count, best.enrolled) == (name, 3, True)
        assert best.score > 0.7
        assert best.probability > 0.5
        assert (best.normalized, answer.cohort, answer.compared) == (None, 0, 2)
        assert [m.person for m in answer] == [m.person for m in answer.matches]
        assert (len(answer), answer[0]) == (2, best)
        assert set(answer.elapsed_ms) == {"decode", "embed", "search"}
        assert answer.quality.passes


def test_options_of_identify(people: sonic.Voices) -> None:
    clip = speak("anna", 90)
    assert [m.person for m in people.identify(clip, 1)] == ["Anna"]
    assert [m.person for m in people.identify(clip, limit=1, threads=2)] == ["Anna"]
    assert len(people.identify(clip, 0)) == 0
    assert [m.person for m in people.identify(clip, exclude=["Anna"])] == ["Bert"]
    assert not people.identify(clip, threshold=0.9999)
    assert people.identify(clip, threshold=0.7)
    assert not people.identify(clip, accept=1.0, exclude=["Anna"])
    wrong: list[dict[str, object]] = [
        {"limit": -1},
        {"limit": "5"},
        {"exclude": "Anna"},
        {"exclude": [5]},
        {"threshold": "high"},
        {"threshold": float("nan")},
        {"accept": 1.5},
        {"embedder": "celda128"},
    ]
    for options in wrong:
        with pytest.raises(sonic.InvalidArgumentError):
            people.identify(clip, **options)


def test_an_empty_store_knows_no_one(store: sonic.Store) -> None:
    answer = store.voices.identify(speak("anna", 1))
    assert (bool(answer), answer.best, list(answer), answer.compared) == (False, None, [], 0)
    assert (len(store.voices), store.voices.people(), list(store.voices.table())) == (0, [], [])
    assert store.voices  # It is there, whether there is anybody or not.
    assert store.voices.stats() == sonic.VoiceStats(0, 0, 0, None, 0)


def test_a_claim_is_accepted_or_not(people: sonic.Voices) -> None:
    right = people.verify("Anna", speak("anna", 91))
    assert right
    assert (right.decision, right.claim.person) == ("match", "Anna")
    wrong = people.verify("Anna", speak("bert", 91))
    assert not wrong
    assert wrong.claim.score < right.claim.score
    with pytest.raises(sonic.NotFoundError, match="Carla"):
        people.verify("Carla", speak("anna", 91))


def test_recordings_are_kept_with_all_that_is_known(people: sonic.Voices, tmp_path: Path) -> None:
    recordings = people.table()
    rows = list(recordings)
    assert len(recordings) == len(rows) == 6
    assert rows == list(recordings)  # It can be iterated again.
    assert {r.mode for r in rows} == {"enroll"}
    assert [r.user_id for r in rows] == ["u1"] * 3 + [None] * 3
    assert (rows[0].sample_rate, rows[0].duration_ms, rows[0].embedding_dimensions) == (RATE, 4000, 128)
    kept = people.record(
        speak("anna", 50), recording_id="r1", user_id="u1", mode="test", status="done", metadata={"a": [1]}
    )
    voice = kept.voice
    assert (kept.status, voice.recording_id, voice.user_id, voice.mode) == ("added", "r1", "u1", "test")
    assert (voice.status, voice.metadata) == ("done", {"a": [1]})
    again = people.record(speak("bert", 50), recording_id="r1")
    assert (again.status, again.voice) == ("duplicate", voice)
    assert people.get("r1") == voice
    assert [people.by_mode("test"), people.recent(1)] == [[voice], [voice]]
    assert people.by_user("u1", 1) == [voice]
    assert len(people.by_user("u1")) == 4
    anna = people.people()[0]
    assert {v.recording_id for v in people.by_voiceprint(anna.voiceprint_id)} == {s.recording_id for s in anna.samples}
    embedding = people.embedding("r1")
    assert embedding is not None
    assert np.allclose(embedding, sonic.VoiceEmbedder().embed_speech(speak("anna", 50)), atol=1e-6)
    assert people.remove("r1") == voice
    assert (people.get("r1"), people.embedding("r1")) == (None, None)
    with pytest.raises(sonic.NotFoundError):
        people.remove("r1")
    assert people.stats() == sonic.VoiceStats(6, 2, 0, sonic.VoiceEmbedder().pipeline, 128)


def test_many_recordings_are_read_page_by_page(store: sonic.Store) -> None:
    clip = speak("anna", 1, 1.5)
    for number in range(300):
        store.voices.record(clip, recording_id=f"{number}")
    rows = iter(store.voices.table())
    assert [next(rows).recording_id for _ in range(2)] == ["0", "1"]
    store.voices.remove("299")
    assert [r.recording_id for r in rows] == [str(n) for n in range(2, 299)]


def test_recordings_are_a_table(people: sonic.Voices) -> None:
    table = pyarrow.table(people.table())
    rows = list(people.table())
    assert table.column("recording_id").to_pylist() == [r.recording_id for r in rows]
    assert table.column("mode").to_pylist() == ["enroll"] * 6
    vector = np.array(table.column("embedding").to_pylist()[0], np.float32)
    assert np.array_equal(vector, people.embedding(rows[0].recording_id))


def test_recordings_that_sound_alike(people: sonic.Voices) -> None:
    found = people.search(speak("bert", 92), threshold=-1, limit=6)
    assert [f.similarity for f in found] == sorted((f.similarity for f in found), reverse=True)
    bert = {s.recording_id for s in people.people()[1].samples}
    assert {f.voice.recording_id for f in found[:3]} == bert
    ids = [f.voice.recording_id for f in found]
    rest = people.search(speak("bert", 92), threshold=-1, limit=6, exclude=ids[:2])
    assert [f.voice.recording_id for f in rest] == ids[2:]
    assert len(people.search(speak("bert", 92), threshold=-1, limit=2)) == 2
    assert people.search(speak("bert", 92), threshold=1.1) == []


def test_samples_are_removed_and_restored(people: sonic.Voices) -> None:
    sample = people.people()[0].samples[1].recording_id
    left = people.remove_sample("Anna", sample)
    assert (left.sample_count, left.enrolled) == (2, False)
    assert [s.recording_id for s in left.samples if s.removed_at_ms is not None] == [sample]
    assert people.get(sample) is not None
    back = people.restore_sample("Anna")
    assert (back.sample_count, back.enrolled) == (3, True)
    with pytest.raises(sonic.NotFoundError):
        people.restore_sample("Anna", sample)
    with pytest.raises(sonic.NotFoundError):
        people.remove_sample("Anna", "no such recording")
    people.remove_sample("Anna", sample)
    with pytest.raises(sonic.LimitError):
        people.restore_sample("Anna", sample, max_samples=2)


def test_people_and_users_are_forgotten(people: sonic.Voices, store: sonic.Store) -> None:
    assert people.forget("Bert") == sonic.ForgottenVoices(voiceprints=1, recordings=3, speakers=0)
    with pytest.raises(LookupError, match="Bert"):
        people.forget("Bert")
    assert ("Bert" in people, len(people.table())) == (False, 3)
    people.record(speak("anna", 60), user_id="u1")
    people.observe(speak("anna", 60), scope="u1")
    assert people.forget_user("u1") == sonic.ForgottenVoices(voiceprints=1, recordings=4, speakers=1)
    assert people.forget_user("u1") == sonic.ForgottenVoices(0, 0, 0)
    assert (len(people), len(people.table())) == (0, 0)
    assert store.check() == []


def test_unknown_speakers_are_distinguished_as_they_come(store: sonic.Store) -> None:
    voices = store.voices
    first = voices.observe(speak("anna", 1), scope="meeting")
    assert (first.is_new, first.stored, first.score) == (True, True, None)
    same = voices.observe(speak("anna", 1), scope="meeting")
    assert (same.speaker, same.is_new, same.stored) == (first.speaker, False, False)
    other = voices.observe(speak("bert", 1), scope="meeting")
    assert other.is_new
    assert voices.speakers("meeting") == [sonic.Speaker(first.speaker, 1), sonic.Speaker(other.speaker, 1)]
    assert voices.speakers() == []
    assert voices.observe(speak("anna", 1)).is_new
    assert (voices.forget_speakers("meeting"), voices.speakers("meeting")) == (2, [])
    with pytest.raises(sonic.InvalidArgumentError):
        voices.observe(speak("anna", 1), same=0.5, matching=0.6)


def test_scores_are_normalised_and_calibrated(people: sonic.Voices) -> None:
    strangers = np.random.default_rng(5).standard_normal((60, 128)).astype(np.float32)
    people.set_cohort(strangers)
    answer = people.identify(speak("anna", 93))
    assert (answer.cohort, answer.calibrated) == (60, False)
    assert answer.best is not None
    # The speech that is made here has no more than a narrow band, whose scores have no cohort.
    assert answer.best.normalized is None
    people.set_cohort(np.zeros((0, 128), np.float32))
    assert people.identify(speak("anna", 93)).cohort == 0
    random = np.random.default_rng(6)
    trials = [(float(random.normal(0.6 if same else 0.1, 0.1)), same) for same in [True, False] * 200]
    fitted = people.fit_calibration(trials)
    assert fitted.trials == 400
    assert 0.2 < -fitted.offset / fitted.slope < 0.5  # The cosine of even odds.
    assert people.identify(speak("anna", 93)).calibrated
    for wrong in ("trials", [(0.5,)], [(0.5, True)], [("a", True)]):
        with pytest.raises(sonic.InvalidArgumentError):
            people.fit_calibration(wrong)
    for cohort in (strangers[0], strangers.astype(np.float64), strangers[:3], [[1.0]]):
        with pytest.raises(sonic.InvalidArgumentError):
            people.set_cohort(cohort)


SILENCE = sonic.Clip(np.zeros(RATE * 4, np.float32), RATE)
NAN = sonic.Clip(np.full(RATE * 4, np.nan, np.float32), RATE)
SHORT = syllable_piece()


@pytest.mark.parametrize("bad", [SILENCE, NAN, SHORT, 5, None, np.zeros(9, np.float32)])
def test_what_has_no_speech_is_refused(people: sonic.Voices, bad: object) -> None:
    before = list(people.table())
    calls = [
        lambda: people.enroll("Anna", bad),
        lambda: people.enroll("Carla", [speak("anna", 7), bad]),
        lambda: people.identify(bad),
        lambda: people.verify("Anna", bad),
        lambda: people.search(bad),
        lambda: people.record(bad),
        lambda: people.observe(bad),
    ]
    for call in calls:
        with pytest.raises(sonic.InvalidArgumentError):
            call()
    assert list(people.table()) == before
    assert "Carla" not in people


def test_bad_enrolments(people: sonic.Voices) -> None:
    noisy = sonic.Clip(np.random.default_rng(1).standard_normal(RATE * 3).astype(np.float32) * 0.1, RATE)
    with pytest.raises(sonic.InvalidArgumentError, match="not good enough"):
        people.enroll("Carla", noisy)
    assert people.enroll("Carla", noisy, gate=None).added == 1
    clip = speak("anna", 8)
    for options in ({"min_samples": 0}, {"max_samples": 1}, {"min_samples": -1}, {"gate": "strict"}, {"user_id": 5}):
        with pytest.raises(sonic.InvalidArgumentError):
            people.enroll("Dora", clip, **options)
    for person, sources in (("", clip), ("x" * 401, clip), (5, clip), ("Dora", [])):
        with pytest.raises(sonic.InvalidArgumentError):
            people.enroll(person, sources)
    with pytest.raises(sonic.MismatchError):
        people.enroll("Dora", speak("anna", 0))  # Anna's sample.
    with pytest.raises(FileNotFoundError):
        people.enroll("Dora", [clip, "no such file.wav"])
    with pytest.raises(sonic.SonicError):
        people.enroll("Dora", b"no sound")
    assert "Dora" not in people


def test_a_closed_store_says_so(store: sonic.Store) -> None:
    voices, recordings, clip = store.voices, store.voices.table(), speak("anna", 1)
    store.close()
    calls = [
        lambda: voices.enroll("Anna", clip),
        lambda: voices.identify(clip),
        lambda: voices.verify("Anna", clip),
        lambda: voices.search(clip),
        lambda: voices.record(clip),
        lambda: voices.observe(clip),
        lambda: voices.forget("Anna"),
        lambda: voices.people(),
        lambda: voices.table(),
        lambda: list(recordings),
        lambda: len(voices),
        lambda: "Anna" in store.voices,
    ]
    for call in calls:
        with pytest.raises(sonic.ClosedError, match="open it again"):
            call()


def test_real_speakers_are_distinguished(store: sonic.Store) -> None:
    files = {name: utterances(name) for name in ("1688", "1998", "2033")}
    for name, paths in files.items():
        store.voices.enroll(name, paths[:3], gate=None)  # Some of these recordings are noisy.
    row = next(iter(store.voices.table()))
    assert (row.filename, row.audio_format, row.sample_rate) == (files["1688"][0].name, "flac", 16000)
    assert (row.file_path, row.file_size_bytes) == (str(files["1688"][0]), files["1688"][0].stat().st_size)
    for name, paths in files.items():
        answers = [store.voices.identify(path) for path in paths[3:8]]
        assert [a.best and a.best.person for a in answers] == [name] * len(answers)
    path = files["1688"][4]
    answer = store.voices.identify(path)
    data = path.read_bytes()
    for source in (str(path), data, bytearray(data), memoryview(data), io.BytesIO(data)):
        assert store.voices.identify(source) == answer


def test_an_embedding_is_searched_for_and_a_row_has_what_came_with_it(store: sonic.Store) -> None:
    spoken = [speak(name, 7) for name in ("anna", "bert")]
    kept = [
        store.voices.record(clip, filename=f"{number}.opus", voiceprint_id=f"print {number}", mode="enroll").voice
        for number, clip in enumerate(spoken)
    ]
    assert [(voice.filename, voice.voiceprint_id) for voice in kept] == [("0.opus", "print 0"), ("1.opus", "print 1")]
    assert store.voices.by_voiceprint("print 1") == [kept[1]]
    vector = store.voices.embedding(kept[0].recording_id)
    assert vector is not None
    by_sound = store.voices.search(spoken[0], threshold=-1.0)
    by_vector = store.voices.search(embedding=vector, threshold=-1.0)
    assert [found.voice for found in by_vector] == [found.voice for found in by_sound] == kept
    assert by_vector[0].similarity == pytest.approx(1.0, abs=1e-5)
    for source, embedding in ((None, None), (spoken[0], vector), (None, np.zeros(128, np.float32))):
        with pytest.raises(sonic.InvalidArgumentError):
            store.voices.search(source, embedding=embedding)
    with pytest.raises(sonic.SonicError):
        store.voices.search(embedding=np.ones(7, np.float32))
    assert store.check() == []


def test_a_voice_is_analysed_once(store: sonic.Store) -> None:
    folder = Path(__file__).parents[3] / "examples/demo/voices/enrol/alma"
    files, embedder = sorted(folder.glob("*.opus")), sonic.VoiceEmbedder()
    analyzed = [embedder.analyze(path) for path in files]
    assert store.voices.enroll("Alma", analyzed).added == len(files)
    assert store.voices.enroll("Alma", files).known == len(files)
    first = analyzed[0]
    assert np.array_equal(first.embedding, embedder.embed_speech(files[0]))
    assert first.recording_id in {sample.recording_id for sample in store.voices.people()[0].samples}
    wanted = store.voices.identify(files[0])
    answer = store.voices.identify(first)
    assert answer == wanted
    assert answer.elapsed_ms["embed"] == answer.elapsed_ms["decode"] == 0
    assert first.quality == wanted.quality
    assert store.voices.verify("Alma", first) == store.voices.verify("Alma", files[0])
    assert store.voices.record(first, mode="test").status == "duplicate"
    assert store.voices.search(first, limit=1)[0].similarity == pytest.approx(1.0, abs=1e-5)
    assert store.voices.observe(first) is not None
    with pytest.raises(sonic.MismatchError):
        store.voices.identify(first, embedder=sonic.VoiceEmbedder(prepare=False))
    with pytest.raises(sonic.InvalidArgumentError, match="no sound"):
        embedder.embed(first)  # type: ignore[arg-type]
