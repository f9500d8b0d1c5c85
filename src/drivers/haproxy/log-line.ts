import { createHash } from "node:crypto";
import type { LoggedConnection, LoggedEntry, LoggedStream } from "../../ports/request-log.ts";
import { CONNECTION_FIELDS, FAILED_FIELDS, FAILED_HANDSHAKE, REFUSED, REQUEST_FIELDS, STREAM_FIELDS } from "./render-request-log.ts";
import { readRequest, text } from "./request-line.ts";

const REQUEST = Object.keys(REQUEST_FIELDS).length;
const CONNECTION = Object.keys(CONNECTION_FIELDS) as (keyof typeof CONNECTION_FIELDS)[];
const STREAM = Object.keys(STREAM_FIELDS) as (keyof typeof STREAM_FIELDS)[];
const FAILED = Object.keys(FAILED_FIELDS) as (keyof typeof FAILED_FIELDS)[];

/** What HAProxy wrote of in a line; nothing of what is not logged, and of a line that is none of ours. */
export function readLogLine(line: string): readonly LoggedEntry[] {
  const [first = "", ...others] = line.split("\t");
  const [route = "", refusing] = first.split(REFUSED).toReversed();
  const values = [route, ...others];
  if (values[0] === STREAM_FIELDS.kind) return values.length === STREAM.length ? [readStream(named(STREAM, values))] : [];
  if (values[0] === FAILED_HANDSHAKE) return values.length === FAILED.length ? readFailed(named(FAILED, values), line) : [];
  if (values.length !== REQUEST && values.length !== REQUEST + CONNECTION.length) return [];
  const request = readRequest(values, refusing);
  if (values.length === REQUEST) return request ? [request] : [];
  const fields = named(CONNECTION, values.slice(REQUEST));
  const connection = readConnection(values, fields, line);
  const id = fields.connection === "-" ? {} : { connection: fields.connection };
  return [...(connection ? [connection] : []), ...(request ? [{ ...request, ...id }] : [])];
}

function named<Field extends string>(fields: readonly Field[], values: readonly string[]): Record<Field, string> {
  return Object.fromEntries(fields.map((field, at) => [field, values[at] ?? "-"])) as Record<Field, string>;
}

type ConnectionFields = Record<keyof typeof CONNECTION_FIELDS, string>;

function readConnection(values: readonly string[], fields: ConnectionFields, line: string): LoggedConnection | undefined {
  const of = (field: keyof typeof REQUEST_FIELDS): string => values[Object.keys(REQUEST_FIELDS).indexOf(field)] ?? "-";
  // None came: its line is that of a request that could not be read.
  const isUnasked = fields.connection === "-" && of("method") === "<BADREQ>";
  if (fields.first !== "1" && !isUnasked) return undefined;
  const [owner = "", , , logs] = of("route").split("|");
  const loadBalancer = logs === "connections" ? owner : of("route") === "-" ? fields.owner : "-";
  if (loadBalancer === "-") return undefined;
  const [cipher, version] = [of("cipher"), of("tlsVersion")];
  return connectionOf({ ...fields, loadBalancer, client: of("client").replace(/:\d+$/, ""), cipher, version, line });
}

/** A handshake that failed before there was a request. */
function readFailed(fields: Record<keyof typeof FAILED_FIELDS, string>, line: string): readonly LoggedConnection[] {
  if (fields.owner === "-") return [];
  return [connectionOf({ ...fields, loadBalancer: fields.owner, version: fields.tlsVersion, line })];
}

interface ReadConnection extends ConnectionFields {
  readonly loadBalancer: string;
  readonly client: string;
  readonly cipher: string;
  readonly version: string;
  readonly line: string;
}

function connectionOf(fields: ReadConnection): LoggedConnection {
  const { loadBalancer, client, clientPort, accepted, port, connection, version, cipher, failure, leafError, chainError, line } = fields;
  const handshake = Math.max(0, Number(fields.handshake));
  const hasFailed = failure !== "-" && failure !== "0";
  const isEncrypted = version !== "-" || hasFailed;
  const subject = text(fields.subject);
  return {
    ...{ kind: "connection", loadBalancer, client, clientPort, port: Number(port) },
    at: (Number(accepted) + handshake) * 1000,
    id: connection === "-" ? createHash("sha256").update(line).digest("hex").slice(0, 32) : connection.replaceAll("-", ""),
    ...(isEncrypted && {
      tls: {
        ...{ version, cipher, handshake, hasFailed, verified: numberOf(leafError) || numberOf(chainError) },
        ...(subject !== "" && {
          clientCertificate: { subject, notBefore: fields.notBefore, notAfter: fields.notAfter, serial: fields.serial },
        }),
      },
    }),
  };
}

/** What is not there is written as a hyphen. */
function numberOf(written: string): number {
  return written === "-" ? 0 : Number(written);
}

function readStream(fields: Record<keyof typeof STREAM_FIELDS, string>): LoggedStream {
  const { loadBalancer, listener, client, destination, cipher, tlsVersion, certificate } = fields;
  const beganAt = Number(fields.accepted);
  const took = Math.max(0, Number(fields.took));
  const alert = alertIn(numberOf(fields.failure));
  return {
    ...{ kind: "stream", loadBalancer, listener, beganAt, endedAt: beganAt + took, client, destination, took },
    handshake: Math.max(0, Number(fields.handshake)),
    received: Math.max(0, Number(fields.received)),
    sent: Math.max(0, Number(fields.sent)),
    ...(alert !== undefined && { alert }),
    ...(certificate !== "-" && { certificate: certificate.toLowerCase() }),
    ...(tlsVersion !== "-" && cipher !== "-" && { tls: { cipher, version: tlsVersion } }),
    serverName: text(fields.serverName),
    protocol: text(fields.protocol),
  };
}

/** The alert by which a client ended the handshake, of an error as OpenSSL 3 numbers it: those of alerts are a thousand more (`sslerr.h`). */
function alertIn(error: number): number | undefined {
  const reason = error % 0x80_00_00;
  return reason >= 1000 && reason < 1256 ? reason - 1000 : undefined;
}
