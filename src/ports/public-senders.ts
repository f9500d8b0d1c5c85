import type { PublicSender } from "../domain/public-sender.ts";

/** Has packets that leave this host bear public addresses, and answers to these come back. What is under way keeps the address that it began with. No two senders have a packet in common. */
export interface PublicSenders {
  /** Exactly these from now on, by what they are told under; what an earlier life left is replaced. Rejects where the kernel cannot be told. */
  adopt(all: ReadonlyMap<string, readonly PublicSender[]>): Promise<void>;
  /** Those under a key are these from now on; the others stay. Costs what is under the key. Rejects as `adopt` does. */
  replace(key: string, senders: readonly PublicSender[]): Promise<void>;
}
