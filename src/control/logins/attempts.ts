import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../ports/clock.ts";
import type { Ids } from "../../ports/ids.ts";
import type { SecretBox } from "../../ports/secret-box.ts";
import type { Gate } from "./gates.ts";
import { openText, sealText } from "./sealing.ts";

/** A login under way. Nothing is kept of it here: it is sealed into the `state` that the provider hands back. */
export interface Attempt {
  /** Also the nonce of the ID token. */
  readonly id: string;
  /** Digest of what the browser's cookie holds. */
  readonly browser: string;
  readonly host: string;
  /** Where the client wanted to go. */
  readonly target: string;
  /** Seconds since the Unix epoch. */
  readonly until: number;
}

/** How long a login may take, seconds. Source: Elastic Load Balancing, "Client login timeout". */
export const LOGIN_SECONDS = 900;
/** A longer address is not come back to: the provider would have to carry it. */
const LONGEST_TARGET = 2000;
/** Of logins that came back. With more of them within their time, the oldest are not known any more: their codes count once all the same. */
const MOST_USED = 100_000;

/** Makes attempts to log in, and knows its own again: from the same browser, in time, and once. */
export class Attempts {
  readonly #secrets: SecretBox;
  readonly #ids: Ids;
  readonly #clock: Clock;
  /** When they would be too late anyhow, by their ids. */
  readonly #used = new Map<string, number>();

  constructor({ secrets, ids, clock }: { readonly secrets: SecretBox; readonly ids: Ids; readonly clock: Clock }) {
    this.#secrets = secrets;
    this.#ids = ids;
    this.#clock = clock;
  }

  /** @param browser what its cookie holds */
  begin(gate: Gate, { host, target }: Pick<Attempt, "host" | "target">, browser: string): { readonly id: string; readonly state: string } {
    const attempt: Attempt = {
      id: this.#ids.hex(32),
      browser: digest(browser),
      host,
      target: target.length > LONGEST_TARGET ? "/" : target,
      until: this.#seconds() + LOGIN_SECONDS,
    };
    const text = Buffer.from(JSON.stringify(attempt)).toString("latin1");
    return { id: attempt.id, state: `${gate.id}.${sealText(this.#key(gate), text)}` };
  }

  /** The gate that a state names, whether it is one of ours or not. */
  gateOf(state: string): string {
    return state.split(".")[0] ?? "";
  }

  /** The attempt that a state stands for, where it comes back to the same host, from the same browser, in time and for the first time. */
  take(gate: Gate, state: string, host: string, browser: string): Attempt | undefined {
    const text = openText(this.#key(gate), state.split(".")[1] ?? "");
    if (text === undefined) return undefined;
    const attempt = JSON.parse(Buffer.from(text, "latin1").toString()) as Attempt;
    if (attempt.until < this.#seconds() || attempt.host !== host) return undefined;
    if (!timingSafeEqual(Buffer.from(attempt.browser), Buffer.from(digest(browser)))) return undefined;
    return this.#isUsed(attempt) ? undefined : attempt;
  }

  /** Notes it. */
  #isUsed({ id, until }: Attempt): boolean {
    for (const [other, end] of this.#used) {
      if (end >= this.#seconds() && this.#used.size < MOST_USED) break;
      this.#used.delete(other);
    }
    if (this.#used.has(id)) return true;
    this.#used.set(id, until);
    return false;
  }

  #key(gate: Gate): Uint8Array {
    return this.#secrets.derive(`elb:login-state:${gate.id}`);
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
