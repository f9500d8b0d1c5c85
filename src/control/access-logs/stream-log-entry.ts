import type { LoggedStream } from "../../ports/request-log.ts";

/**
 * One line of a Network Load Balancer's access log, without its end. Source: Network Load Balancers guide, "Access log entries"; what is not known here is a hyphen.
 * @param certificate the ARN of the one that the client was shown
 */
export function streamLogEntry(stream: LoggedStream, certificate: string | undefined): string {
  const { loadBalancer, listener, client, destination, took, handshake, received, sent, alert, tls, serverName, protocol } = stream;
  const [, , , , , resource = ""] = loadBalancer.split(":");
  return [
    ...["tls", "2.0", second(stream.endedAt), resource.replace("loadbalancer/", ""), listener.split("/").at(-1)],
    ...[client, destination, took, handshake, received, sent, alert ?? "-", certificate ?? "-"],
    // The serial number is always a hyphen on AWS.
    ...["-", tls?.cipher ?? "-", tls ? tls.version.toLowerCase().replace(".", "") : "-", "-"],
    ...[word(serverName), word(protocol), "-", "-", second(stream.beganAt)],
  ].join(" ");
}

/** Names come from clients: what could end the field is written by its code. */
function word(text: string): string {
  return text === "" ? "-" : text.replace(/[\s"\\\p{Cc}]/gu, (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function second(at: number): string {
  return new Date(at).toISOString().slice(0, 19);
}
