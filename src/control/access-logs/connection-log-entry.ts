import type { LoggedConnection } from "../../ports/request-log.ts";
import { instant, quoted } from "./log-text.ts";

/**
 * One line of a connection log, without its end. Source: Application Load Balancers guide, "Connection log entries".
 * @param port the listener's own
 */
export function connectionLogEntry({ at, client, clientPort, id, tls }: LoggedConnection, port: number): string {
  const certificate = tls?.clientCertificate;
  const validity = certificate && `NotBefore=${isoTime(certificate.notBefore)};NotAfter=${isoTime(certificate.notAfter)}`;
  return [
    ...[instant(at), client, clientPort, port],
    ...[tls?.version ?? "-", tls?.cipher ?? "-", tls ? (tls.handshake / 1000).toFixed(3) : "-"],
    ...[quoted(certificate?.subject ?? ""), validity ?? "-", certificate?.serial ?? "-"],
    ...[status(tls), `TID_${id}`],
  ].join(" ");
}

function status(tls: LoggedConnection["tls"]): string {
  if (!tls) return "-";
  return tls.hasFailed ? `Failed:${FAILURES[tls.verified] ?? "UnmappedConnectionError"}` : "Success";
}

/** What is found against a client's certificate, by OpenSSL's numbers (`x509_vfy.h`). Source: guide, "Error reason codes". */
const FAILURES: Readonly<Record<number, string>> = {
  2: "ClientCertUntrusted",
  3: "ClientCertCrlProcessingError",
  9: "ClientCertNotYetValid",
  10: "ClientCertExpired",
  11: "ClientCertCrlProcessingError",
  12: "ClientCertCrlProcessingError",
  18: "ClientCertUntrusted",
  19: "ClientCertUntrusted",
  20: "ClientCertUntrusted",
  21: "ClientCertUntrusted",
  22: "ClientCertMaxChainDepthExceeded",
  23: "ClientCertCrlHit",
  26: "ClientCertPurposeInvalid",
  28: "ClientCertRejected",
};

/** The proxy tells times as `YYMMDDhhmmssZ`, of this century. */
function isoTime(short: string): string {
  return short.replace(/^(..)(..)(..)(..)(..)(..)Z$/, "20$1-$2-$3T$4:$5:$6Z");
}
