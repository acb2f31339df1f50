import type { CallOptions, ModelOptions, Source } from "./common.js";

/** A picture, upright: rows from the top, red, green and blue of 8 bits each. */
export interface Image {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A picture that was decoded. */
export interface DecodedImage extends Image {
  /** True if the file ended before the picture did; what is missing is grey. */
  readonly truncated: boolean;
}

export interface DecodeImageOptions extends CallOptions {
  /** Most pixels, width times height; default 100 million. */
  maxPixels?: number | undefined;
}

/** Decodes a picture: JPEG, PNG, WebP, GIF, BMP or TIFF, turned as its EXIF orientation says. */
export function decodeImage(source: Source, options?: DecodeImageOptions): Promise<DecodedImage>;

export type Point = readonly [x: number, y: number];
/** Left, top, right, bottom. */
export type Box = readonly [number, number, number, number];

/** How well a face can be seen. */
export interface FaceQuality {
  /** The shorter side of the box in pixels. */
  readonly size: number;
  /** How much fine detail the face has, from 0 for a blurred one on. */
  readonly sharpness: number;
  /** Estimated turn of the head in degrees; positive if it looks to the viewer's right. */
  readonly yaw: number;
  /** Estimated nod in degrees; positive if it looks up. */
  readonly pitch: number;
  /** Tilt in degrees; positive if it is turned clockwise. */
  readonly roll: number;
  /** Mean luminance, 0 to 1. */
  readonly brightness: number;
  /** Part of the face that is nearly black or nearly white, 0 to 1. */
  readonly clipped: number;
}

/** Where a face is in a picture: pixels of the upright picture, x to the right and y down. */
export interface FacePlace {
  /** A face at the edge reaches beyond the picture. */
  readonly bbox: Box;
  /** What the detector gives for it, 0 to 1. */
  readonly score: number;
  /** The eye at the viewer's left, the other eye, the nose, the mouth's corner at the viewer's left, the other. */
  readonly landmarks: readonly Point[];
  readonly quality: FaceQuality;
}

/** A face that was found in a picture. */
export interface Face extends FacePlace {
  /** What it is compared by, of unit length. */
  readonly embedding: Float32Array;
  /** How the embedding was made: those of different pipelines cannot be compared. */
  readonly pipeline: string;
}

export interface AnalyzeOptions extends CallOptions {
  /** Most pixels of a picture that is decoded, width times height; default: as the analyzer was loaded. */
  maxPixels?: number | undefined;
}

export interface FaceAnalyzerOptions extends ModelOptions {
  /** Most pixels of a picture that it decodes, width times height; default 100 million. */
  maxPixels?: number | undefined;
  /** Id of a model, or the path of a manifest or an ONNX file; default "yunet". */
  detector?: string | URL | undefined;
  /** As `detector`; default "sface". */
  embedder?: string | URL | undefined;
  /** The side in pixels of the square that a picture is fitted into, a multiple of 32; default: 128, 640
   * and, where the picture is large, what small faces ask for. */
  detSize?: number | undefined;
  /** True to look at the picture in its own size instead. */
  ownSize?: boolean | undefined;
  /** Least score of a face; default 0.5 with SCRFD and 0.6 with YuNet. */
  threshold?: number | undefined;
  /** Most that two faces may overlap; default 0.4 with SCRFD and 0.3 with YuNet. */
  nms?: number | undefined;
  /** Most faces of a picture, the surest; default: all. */
  maxFaces?: number | undefined;
}

/** Finds the faces of pictures and makes embeddings of them. It needs ONNX Runtime (`$ORT_DYLIB_PATH`). */
export class FaceAnalyzer {
  private constructor();
  /** Loads the models; nothing is ever fetched. */
  static load(options?: FaceAnalyzerOptions): Promise<FaceAnalyzer>;
  /** Length of the embeddings. */
  readonly dimensions: number;
  /** How it makes embeddings. */
  readonly pipeline: string;
  /** The faces of a picture, the surest first; none is an honest answer. */
  analyze(source: Source | Image, options?: AnalyzeOptions): Promise<Face[]>;
  /** Frees its memory, which else happens when it is garbage. */
  close(): Promise<void>;
}
