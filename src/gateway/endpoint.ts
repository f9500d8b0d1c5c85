import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { LOOPBACK } from "./loopback.ts";
import { openCertifiedEndpoint, type CertifiedEndpoint, type EndpointCredential } from "./tls-endpoint.ts";

export interface EndpointOptions {
  /** Listened on besides loopback. */
  readonly addresses: readonly string[];
  /** 0 lets the system choose. */
  readonly port: number;
  /** With it, everything is TLS; without it, nothing is, and nothing listens beyond loopback. */
  readonly credential?: EndpointCredential;
}

/** The doors of the one endpoint. Disposing closes them; who is inside finishes. */
export interface Endpoint extends AsyncDisposable {
  readonly port: number;
  /** Shows another certificate from the next handshake on. */
  show(credential: EndpointCredential): void;
}

/**
 * Listens on loopback, where this machine's own tools and its engine come in, and on more addresses where TLS is spoken.
 * @throws RangeError for more addresses without TLS, and what listening throws
 */
export async function openEndpoint(http: Server, { addresses, port, credential }: EndpointOptions): Promise<Endpoint> {
  const beyond = addresses.filter((address) => address !== LOOPBACK);
  if (!credential) {
    if (beyond.length > 0) throw new RangeError(`${beyond.join(", ")}: without TLS nothing listens beyond ${LOOPBACK}`);
    return openPlain(http, port);
  }
  const doors: CertifiedEndpoint[] = [];
  const close = async (): Promise<void> => {
    for (const door of doors) await door[Symbol.asyncDispose]();
    http.close();
  };
  try {
    // Node looks after time limits and lists connections once a server listens; this one is fed through doors alone.
    http.emit("listening");
    for (const address of [LOOPBACK, ...beyond])
      doors.push(await openCertifiedEndpoint(http, { address, port: doors[0]?.port ?? port, credential }));
  } catch (cause) {
    await close();
    throw cause;
  }
  return {
    port: doors[0]?.port ?? port,
    show: (changed) => doors.forEach((door) => door.show(changed)),
    [Symbol.asyncDispose]: close,
  };
}

async function openPlain(http: Server, port: number): Promise<Endpoint> {
  http.listen(port, LOOPBACK);
  await once(http, "listening");
  return {
    port: (http.address() as AddressInfo).port,
    show: () => undefined,
    [Symbol.asyncDispose]: () => new Promise((resolve) => http.close(() => resolve())),
  };
}
