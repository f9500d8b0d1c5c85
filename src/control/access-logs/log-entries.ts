import { X509Certificate } from "node:crypto";
import { backendId } from "../../decide/routing/names-in-proxy.ts";
import { wholeBackendId } from "../../domain/zonal-backend.ts";
import type { LoggedEntry, LoggedStream } from "../../ports/request-log.ts";
import { listeners, targetGroups } from "../../state/elb.ts";
import { servedCertificate } from "../../state/served-certificates.ts";
import type { WholeState } from "../../state/state.ts";
import { accessLogEntry } from "./access-log-entry.ts";
import { connectionLogEntry } from "./connection-log-entry.ts";
import { streamLogEntry } from "./stream-log-entry.ts";

/** Gives the line of what was logged, with the names that the records have for what the proxy knows. What it looks up it looks up once. */
export function logEntries(state: WholeState): (entry: LoggedEntry) => string {
  const groups = new Map([...state.table(targetGroups).values()].map(({ arn }) => [backendId(arn), arn]));
  const certificates = new Map<string, ReadonlyMap<string, string>>();
  const ports = new Map<string, ReadonlyMap<number, number>>();

  function certificateOf({ listener, certificate }: LoggedStream): string | undefined {
    const known = certificates.get(listener) ?? certificatesOf(state, listener);
    certificates.set(listener, known);
    return certificate === undefined ? undefined : known.get(certificate);
  }

  function ownPort(loadBalancer: string, port: number): number {
    const known = ports.get(loadBalancer) ?? ownPorts(state, loadBalancer);
    ports.set(loadBalancer, known);
    return known.get(port) ?? port;
  }

  return (entry) => {
    switch (entry.kind) {
      case "request":
        return accessLogEntry(entry, (backend) => groups.get(wholeBackendId(backend)));
      case "connection":
        return connectionLogEntry(entry, ownPort(entry.loadBalancer, entry.port));
      case "stream":
        return streamLogEntry(entry, certificateOf(entry));
    }
  };
}

/** The ARNs of a listener's certificates, by the SHA-1 of each in hex. */
function certificatesOf(state: WholeState, listener: string): ReadonlyMap<string, string> {
  const arns =
    state
      .table(listeners)
      .get(listener)
      ?.certificates.map(({ certificateArn }) => certificateArn) ?? [];
  return new Map(
    arns.flatMap((arn) => {
      const pem = servedCertificate(state, arn)?.body?.certificatePem;
      return pem === undefined ? [] : [[new X509Certificate(pem).fingerprint.replaceAll(":", "").toLowerCase(), arn] as const];
    }),
  );
}

/** The ports of a load balancer's listeners, by those that the proxy listens on for them where all share an address. */
function ownPorts(state: WholeState, loadBalancer: string): ReadonlyMap<number, number> {
  const all = state.table(listeners).by("loadBalancer", loadBalancer);
  const own = new Set(all.map(({ port }) => port));
  return new Map(all.flatMap(({ port, boundPort }) => (boundPort === undefined || own.has(boundPort) ? [] : [[boundPort, port]])));
}
