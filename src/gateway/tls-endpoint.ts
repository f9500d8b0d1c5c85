import { once } from "node:events";
import type { Server } from "node:http";
import { isIPv4, type AddressInfo } from "node:net";
import { createServer, type SecureContext } from "node:tls";
import { callbackify } from "node:util";

export interface TlsAddress {
  /** A loopback address: nothing listens beyond. */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** The certificate to show, asked for at every handshake, so that a new one needs no restart. */
  readonly context: () => Promise<SecureContext>;
}

/** A door that is open. Disposing closes it; who is inside finishes. */
export interface TlsEndpoint extends AsyncDisposable {
  readonly port: number;
}

/**
 * Opens a second door to an HTTP server: requests that come over TLS are answered as those in plain text are.
 * @throws RangeError for an address that is not loopback, and what listening throws
 */
export async function openTlsEndpoint(http: Server, { address, port, context }: TlsAddress): Promise<TlsEndpoint> {
  if (!isIPv4(address) || !address.startsWith("127.")) throw new RangeError(`${address} is not an IPv4 loopback address`);
  const show = callbackify(context);
  const door = createServer(
    {
      ALPNProtocols: ["http/1.1"],
      minVersion: "TLSv1.2",
      noDelay: true,
      SNICallback: (_name, done) => show(done),
    },
    // To the HTTP server this is a connection like those that it accepts itself: one set of timeouts, one list to close.
    (socket) => http.emit("connection", socket),
  );
  door.listen(port, address);
  await once(door, "listening");
  return {
    port: (door.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      // Closes the listening socket now; the callback would wait for connections that go on.
      door.close();
    },
  };
}
