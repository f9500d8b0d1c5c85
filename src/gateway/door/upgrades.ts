import { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Takes connections over for another protocol than HTTP. */
export interface Upgrades {
  /** Whether a request that asks for another protocol gets it. All others are answered as if they had not asked (RFC 9110, section 7.8). */
  wants(request: IncomingMessage): boolean;
  take(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/**
 * Requests of a server that gives up connections to `upgrades`. Node asks whether anybody listens for upgrades, not which: the others would get no answer at all, such as those of clients that offer HTTP/2
 * on their first request.
 */
export function upgradableRequest(upgrades: Pick<Upgrades, "wants">): typeof IncomingMessage {
  return class UpgradableRequest extends IncomingMessage {
    #asks = false;

    constructor(socket: Socket) {
      super(socket);
      // The constructor of Node's makes a property of its own, which would hide the accessor.
      Object.defineProperty(this, "upgrade", {
        get: () => this.#asks && upgrades.wants(this),
        set: (asks: unknown) => {
          this.#asks = asks === true;
        },
      });
    }
  };
}
