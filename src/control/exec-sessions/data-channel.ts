import { decodeMessage, encodeMessage, FLAG, PAYLOAD, type SessionMessage } from "./session-message.ts";
import type { Clock } from "../../ports/clock.ts";
import type { TerminalSize } from "../../ports/container-programs.ts";
import type { Ids } from "../../ports/ids.ts";

/** The version that agents have whose sessions end when the client says so. */
const AGENT_VERSION = "3.3.0.0";
const PAYLOAD_BYTES = 8 * 1024;
/** The client keeps ten thousand that come too early. */
const MOST_UNACKNOWLEDGED = 256;
/** A client that is not ready yet drops what it gets, and is sent it again. */
const RESEND_MS = 200;
const LARGEST_TERMINAL = 10_000;

/** What the client does, once it has said that it can carry out what the session needs. */
export interface ChannelEnds {
  readonly ready: () => void;
  readonly input: (bytes: Uint8Array) => void;
  readonly resized: (size: TerminalSize) => void;
  /** It wants the session ended, or cannot take part in it. */
  readonly terminate: () => void;
}

export interface ChannelParts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly sessionId: string;
  readonly send: (frame: Buffer) => void;
  readonly ends: ChannelEnds;
}

/**
 * One side of a data channel of Session Manager: the agent's. What it sends is numbered and kept until the client has acknowledged it; it waits for that where much is under way. What comes is taken in
 * its order, and acknowledged, also again.
 */
export class DataChannel {
  readonly #parts: ChannelParts;
  readonly #unacknowledged = new Map<number, Buffer>();
  #sequence = 0;
  #expected = 0;
  #isReady = false;
  #isClosed = false;
  #resend: Disposable | undefined;
  #wakes: (() => void)[] = [];

  constructor(parts: ChannelParts) {
    this.#parts = parts;
  }

  /** Asks the client to take part in an interactive command. */
  begin(): void {
    const ask = { ActionType: "SessionType", ActionParameters: { SessionType: "InteractiveCommands", Properties: null } };
    this.#stream(PAYLOAD.handshakeRequest, json({ AgentVersion: AGENT_VERSION, RequestedClientActions: [ask] }));
  }

  /** Takes a frame; one that is no message of a data channel changes nothing. */
  receive(frame: Buffer): void {
    const message = decodeMessage(frame);
    if (!message || this.#isClosed) return;
    if (message.type === "acknowledge") this.#acknowledged(message);
    if (message.type !== "input_stream_data" || message.sequence > this.#expected) return;
    this.#acknowledge(message);
    if (message.sequence < this.#expected) return;
    this.#expected += 1;
    this.#take(message);
  }

  /** Resolves when there is room for more. */
  async write(output: Uint8Array): Promise<void> {
    for (let at = 0; at < output.length; at += PAYLOAD_BYTES) {
      while (this.#unacknowledged.size >= MOST_UNACKNOWLEDGED && !this.#isClosed) await this.#change();
      this.#stream(PAYLOAD.output, output.subarray(at, at + PAYLOAD_BYTES));
    }
  }

  /** Sends again what a client that comes anew has not acknowledged. */
  resume(): void {
    for (const frame of this.#unacknowledged.values()) this.#parts.send(frame);
  }

  /** Resolves when the client has all that was written, or the channel is closed. */
  async flushed(): Promise<void> {
    while (this.#unacknowledged.size > 0 && !this.#isClosed) await this.#change();
  }

  /** Tells the client that it is over. @param output what it shows; where empty, that the session ends */
  close(output = ""): void {
    if (this.#isClosed) return;
    const { sessionId, clock, ids } = this.#parts;
    const closed = { MessageId: ids.uuid(), CreatedDate: new Date(clock.now()).toISOString(), DestinationId: sessionId };
    const told = { ...closed, SessionId: sessionId, MessageType: "channel_closed", SchemaVersion: 1, Output: output };
    this.#send({ type: "channel_closed", sequence: 0, flags: 3, payloadType: 0, payload: json(told) });
    this.abandon();
  }

  /** Lets go of what nobody waits for any more. */
  abandon(): void {
    this.#isClosed = true;
    this.#unacknowledged.clear();
    this.#resend?.[Symbol.dispose]();
    this.#changed();
  }

  #take({ payloadType, payload }: SessionMessage): void {
    const { ends } = this.#parts;
    if (payloadType === PAYLOAD.handshakeResponse) this.#handshake(payload);
    if (payloadType === PAYLOAD.flag && payload.length === 4 && Buffer.from(payload).readUInt32BE() === FLAG.terminate) ends.terminate();
    if (!this.#isReady) return;
    if (payloadType === PAYLOAD.output) ends.input(payload);
    const size = payloadType === PAYLOAD.size ? sizeOf(payload) : undefined;
    if (size) ends.resized(size);
  }

  #handshake(payload: Uint8Array): void {
    if (this.#isReady) return;
    const response = parsed(payload) as { readonly Errors?: readonly unknown[] | null } | undefined;
    if (!response || (response.Errors?.length ?? 0) > 0) {
      this.#parts.ends.terminate();
      return;
    }
    this.#isReady = true;
    this.#stream(PAYLOAD.handshakeComplete, json({ HandshakeTimeToComplete: 0, CustomerMessage: "" }));
    this.#parts.ends.ready();
  }

  #acknowledged({ payload }: SessionMessage): void {
    const { AcknowledgedMessageSequenceNumber: sequence } = (parsed(payload) ?? {}) as {
      readonly AcknowledgedMessageSequenceNumber?: unknown;
    };
    if (typeof sequence === "number" && this.#unacknowledged.delete(sequence)) this.#changed();
  }

  #acknowledge({ type, id, sequence }: SessionMessage): void {
    const content = { AcknowledgedMessageType: type, AcknowledgedMessageId: id, AcknowledgedMessageSequenceNumber: sequence };
    this.#send({ type: "acknowledge", sequence: 0, flags: 3, payloadType: 0, payload: json({ ...content, IsSequentialMessage: true }) });
  }

  #stream(payloadType: number, payload: Uint8Array): void {
    if (this.#isClosed) return;
    const sequence = this.#sequence;
    this.#sequence += 1;
    this.#unacknowledged.set(
      sequence,
      this.#send({ type: "output_stream_data", sequence, flags: sequence === 0 ? 1 : 0, payloadType, payload }),
    );
    this.#resend ??= this.#parts.clock.after(RESEND_MS, () => this.#sendAgain(sequence));
  }

  /** The oldest one, which keeps all others waiting, where it is still the one of then. */
  #sendAgain(before: number): void {
    this.#resend = undefined;
    const [oldest] = this.#unacknowledged;
    if (!oldest) return;
    const [sequence, frame] = oldest;
    if (sequence === before) this.#parts.send(frame);
    this.#resend = this.#parts.clock.after(RESEND_MS, () => this.#sendAgain(sequence));
  }

  #send(message: Omit<SessionMessage, "createdAt" | "id">): Buffer {
    const frame = encodeMessage({ ...message, createdAt: this.#parts.clock.now(), id: this.#parts.ids.uuid() });
    this.#parts.send(frame);
    return frame;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wakes.push(resolve));
  }

  #changed(): void {
    const wakes = this.#wakes;
    this.#wakes = [];
    for (const wake of wakes) wake();
  }
}

function sizeOf(payload: Uint8Array): TerminalSize | undefined {
  const { cols, rows } = (parsed(payload) ?? {}) as { readonly cols?: unknown; readonly rows?: unknown };
  const isSize = (value: unknown): value is number => Number.isInteger(value) && Number(value) > 0 && Number(value) <= LARGEST_TERMINAL;
  return isSize(cols) && isSize(rows) ? { columns: cols, rows } : undefined;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function parsed(payload: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString());
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
