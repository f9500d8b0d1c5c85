import { contains, parseAddress, parseCidr } from "../domain/cidr.ts";
import type { ProxyConfiguration, ProxyRoute } from "../domain/proxy-configuration.ts";
import { holds } from "./fake-conditions.ts";

/** What a client of the fake proxy gets. */
export interface FakeAnswer {
  readonly status: number;
  /** A fixed answer's own; `to web` where the request goes to the backend `web`. */
  readonly body: string;
}

export interface FakeRequest {
  readonly address: string;
  readonly port: number;
  /** The client's address. */
  readonly client: string;
  /** The request up to its empty line. */
  readonly head: string;
}

/** What a proxy of this configuration answers; `undefined` where nobody listens, or the connection is closed. Weights are not looked at. */
export function fakeAnswer({ listeners }: ProxyConfiguration, { address, port, client, head }: FakeRequest): FakeAnswer | undefined {
  const listener = listeners.find((one) => one.port === port && one.addresses.includes(address));
  if (!listener || !isServed(client, listener.clients)) return undefined;
  const host = hostOf(head);
  if (host === undefined) return { status: 400, body: "" };
  const route = listener.routes.find(
    ({ hosts, exceptHosts = [], conditions = [] }) =>
      (hosts.length === 0 || hosts.some((one) => matches(host, one.toLowerCase()))) &&
      !exceptHosts.includes(host) &&
      conditions.every((condition) => holds(condition, { host, client, head })),
  );
  return route ? answerOf(route.action) : { status: 503, body: "" };
}

function isServed(client: string, blocks: readonly string[] | undefined): boolean {
  const address = parseAddress(client) ?? -1;
  return blocks === undefined || blocks.some((text) => contains(parseCidr(text) ?? { base: 0, prefix: 32, size: 0 }, address));
}

/** The name that a request is for; `undefined` for one that must be refused. */
function hostOf(head: string): string | undefined {
  const [start = "", ...lines] = head.split("\r\n");
  const named = lines.flatMap((line) => /^host:\s*(.*?)\s*$/i.exec(line)?.[1] ?? []);
  const target = /^\S+ \w+:\/\/(?:[^/@]*@)?([^/]*)/.exec(start)?.[1];
  const all = new Set([...named, ...(target === undefined ? [] : [target])].map((one) => one.toLowerCase()));
  if (all.size > 1 || (target !== undefined && named.length === 0)) return undefined;
  const [value = ""] = all;
  return value.replace(/:\d*$/, "").replace(/\.+$/, "");
}

function matches(host: string, pattern: string): boolean {
  return pattern.startsWith(".") ? host.endsWith(pattern) : host === pattern;
}

function answerOf(action: ProxyRoute["action"]): FakeAnswer | undefined {
  switch (action.kind) {
    case "fixed-response":
      return { status: action.status, body: action.body ?? "" };
    case "redirect":
      return { status: action.status, body: "" };
    case "silence":
      return undefined;
    case "forward": {
      const to = action.backends.find(({ weight }) => weight > 0);
      return to ? { status: 200, body: `to ${to.id}` } : { status: 503, body: "" };
    }
  }
}
