import { isLoopbackHost } from "../../domain/loopback.ts";
import type { LogReach } from "./definition.ts";

/** The option that says where a driver of the engine sends lines, and where that is when it does not. */
const DESTINATIONS: Readonly<Record<string, { readonly option: string; readonly otherwise: string }>> = {
  syslog: { option: "syslog-address", otherwise: "unix:///dev/log" },
  fluentd: { option: "fluentd-address", otherwise: "localhost:24224" },
  gelf: { option: "gelf-address", otherwise: "" },
  splunk: { option: "splunk-url", otherwise: "" },
  awslogs: { option: "awslogs-endpoint", otherwise: "" },
};

/**
 * What of the host a log driver writes to, where it does: a socket, a file, a port on loopback. The engine is who sends, from the host's own network.
 * Source: Docker's documentation, "Configure logging drivers".
 */
export function logReach({ logDriver = "", options = {} }: LogReach): string | undefined {
  if (logDriver === "journald") return "the host's journal";
  const files = Object.entries(options).filter(
    ([option, value]) => /-(?:capath|tls-ca-cert|tls-cert|tls-key|cert)$/.test(option) && value !== "",
  );
  if (files.length > 0) return `the host's file ${files[0]?.[1]}`;
  const known = DESTINATIONS[logDriver];
  const address = (known && options[known.option]) || (known?.otherwise ?? "");
  if (address === "") return undefined;
  const { scheme = "", rest = "" } = /^(?:(?<scheme>[a-z+]+):\/\/)?(?<rest>.*)$/is.exec(address)?.groups ?? {};
  if (/^unix/i.test(scheme) || rest.startsWith("/")) return `the host's socket ${address}`;
  const authority = rest.replace(/[/?#].*$/s, "").replace(/^.*@/s, "");
  const host = authority.replace(/:\d*$/, "");
  return host === "" || isLoopbackHost(host) ? `${address} on the host` : undefined;
}
