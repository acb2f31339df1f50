import type { CallOptions } from "./common.js";
import type { Gap, PushCounts, SliceOptions } from "./push.js";
import type { Store } from "./store.js";
import type { VoiceEmbedder } from "./voices.js";

/** A word with its place in time. */
export interface Word {
  /** Where it begins, in milliseconds of the connection's sound. */
  readonly startMs: number;
  readonly endMs: number;
  /** The word, without space around it. */
  readonly text: string;
  /** How sure the recogniser is of it, 0 to 1. */
  readonly confidence: number;
}

/**
 * A stretch of speech with what was said in it and by whom, as far as that is known. More context revises a segment under its
 * id: the one of the largest revision holds.
 */
export interface Segment {
  /** The same sound of the same connection, heard by the same pipeline, has the same id, in another process too. */
  readonly id: string;
  /** 0 for what was known first, one more each time that something of it changed. */
  readonly revision: number;
  /** False while somebody still speaks or the text is still to come. Later only who said it may change. */
  readonly final: boolean;
  /** Where it begins, in milliseconds of the connection's sound. */
  readonly startMs: number;
  readonly endMs: number;
  /** What was said; empty if nothing was understood, or nobody was asked. */
  readonly text: string;
  /** The words of the text in order; none if the recogniser gives none. */
  readonly words: Word[];
  /** Who spoke; null if nobody knows. */
  readonly speaker: string | null;
  /** How sure it all is, 0 to 1: of the text if there is one, and of the speaker if one is named. */
  readonly confidence: number;
}

/** A stretch of time in which one speaker speaks; those of two may overlap. */
export interface Turn {
  /** A name, or the label of a voice that nobody has named. */
  readonly speaker: string;
  readonly startMs: number;
  readonly endMs: number;
  /** How sure that is, 0 to 1. */
  readonly confidence: number;
  /** True if somebody else speaks in a part of it as well. */
  readonly overlapped: boolean;
}

/** How the utterances of a connection fared. */
export interface LiveStats {
  /** Utterances that ended. */
  readonly utterances: number;
  /** Utterances whose text is final. */
  readonly recognized: number;
  /** Times that a recogniser failed, gave an answer that is none, or gave none in time. */
  readonly failures: number;
  /** Utterances that were given up: their segments stay without text. */
  readonly givenUp: number;
  /** What went wrong last: the kind of the error, and its words. */
  readonly lastFailureKind: string | null;
  readonly lastFailure: string | null;
}

/** How utterances fared at a recogniser, those of all sessions. */
export interface RecognitionCounts {
  readonly answered: number;
  /** Those for which it gave an error, or an answer that cannot be one. */
  readonly failed: number;
  readonly timedOut: number;
  /** Those that were refused because too many waited. */
  readonly refused: number;
  /** Threads that the recogniser has not given back in time. */
  readonly stuck: number;
}

export interface RecognizerOptions extends CallOptions {
  /** Utterances that are recognised at once, 1 to 64; default 4. */
  concurrency?: number | undefined;
  /** Utterances that wait at most; default 64. */
  queue?: number | undefined;
  /** An answer is waited for so long, in milliseconds; default 30,000. */
  timeoutMs?: number | undefined;
}

export interface ServiceOptions extends RecognizerOptions {
  /** What the service is sent as bearer token. */
  token?: string | undefined;
  /** How often it is tried, 1 to 10; default 3. */
  attempts?: number | undefined;
  /** An answer to one call is waited for so long, tries together, in milliseconds; default 20,000. */
  serviceTimeoutMs?: number | undefined;
}

/** Says what was said in utterances, for any number of sessions. Those keep it alive: it can be closed before them. */
export class Recognizer {
  private constructor();
  /** A service that speaks OpenAI's interface for transcriptions, at its whole address. Its answers have words. */
  static openAi(url: string, options?: ServiceOptions & { model?: string | undefined }): Promise<Recognizer>;
  /** Whisper over HTTP, as Vexa's transcription service speaks it. */
  static whisper(url: string, options?: ServiceOptions): Promise<Recognizer>;
  /**
   * A model in process that knows single letters, digits and some words, spoken with pauses between them: its id, default
   * "moonshine-spelling", or the path of its manifest. It needs ONNX Runtime.
   */
  static spelling(
    model?: string | URL,
    options?: RecognizerOptions & { onnxruntime?: string | URL | undefined; modelsFolder?: string | URL | undefined },
  ): Promise<Recognizer>;
  counts(): Promise<RecognitionCounts>;
  close(): Promise<void>;
}

export interface LiveOptions extends CallOptions {
  /** Says what was said; default: nobody is asked. */
  recognizer?: Recognizer | undefined;
  /** The language that is spoken, as ISO 639-1; default: the recogniser finds out. */
  language?: string | undefined;
  /** Tells speakers by their voices; default: only activity tells who speaks. */
  embedder?: VoiceEmbedder | undefined;
  /** Its voices have names; default: voices that no meeting names are called "voice 1" and so on. */
  store?: Store | undefined;
  /** What `state()` gave: the session goes on there, and `connection` is not looked at. */
  state?: Uint8Array | undefined;
  /** How many slices with a higher index may come before a slice, which is given up then; default 3. */
  window?: number | undefined;
  /** How far a container's time may be ahead of the packets, in milliseconds, before it is a gap; default 100. */
  gapThresholdMs?: number | undefined;
  /** Most bytes of a slice, and of all slices that wait for one before them; default 16 MiB. */
  maxSliceBytes?: number | undefined;
  /** Speech begins where its probability reaches this; default 0.5. */
  threshold?: number | undefined;
  /** A pause of this length ends an utterance, in milliseconds; default 500. */
  hangoverMs?: number | undefined;
  /** Utterances with less speech than this are left out; default 250. */
  minSpeechMs?: number | undefined;
  /** What is kept before and after the speech, at most the hangover; default 150. */
  paddingMs?: number | undefined;
  /** A longer utterance is cut in two; default 15,000. */
  maxMs?: number | undefined;
  /** While an utterance goes on, it is recognised each time that it is longer by this; 0 for never; default 2,000. */
  partialMs?: number | undefined;
  /** Milliseconds that a digit of activity stands for; default 100. */
  bitMs?: number | undefined;
  /** How much later than its first digit an update of activity is stamped; default 1,000. */
  delayMs?: number | undefined;
  /** How long a microphone counts as active after somebody spoke; default 200. */
  holdMs?: number | undefined;
  /** Above this cosine a voice is that of a track, whose voiceprint stays as it is; default 0.95. */
  same?: number | undefined;
  /** Above this it is that of a track, whose voiceprint grows; default 0.35. */
  matching?: number | undefined;
}

/** A slice of a browser's recorder. Bytes alone are numbered in the order in which they come, from 0 on. */
export type Slice =
  | Uint8Array
  | ArrayBuffer
  | { index?: number | undefined; data: Uint8Array | ArrayBuffer; sentMs?: number | undefined };

/**
 * Follows one connection of a meeting or a call: slices of a browser's recorder go in, segments come out as they become known
 * and whenever more is known. Calls are made one after the other, in the order in which they were begun; none waits for a
 * recogniser but `finish`.
 */
export class LiveSession {
  private constructor();
  /** Follows the connection of that name: the same sound of the same connection gives segments of the same ids. */
  static open(connection: string, options?: LiveOptions): Promise<LiveSession>;
  /**
   * Takes the slice number `index`, counted from 0 as the browser does, and gives what became known since the last call. Rejects
   * as `PushDecoder.push` does, after which the session goes on.
   */
  push(index: number, data: Uint8Array | ArrayBuffer, options?: SliceOptions): Promise<Segment[]>;
  /** Takes mono sound at 16 kHz that begins `startMs` after the connection's first, in the place of slices. */
  pushSamples(startMs: number, samples: Float32Array): Promise<Segment[]>;
  /** Takes an update of the meeting's microphones: for each participant's name a text of digits 0 and 1. */
  activity(stampMs: number, digits: Record<string, string>): Promise<Segment[]>;
  /** Gives what became known since the last call, without new sound. */
  poll(): Promise<Segment[]>;
  /** Ends the sound, waits for what the recogniser still works at, and gives the rest. */
  finish(): Promise<Segment[]>;
  /** Looks anew for the names of speakers, after somebody was enrolled. */
  refreshNames(): Promise<Segment[]>;
  /** What becomes known of slices as they come, and then of the rest. */
  segments(slices: AsyncIterable<Slice> | Iterable<Slice>): AsyncGenerator<Segment, void, undefined>;
  /** Who spoke when, as far as it is known. */
  turns(): Promise<Turn[]>;
  /** From when to when nothing of the sound came. */
  gaps(): Promise<Gap[]>;
  /** What became of the slices so far. */
  counts(): Promise<PushCounts>;
  /** How utterances fared so far. */
  stats(): Promise<LiveStats>;
  /** What the session remembers, to be kept beside the number of the last slice: another process goes on with it. */
  state(): Promise<Uint8Array>;
  /** Frees its memory, which else happens when it is garbage. Calls under way end first; twice is fine. */
  close(): Promise<void>;
}
