import type { CallOptions, LongCallOptions, Source } from "./common.js";

/** A tempo, and from where on it holds. */
export interface Tempo {
  /** Quarter notes from the start of the performance. */
  readonly offsetBeats: number;
  /** Seconds from the start of the performance. */
  readonly seconds: number;
  /** Quarter notes a minute, above 0. */
  readonly bpm: number;
}

/** A syllable under a note. */
export interface Lyric {
  /** The text without white space around it, never empty. */
  readonly text: string | null;
  /** The place of the syllable in its word. */
  readonly syllabic: "single" | "begin" | "middle" | "end" | null;
  /** The line that shows that a syllable lasts on. */
  readonly extend: "start" | "stop" | "continue" | null;
  /** True for two or more syllables on one note. */
  readonly elision: boolean;
  /** What the file calls this line of text, such as "Chorus", where it has a name. */
  readonly name?: string;
  /** There and true if the note is hummed. */
  readonly humming?: true;
  /** There and true if the note is laughed. */
  readonly laughing?: true;
}

/** A note that is sung: all written notes that ties join to one. */
export interface SungNote {
  readonly offsetBeats: number;
  readonly durationBeats: number;
  /** Seconds from the start of the performance. */
  readonly onsetS: number;
  readonly durationS: number;
  /** The written measure in which it starts, counted from 0, and its number as the file prints it. */
  readonly measureIndex: number;
  readonly measureNumber: string;
  /** How often that measure has been played so far, from 1. */
  readonly pass: number;
  /** The voice within the part, as the file names it. */
  readonly voice: string;
  readonly staff: number;
  /** The pitch as written, in MIDI numbers (60 is the middle C). */
  readonly writtenMidi: number;
  /** The pitch as it sounds, after transposition. */
  readonly pitchMidi: number;
  /** 0 for the first note of a chord as written, which carries the words; 1 and on for the others. */
  readonly chord: number;
  /** The syllable of each verse, by the number of the verse as the file writes it. */
  readonly lyrics: Record<string, Lyric>;
  /** How many written notes were joined. */
  readonly tied: number;
  /** The verses whose syllable this note carries on. */
  readonly melisma: string[];
}

/** One voice of a part. */
export interface ScoreVoice {
  readonly voice: string;
  readonly notes: number;
  readonly lowestMidi: number;
  readonly highestMidi: number;
  readonly verses: { readonly verse: string; readonly syllables: number }[];
}

/** One part of a score. */
export interface Part {
  readonly partId: string;
  readonly partName: string;
  readonly voices: ScoreVoice[];
  /** The notes by onset, those of all voices. */
  readonly sung: SungNote[];
}

/** Something unusual in a score, and what was made of it. */
export interface ScoreWarning {
  /** A fixed name for programs, such as "tempo_ignored". */
  readonly code: string;
  readonly partId: string | null;
  readonly measureNumber: string | null;
  readonly message: string;
  readonly count: number;
}

/** A score in MusicXML as it is performed: repeats, endings and jumps expanded, ties joined. */
export class Score {
  private constructor();
  /**
   * Reads .musicxml, .xml or .mxl. Rejects with `malformed` for what is no score, `limit` for one beyond 20 MiB or three hours,
   * `unsupported` for a foreign encoding.
   */
  static open(source: Source, options?: CallOptions): Promise<Score>;
  /** The title of the work, or else of the movement. */
  readonly title: string | null;
  /** Changes of tempo in the order of play; the first stands at 0. */
  readonly tempos: Tempo[];
  readonly totalBeats: number;
  readonly totalSeconds: number;
  readonly parts: Part[];
  readonly warnings: ScoreWarning[];
  close(): Promise<void>;
}

export interface VoicebankOptions extends CallOptions {
  /** Folders that hold installed vocoders. A folder `_packages` beside the bank is looked in as well. */
  vocoders?: (string | URL)[] | undefined;
  /** Threads that one run of a model uses; 0, the default, is as many as the machine has cores. */
  threads?: number | undefined;
  /** What its models run on; default "cpu". */
  provider?: "cpu" | "cuda" | "auto" | undefined;
  /** Path of ONNX Runtime's library; default: `$ORT_DYLIB_PATH`, else an installed one. */
  onnxruntime?: string | URL | undefined;
}

/** One fault of a voicebank. */
export interface Finding {
  /** What kind of fault, one of a fixed list of names, such as "missing_file". */
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly stage: "bank" | "acoustic" | "duration" | "pitch" | "variance" | "vocoder";
  /** The file, from the bank's folder. */
  readonly file: string;
  readonly line: number | null;
  /** What is wrong and what to do. */
  readonly message: string;
}

/** How a score is sung. The defaults change nothing of what the voicebank does by itself. */
export interface SingOptions extends CallOptions {
  /** The part: its place in the score, from 0, or its id; default 0. */
  part?: number | string | undefined;
  /** The voice within the part; default: all of them, one note at a time. */
  voice?: string | undefined;
  /** The verse; default: that of each pass of a repeat. */
  verse?: string | undefined;
  /** The language of the words, such as "en"; default: the bank's own. */
  language?: string | undefined;
  /** The voice colour or the speaker; default: the first. */
  voiceColor?: string | undefined;
  /** Speed of consonants, -1 to 1; default 0. */
  articulation?: number | undefined;
  /** Breathiness, -100 to 100; default 0. */
  airiness?: number | undefined;
  /** Energy, -100 to 100; default 0. */
  intensity?: number | undefined;
  /** Tension, -100 to 100; default 0. */
  tension?: number | undefined;
  /** Voicing, 0 to 200; default 100. */
  clarity?: number | undefined;
  /** Formants, -100 (up) to 100 (down); default 0. */
  gender?: number | undefined;
  /** How much of the predicted expression the pitch has, 0 to 1; default 1. */
  pitchExpression?: number | undefined;
  /** Steps of diffusion of the spectrogram, 1 to 1000; default 20. */
  steps?: number | undefined;
  /** Steps of diffusion of the pitch; default 10. */
  pitchSteps?: number | undefined;
  /** Steps of diffusion of energy and the like; default 20. */
  varianceSteps?: number | undefined;
  /** Depth of shallow diffusion, above 0 to 1; default 1. */
  depth?: number | undefined;
  /** True if a word that cannot be spelled rejects with `unsupported`; default: it is hummed, with a warning. */
  strict?: boolean | undefined;
  /** True if a word that cannot be spelled is left out in place of being hummed. */
  silenceUnknown?: boolean | undefined;
  /** A folder that keeps phrases: what was sung before is not sung again. */
  cache?: string | URL | undefined;
  /** Most bytes of that folder, about; default 1,000,000,000. */
  cacheBytes?: number | undefined;
}

/** Something in a score that is not sung as it is written. */
export interface RenderWarning {
  /** A fixed name for programs, such as "unknown_word". */
  readonly code: string;
  /** The number of the measure, as printed; empty if it concerns the whole part. */
  readonly measure: string;
  /** The verse; empty if it concerns all. */
  readonly verse: string;
  readonly message: string;
}

/** How far a song has come. */
export interface RenderProgress {
  readonly doneSeconds: number;
  readonly totalSeconds: number;
  /** Phrases that were rendered. */
  readonly rendered: number;
  /** Phrases that came from the cache. */
  readonly fromCache: number;
}

/** A phrase that was sung: one channel, -1 to 1. Phrases may overlap, and are added. */
export interface Phrase {
  /** Where it starts in the song. */
  readonly startSeconds: number;
  readonly samples: Float32Array;
  /** Its phonemes, and where they start and end in the song. */
  readonly phonemes: { readonly symbol: string; readonly startSeconds: number; readonly endSeconds: number }[];
  /** True if it was taken from the cache. */
  readonly fromCache: boolean;
}

/** A song that is being sung: iterating gives phrases as they are ready. What ends the iteration closes it. */
export class Singing implements AsyncIterableIterator<Phrase, undefined> {
  private constructor();
  /** Samples a second. */
  readonly sampleRate: number;
  /** What is not sung as it is written, as far as that is known before the first phrase. */
  readonly warnings: RenderWarning[];
  next(): Promise<IteratorResult<Phrase, undefined>>;
  return(value?: undefined): Promise<IteratorResult<Phrase, undefined>>;
  [Symbol.asyncIterator](): this;
  /** How far it is; of a song that has ended, what it came to. */
  progress(): Promise<RenderProgress>;
  close(): Promise<void>;
}

/** A voicebank in the DiffSinger format of OpenUtau: the folder with its dsconfig.yaml. */
export class Voicebank {
  private constructor();
  /** Reads its settings; its models are loaded when it first sings. Faults are told by `check`. */
  static open(folder: string | URL, options?: VoicebankOptions): Promise<Voicebank>;
  /** The singer's name. */
  readonly name: string;
  /** Samples a second of what it sings. */
  readonly sampleRate: number;
  /** The names of its speakers (voice colours); none for a single voice. */
  readonly speakers: string[];
  /** The languages that its models tell apart; none if they tell none. */
  readonly languages: string[];
  /** Every fault, the errors first. Nothing is sung, and ONNX Runtime is not needed. */
  check(options?: CallOptions): Promise<Finding[]>;
  /**
   * Begins to sing a part of a score, phrase by phrase. `signal` cancels the song. Rejects with `invalid_argument` for options
   * out of range, `not_found` for a part, voice or verse that the score has not, `model` for a bank that cannot sing.
   */
  render(score: Score, options?: SingOptions): Promise<Singing>;
  /** Sings into a sound file: .wav, .flac or .opus. Gives what is not sung as it is written. */
  save(score: Score, path: string | URL, options?: SingOptions & LongCallOptions): Promise<RenderWarning[]>;
  close(): Promise<void>;
}

/** A voice of a mix. */
export interface Track {
  /** The sound from the start of the song, one channel; copied. */
  samples: Float32Array;
  /** How loud, 0 to 4; default 1. */
  volume?: number | undefined;
  /** Where it stands, -1 (left) to 1 (right); default 0. */
  pan?: number | undefined;
  /** True if it does not sound. */
  mute?: boolean | undefined;
  /** True if only it, and others like it, sound, whatever is muted. */
  solo?: boolean | undefined;
}

/**
 * Voices in one sound of two channels, interleaved. A voice in the middle has 3 dB less on both sides; a mix that is louder than 1
 * is made as much softer as it needs.
 */
export function mix(tracks: Track[], options?: CallOptions): Promise<Float32Array>;

/** Writes a sound file of one channel or two, interleaved: .wav, .flac or .opus. */
export function writeSound(
  path: string | URL,
  samples: Float32Array,
  options: CallOptions & { sampleRate: number; channels?: 1 | 2 | undefined },
): Promise<void>;
