import type { ServerResponse } from "node:http";
import type { Clock } from "../../ports/clock.ts";

/** A client that takes nothing for this long is let go: others wait for the same blob. */
const PATIENCE_MS = 30_000;

/**
 * A client that reads a blob while it is stored. The last piece is held back until the digest is verified, so that what is whole is
 * also right. A client that leaves does not end the transfer.
 */
export class Follower {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #head: Readonly<Record<string, string | number>>;
  #held: Buffer | undefined;

  constructor(response: ServerResponse, clock: Clock, head: Readonly<Record<string, string | number>>) {
    this.#response = response;
    this.#clock = clock;
    this.#head = head;
  }

  /** Whether the answer has begun: then nothing can be said any more but by cutting it. */
  get begun(): boolean {
    return this.#response.headersSent;
  }

  /** Resolves when the client has room for more. */
  async write(chunk: Buffer): Promise<void> {
    const next = this.#held;
    this.#held = chunk;
    if (!next || this.#response.destroyed) return;
    this.#begin();
    if (!this.#response.write(next)) await this.#room();
  }

  end(): void {
    if (this.#response.destroyed) return;
    this.#begin();
    this.#response.end(this.#held);
  }

  cut(): void {
    this.#response.destroy();
  }

  #begin(): void {
    if (!this.#response.headersSent) this.#response.writeHead(200, this.#head);
  }

  async #room(): Promise<void> {
    const response = this.#response;
    await new Promise<void>((resolve) => {
      const patience = this.#clock.after(PATIENCE_MS, () => response.destroy());
      const done = (): void => {
        patience[Symbol.dispose]();
        response.off("drain", done).off("close", done);
        resolve();
      };
      response.once("drain", done).once("close", done);
      if (response.destroyed) done();
    });
  }
}
