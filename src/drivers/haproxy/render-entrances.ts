import type { ProxyEntrance } from "../../ports/traffic-proxy.ts";
import { section } from "./configuration-text.ts";
import { quote } from "./quote.ts";
import { addressWord, innerSocket } from "./server-names.ts";

/** How long a client may take to begin, so that it is known whether it speaks TLS, seconds. */
const FIRST_WORD = "60s";
/** More than any listener's idle timeout: those whom connections are handed to end them. */
const HANDED_ON = "5000s";

/** The frontend of a port that several listeners share, and its ways to them. */
export function renderEntrance(entrance: ProxyEntrance, isBound: (address: string) => boolean): readonly string[] {
  const { id, doors, fallback, plain, clients, port } = entrance;
  const addresses = entrance.addresses.filter(isBound);
  if (addresses.length === 0) return [];
  const isWild = (name: string): boolean => name.startsWith("*.");
  const exact = doors.flatMap(({ listener, names }) =>
    door(
      listener,
      "-m str",
      names.filter((name) => !isWild(name)),
    ),
  );
  const wild = doors.flatMap(({ listener, names }) => door(listener, "-m reg", names.filter(isWild).map(wildcard)));
  const reached = [...new Set([...doors.map(({ listener }) => listener), fallback, ...(plain === undefined ? [] : [plain])])];
  const isTls = "{ req.ssl_hello_type 1 }";
  return [
    section([
      `frontend n_${id}`,
      ...addresses.map((address) => `bind ${addressWord(address, port)}`),
      `timeout client ${HANDED_ON}`,
      ...(clients === undefined ? [] : [`tcp-request connection reject unless { src ${clients.join(" ")} }`]),
      `tcp-request inspect-delay ${FIRST_WORD}`,
      `tcp-request content accept if ${isTls}`,
      // Other than the first byte of a record with a handshake, of which more has to come.
      `tcp-request content ${plain === undefined ? "reject" : "accept"} if { req.len gt 0 } !{ req.payload(0,1) -m bin 16 }`,
      ...(plain === undefined ? [] : [`use_backend ${wayName(id, plain)} unless ${isTls}`]),
      ...[...exact, ...wild].map(({ listener, test }) => `use_backend ${wayName(id, listener)} if ${test}`),
      `default_backend ${wayName(id, fallback)}`,
    ]),
    ...reached.map((listener) =>
      section([`backend ${wayName(id, listener)}`, `timeout server ${HANDED_ON}`, `server way ${innerSocket(listener)} send-proxy-v2`]),
    ),
  ];
}

/** The regular expression of a name whose first label may be any. */
function wildcard(name: string): string {
  return `^[^.]+${name.slice(1).replace(/[^A-Za-z0-9]/g, String.raw`\$&`)}$`;
}

function door(listener: string, how: string, patterns: readonly string[]): { readonly listener: string; readonly test: string }[] {
  if (patterns.length === 0) return [];
  return [{ listener, test: `{ req.ssl_sni,lower,rtrim(.) ${how} -- ${patterns.map(quote).join(" ")} }` }];
}

function wayName(entrance: string, listener: string): string {
  return `w_${entrance}_${listener}`;
}
