// The way to the server: slices go out as often as it takes, captions come in. One socket at a time, for as long as the
// platform lets it live.

const SHORTEST_MS = 400;
const LONGEST_MS = 8_000;
/** Slices that are under way before the first is acknowledged. */
const WINDOW = 8;
/** The server says something at least this often; silence for longer means that the way is cut. */
const SILENCE_MS = 45_000;
/** Codes of a closing for which there is no use in trying again. */
const FINAL = { 4401: "The token is not known.", 4403: "Forbitten: this user is disabled.", 4422: "This meeting cannot be." };

/** A slice as it travels: the length of a header in JSON, the header, the bytes. */
export function frame(slice) {
  const { index, ts, slice_ms, activity } = slice;
  const header = new TextEncoder().encode(JSON.stringify({ i: index, ts, slice_ms, activity }));
  const bytes = new Uint8Array(4 + header.length + slice.bytes.byteLength);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  bytes.set(new Uint8Array(slice.bytes), 4 + header.length);
  return bytes;
}

/** Sends the slices of one connection; `told` gets what comes back. */
export class Link {
  constructor(kept, connection, token, told) {
    Object.assign(this, { kept, connection, token, told });
    this.next = 0;
    this.flying = new Set();
    this.wait = SHORTEST_MS;
    this.ended = false;
    this.closed = false;
    this.again = () => this.#retry(0);
    addEventListener("online", this.again);
    this.#open();
  }

  /** Looks for slices that are to be sent. */
  poke() {
    this.pumping = (this.pumping ?? Promise.resolve()).then(() => this.#pump()).catch((e) => this.told.trouble(e));
    return this.pumping;
  }

  /** Says that there will be no more, once everything was acknowledged. */
  end() {
    this.ended = true;
    this.poke();
  }

  close() {
    this.closed = true;
    removeEventListener("online", this.again);
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.socket?.close(1000);
  }

  #open() {
    const address = new URL("api/v1/ws", document.baseURI);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.welcomed = false;
    this.told.state("again");
    socket.onopen = () => {
      const { id, meeting, source, name, seen, acked } = this.connection;
      const hello = { type: "hello", token: this.token, connection_id: id, meeting_id: meeting, source, name };
      socket.send(JSON.stringify({ ...hello, acked: acked ?? -1, after: seen ?? 0 }));
      this.#alive();
    };
    socket.onmessage = (event) => {
      this.#alive();
      if (socket === this.socket && typeof event.data === "string") this.#take(JSON.parse(event.data));
    };
    socket.onclose = (event) => {
      clearTimeout(this.silence);
      if (socket !== this.socket || this.closed) return;
      if (FINAL[event.code]) {
        this.closed = true;
        this.told.refused(event.code, event.reason || FINAL[event.code]);
        return;
      }
      this.told.state("again");
      this.#retry(event.code === 1001 ? 0 : this.wait);
    };
  }

  #alive() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.#cut(), SILENCE_MS);
  }

  /** A socket that says nothing any more is left: its end may take minutes to show. */
  #cut() {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.told.state("again");
    this.#retry(0);
  }

  #retry(wait) {
    if (this.closed || this.socket?.readyState === WebSocket.OPEN) return;
    clearTimeout(this.timer);
    this.wait = Math.min(LONGEST_MS, this.wait * 2);
    this.timer = setTimeout(() => this.#open(), wait * (0.7 + 0.6 * Math.random()));
  }

  async #take(message) {
    switch (message.type) {
      case "welcome":
        this.wait = SHORTEST_MS;
        this.flying.clear();
        // Whatever was under way with the socket before is sent again; the server knows what it has.
        this.next = message.stored + 1;
        await this.kept.removeTo(this.connection.id, message.stored);
        this.welcomed = true;
        this.told.state("on");
        this.told.acked(message.stored);
        return this.poke();
      case "ack":
        await this.kept.remove(this.connection.id, message.i);
        this.flying.delete(message.i);
        this.told.acked(message.i);
        return this.poke();
      case "refused":
        // It can never be taken: it is not to stop those behind it.
        await this.kept.remove(this.connection.id, message.i);
        this.flying.delete(message.i);
        this.told.lost(message.i, message.detail);
        return this.poke();
      case "segment":
        return this.told.segment(message);
      case "ended":
        return this.told.finished();
    }
  }

  async #pump() {
    const { socket } = this;
    if (!this.welcomed || socket?.readyState !== WebSocket.OPEN || this.closed) return;
    const room = WINDOW - this.flying.size;
    const slices = room > 0 ? await this.kept.slices(this.connection.id, this.next, room) : [];
    if (socket !== this.socket || socket.readyState !== WebSocket.OPEN) return;
    for (const slice of slices) {
      socket.send(frame(slice));
      this.flying.add(slice.index);
      this.next = slice.index + 1;
    }
    if (this.ended && slices.length === 0 && this.flying.size === 0) {
      socket.send(JSON.stringify({ type: "end" }));
      this.ended = false;
    }
  }
}
