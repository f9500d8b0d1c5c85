import { once } from "node:events";
import type { Server } from "node:http";
import { isIPv4, type AddressInfo, type Socket } from "node:net";
import { createServer, type SecureContext, type TlsOptions } from "node:tls";
import { callbackify } from "node:util";
import { connectionRoom } from "./limited-server.ts";

export interface TlsAddress {
  /** A loopback address: nothing listens beyond. */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** The certificate to show, asked for at every handshake, so that a new one needs no restart. */
  readonly context: () => Promise<SecureContext>;
}

/** A certificate and its private key, both as PEM. */
export interface EndpointCredential {
  readonly certificate: string;
  readonly key: string;
}

/** A door that is open. Disposing closes it; who is inside finishes. */
export interface TlsEndpoint extends AsyncDisposable {
  readonly port: number;
}

export interface CertifiedEndpoint extends TlsEndpoint {
  /** Shows another certificate from the next handshake on. */
  show(credential: EndpointCredential): void;
}

/** Who has not finished the handshake by then is let go of. */
const HANDSHAKE_MS = 15_000;
const LEAST_VERSION = "TLSv1.2";

/**
 * Opens a second door to an HTTP server: requests that come over TLS are answered as those in plain text are.
 * @throws RangeError for an address that is not loopback, and what listening throws
 */
export async function openTlsEndpoint(http: Server, { address, port, context }: TlsAddress): Promise<TlsEndpoint> {
  if (!isIPv4(address) || !address.startsWith("127.")) throw new RangeError(`${address} is not an IPv4 loopback address`);
  const show = callbackify(context);
  return open(http, address, port, { SNICallback: (_name, done) => show(done) });
}

/** As above, on any address, with one certificate for all: clients that call an address name no host. */
export function openCertifiedEndpoint(
  http: Server,
  { address, port, credential }: { readonly address: string; readonly port: number; readonly credential: EndpointCredential },
): Promise<CertifiedEndpoint> {
  return open(http, address, port, { cert: credential.certificate, key: credential.key });
}

async function open(http: Server, address: string, port: number, options: TlsOptions): Promise<CertifiedEndpoint> {
  const room = connectionRoom(http);
  /** Connections below those that speak TLS, by the other end. */
  const below = new Map<string, Socket>();
  const door = createServer(
    {
      ALPNProtocols: ["http/1.1"],
      minVersion: LEAST_VERSION,
      noDelay: true,
      handshakeTimeout: HANDSHAKE_MS,
      ...options,
    },
    (socket) => {
      const raw = below.get(otherEnd(socket));
      if (raw) room?.rename(raw, socket);
      // To the HTTP server this is a connection like those that it accepts itself: one set of timeouts, one list to close.
      http.emit("connection", socket);
    },
  );
  // Who has not finished the handshake takes up room as well.
  door.on("connection", (raw: Socket) => {
    const end = otherEnd(raw);
    below.set(end, raw);
    raw.once("close", () => below.delete(end));
    room?.enter(raw);
  });
  door.listen(port, address);
  await once(door, "listening");
  return {
    port: (door.address() as AddressInfo).port,
    show: ({ certificate, key }) => door.setSecureContext({ cert: certificate, key, minVersion: LEAST_VERSION }),
    async [Symbol.asyncDispose]() {
      // Closes the listening socket now; the callback would wait for connections that go on.
      door.close();
    },
  };
}

function otherEnd({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
