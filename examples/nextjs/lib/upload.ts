// The form that comes with a request.

import { Refused } from "./http";

/** A recording that was sent, and the other fields of its form. */
export interface Upload {
  readonly bytes: Uint8Array;
  readonly filename: string | null;
  /** What its sender says it is. */
  readonly contentType: string | null;
  /** A field's text; null if it is absent or empty. */
  field(name: string): string | null;
}

/** Reads the form of a request, and the recording in its field `audio`. */
export async function uploadOf(request: Request, maxBytes: number): Promise<Upload> {
  const form = await formOf(request, maxBytes);
  const audio = form.get("audio");
  if (audio === null) throw new Refused(400, "Missing audio file");
  if (typeof audio === "string") throw new Refused(400, "audio must be a file, not text");
  if (audio.size === 0) throw new Refused(400, "Empty audio file");
  return {
    bytes: new Uint8Array(await audio.arrayBuffer()),
    filename: audio.name || null,
    contentType: audio.type || null,
    field(name) {
      const value = form.get(name);
      return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
    },
  };
}

async function formOf(request: Request, maxBytes: number): Promise<FormData> {
  const type = request.headers.get("content-type") ?? "";
  if (!type.toLowerCase().startsWith("multipart/form-data")) {
    throw new Refused(400, "Missing audio file: send a form (multipart/form-data) with the field audio");
  }
  const body = await bodyOf(request, maxBytes);
  try {
    return await new Response(body, { headers: { "content-type": type } }).formData();
  } catch (cause) {
    throw new Refused(400, `the form cannot be read: ${cause instanceof Error ? cause.message : cause}`);
  }
}

/** The whole body, unless it is too long; its length is counted, whatever its header says. */
export async function bodyOf(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLong = new Refused(413, `a request may have ${maxBytes} bytes: send a shorter recording`);
  if (Number(request.headers.get("content-length")) > maxBytes) throw tooLong;
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  for (;;) {
    const part = await reader?.read();
    if (!part || part.done) break;
    length += part.value.length;
    if (length > maxBytes) throw tooLong;
    chunks.push(part.value);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

/** A number, 0 to 1, in a field; `otherwise` if it is absent. */
export function thresholdOf(text: string | null, otherwise: number): number {
  if (text === null) return otherwise;
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new Refused(400, "Invalid threshold (must be between 0 and 1)");
  return value;
}
