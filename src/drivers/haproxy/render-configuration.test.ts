import { describe, expect, test } from "vitest";
import { USUAL_HANDLING } from "../../domain/request-handling.ts";
import type { ProxyConfiguration, ProxyRoute } from "../../ports/traffic-proxy.ts";
import { backend, listener, serverAt } from "../../testing/traffic-proxy-contract.ts";
import { quote } from "./quote.ts";
import { renderConfiguration } from "./render-configuration.ts";
import type { Health } from "./server-health.ts";
import { serverLines } from "./server-lines.ts";

const one = serverAt("one", { address: "10.0.0.5", port: 8080 });

const SECRET = new Uint8Array(32);

/** The lines of a backend, behind those that it shares with others. */
function linesOf(text: string, name: string): string {
  const own = new RegExp(`^backend b_${name} from (\\S+)\\n(?: {4}.*\\n)*`, "m").exec(text);
  const [shared = ""] = new RegExp(`^defaults ${own?.[1]} from usual\\n(?: {4}.*\\n)*`, "m").exec(text) ?? [];
  return shared + (own?.[0] ?? "");
}

function render(
  configuration: ProxyConfiguration,
  health: Health = "healthy",
  unbound: Parameters<typeof renderConfiguration>[2] = [],
): ReturnType<typeof renderConfiguration> {
  return renderConfiguration(configuration, () => health, unbound, SECRET);
}

function whole(route: Partial<ProxyRoute> = {}): ProxyConfiguration {
  const main = listener("main", 80);
  return { listeners: [{ ...main, routes: main.routes.map((first) => ({ ...first, ...route })) }], backends: [backend("web", [one])] };
}

test("the structure stays when only servers change, and with them their health", () => {
  const { structure } = render(whole());
  expect(render({ ...whole(), backends: [backend("web", [])] }).structure).toBe(structure);
  expect(render(whole(), "initial").structure).toBe(structure);
  expect(render(whole()).text).toContain(`description ${structure}\n`);
});

test.each([
  ["a listener", { ...whole(), listeners: [] }],
  ["a route", whole({ hosts: ["a.test"] })],
  ["an idle timeout", whole({ idleTimeout: 30 })],
  ["an interval", { ...whole(), backends: [backend("web", [one], { interval: 9 })] }],
  ["a threshold", { ...whole(), backends: [backend("web", [one], { healthyThreshold: 9 })] }],
  ["a slow start", { ...whole(), backends: [{ ...backend("web", [one]), slowStart: 30 }] }],
  ["stickiness", { ...whole(), backends: [{ ...backend("web", [one]), stickiness: { kind: "lb-cookie" as const, duration: 60 } }] }],
  ["an algorithm", { ...whole(), backends: [{ ...backend("web", [one]), algorithm: "weighted_random" as const }] }],
  ["a path", { ...whole(), backends: [backend("web", [one], { path: "/other" })] }],
])("the structure changes with %s", (_what, changed) => {
  expect(render(changed).structure).not.toBe(render(whole()).structure);
});

test("HTTP/2 is spoken only where a handshake may agree upon it", () => {
  expect(render(whole()).text).toContain("    http-request reject if { fc_http_major 2 }\n");
});

test("a listener turns away whom it is not for, also where a replaced worker hands their connections over", () => {
  const { listeners, backends } = whole();
  const clients = ["10.0.0.0/16", "192.0.2.2/32"];
  expect(render({ listeners: listeners.map((main) => ({ ...main, clients })), backends }).text).toContain(
    "    tcp-request session reject unless { src 10.0.0.0/16 192.0.2.2/32 }\n",
  );
});

test("a healthy target is in service, an initial one is only probed, a draining one is only there", () => {
  const lines = (health: Health, draining: boolean): readonly string[] =>
    render({ listeners: [], backends: [backend("web", [{ ...one, draining }])] }, health).text.match(/^ {4}(?:default-)?server .*$/gm) ??
    [];
  const defaults = "    default-server pool-max-conn -1 pool-purge-delay 3s inter 1000ms rise 2 fall 2";
  expect(lines("healthy", false)).toEqual([
    defaults,
    "    server one:t:10.0.0.5:8080 10.0.0.5:8080 check",
    "    server one:f:10.0.0.5:8080 10.0.0.5:8080 backup",
  ]);
  expect(lines("initial", false)).toEqual([
    defaults,
    "    server one:p:10.0.0.5:8080 10.0.0.5:8080 weight 0 check inter 500ms fastinter 20ms downinter 500ms rise 1",
  ]);
  expect(lines("healthy", true)).toEqual([defaults, "    server one:t:10.0.0.5:8080 10.0.0.5:8080 weight 0"]);
});

test.each([
  ["healthy", "2"],
  ["unhealthy", "0"],
] as const)("a target known to be %s starts so", (health, operational) => {
  expect(render(whole(), health).serverState).toContain(`b_web 1 one:t:10.0.0.5:8080 10.0.0.5 ${operational} 0 1 1`);
});

test("a bind that failed is left out, and with its last one the listener", () => {
  const main = { ...listener("main", 80), addresses: ["127.0.0.1", "172.17.0.1"] };
  const configuration = { listeners: [main], backends: [backend("web", [])] };
  const failure = (address: string): { listener: string; address: string; port: number } => ({ listener: "main", address, port: 80 });
  expect(render(configuration, "healthy", [failure("127.0.0.1")]).text).not.toContain("bind 127.0.0.1:80");
  expect(render(configuration, "healthy", [failure("127.0.0.1")]).text).toContain("bind 172.17.0.1:80");
  expect(render(configuration, "healthy", main.addresses.map(failure)).text).not.toContain("frontend");
});

test("routes after one that matches everything are not written", () => {
  const last: ProxyRoute = { hosts: ["late.test"], action: { kind: "fixed-response", status: 404 }, idleTimeout: 60 };
  const main = listener("main", 80);
  expect(render({ listeners: [{ ...main, routes: [...main.routes, last] }], backends: [] }).text).not.toContain("late.test");
});

test("what backends that are used alike have in common is written once, and a configuration of many is read in the time that their servers take", () => {
  const many = Array.from({ length: 100 }, (_, at) => backend(`b${at}`, [one]));
  const routes = many.map(({ id }) => ({
    hosts: [],
    conditions: [{ kind: "path" as const, patterns: [`/${id}`] }],
    action: { kind: "forward" as const, backends: [{ id, weight: 1 }] },
    idleTimeout: 60,
  }));
  const { text } = render({ listeners: [{ ...listener("main", 80), routes }], backends: many });
  expect(text.match(/^defaults d_/gm)).toHaveLength(1);
  expect(text.match(/^backend b_.*\n(?: {4}.*\n)*/gm)?.[99]?.match(/\n {4}\S+/g)).toEqual([
    "\n    default-server",
    "\n    server",
    "\n    server",
  ]);
  expect(linesOf(text, "b99")).toContain("http-request add-header X-Amzn-Trace-Id");
});

test("servers of a backend that is as it was are not written anew, and one whose health is another is", () => {
  const web = backend("web", [one]);
  const lines = (health: Health): ReturnType<typeof serverLines> => serverLines(web, () => health);
  const before = lines("healthy");
  expect(lines("healthy")).toBe(before);
  expect(lines("unhealthy").state).toContain("one:t:10.0.0.5:8080 10.0.0.5 0 ");
  expect(lines("healthy")).toEqual(before);
});

test("heads are as large as HAProxy has them unless they are to be as large as on AWS, which takes a reload", () => {
  const usual = render(whole());
  const large = renderConfiguration(whole(), () => "healthy", [], SECRET, { hasLargeHeads: true });
  expect(usual.text).not.toContain("tune.bufsize");
  expect(large.text).toMatch(/^global\n(?: {4}.*\n)* {4}tune\.bufsize 73728\n/);
  expect(large.structure).not.toBe(usual.structure);
});

test("a body of nothing that HAProxy can read is no body", () => {
  const { text } = render(whole({ action: { kind: "fixed-response", status: 200, body: "\0" } }));
  expect(text).toMatch(/http-request return status 200 hdr /);
});

test("connections to targets are shared by clients, and a request that met a closing one is sent again if it may be", () => {
  const { text } = render(whole());
  expect(linesOf(text, "web")).toContain("    http-reuse always\n");
  expect(text).toContain("    retry-on conn-failure empty-response\n");
  expect(text).toContain("http-request disable-l7-retry unless { method GET HEAD OPTIONS PUT DELETE TRACE }");
});

test("a forward to nothing answers 503", () => {
  expect(render(whole({ action: { kind: "forward", backends: [{ id: "web", weight: 0 }] } })).text).toContain("use_backend unavailable\n");
});

test("what is no HTTP is refused before anything else is done with a request", () => {
  const rules = render(whole()).text.match(/^ {4}http-request .*$/gm) ?? [];
  expect(rules.slice(0, 3)).toEqual([
    "    http-request deny deny_status 400 if !{ req.ver 1.1 1.0 } !{ fc_http_major 2 }",
    "    http-request deny deny_status 400 if !{ req.fhdr(host) -m found } !{ req.ver 1.0 } !{ fc_http_major 2 } !{ so_id 65535 }",
    String.raw`    http-request deny deny_status 400 if { req.hdrs -m reg \x5cx00 }`,
  ]);
});

test("nothing but a web socket is changed to, before anything else looks at a request", () => {
  const rules = render(whole()).text.match(/^ {4}http-request .*$/gm) ?? [];
  const dropped = `    http-request del-header ${quote("^(?:connection|http2-settings|upgrade)$")} -m reg if `;
  expect(rules.slice(4, 6)).toEqual([
    `${dropped}{ req.fhdr(upgrade) -m found } !{ req.fhdr(upgrade) -i -m str websocket }`,
    `${dropped}{ req.fhdr_cnt(upgrade) gt 1 }`,
  ]);
});

describe("Host", () => {
  const keeping = { ...USUAL_HANDLING, keepsHost: true };

  test("is seen to once, by the listener, which knows its port", () => {
    const { text } = render(whole());
    expect(text.match(/set-header Host .*/g)).toEqual(["set-header Host %[req.fhdr(host,1),host_only] if { req.fhdr(host,1) -m sub : }"]);
  });

  test("stays as it is where a load balancer wants that", () => {
    expect(render(whole({ handling: keeping })).text).not.toContain("set-header Host");
  });

  test("is seen to by a backend where some listener leaves it as it is", () => {
    const kept = { conditions: [{ kind: "path", patterns: ["/kept"] }], handling: keeping } as const;
    const shared = whole(kept).listeners.map((one) => ({
      ...one,
      routes: one.routes.flatMap((route) => [
        { ...route, action: { kind: "forward" as const, backends: [{ id: "kept", weight: 1 }] } },
        { ...route, conditions: [], handling: USUAL_HANDLING },
      ]),
    }));
    const { text } = render({ listeners: shared, backends: [backend("web", [one]), backend("kept", [one])] });
    expect(text.slice(0, text.indexOf("defaults d_"))).not.toContain("set-header Host");
    expect(linesOf(text, "web").match(/set-header Host/g)).toHaveLength(2);
    expect(linesOf(text, "kept")).not.toContain("set-header Host");
  });
});

describe("routes that are looked up", () => {
  const path = { kind: "path", patterns: ["/a/*"] } as const;
  const host = { kind: "host", patterns: ["a.test"] } as const;
  const lines = (route: Partial<ProxyRoute>): string => render(whole(route)).text;
  const table = String.raw`routes/[0-9a-f]{32}-0\.map`;

  test.each<[string, Partial<ProxyRoute>, string]>([
    [
      "by path, with an end behind it",
      { conditions: [path] },
      String.raw`%\[var\(txn.taken\)\] if \{ path,concat\(\?\),map_beg\(TABLE\),set-var\(txn.taken\) -m found \}`,
    ],
    [
      "by host and path, but for a host that has an end in it",
      { conditions: [host, path] },
      String.raw`%\[var\(txn.taken\)\] if !\{ var\(txn.host\) -m sub \? \} \{ var\(txn.host\),concat\(\?,txn.path,\?\),map_beg\(TABLE\),set-var\(txn.taken\) -m found \}`,
    ],
    [
      "with what is noted for a log",
      { conditions: [path], owner: "lb", logged: 7 },
      String.raw`%\[var\(txn.taken\),field\(1,\|\)\] if .* \{ var\(txn.taken\),field\(2,\|,0\),set-var\(txn.route\) -m found \}`,
    ],
    [
      "only under a load balancer's names",
      { conditions: [path], hosts: ["lb.test"] },
      String.raw`%\[var\(txn.taken\)\] if \{ var\(txn.host\) -m str lb.test \} \{ path`,
    ],
  ])("%s", (_what, route, line) => {
    expect(lines(route)).toMatch(new RegExp(`use_backend ${line.replace("TABLE", table)}`));
  });

  test("need no variable where the rest goes to one place, of which nothing is noted", () => {
    const rest = whole().listeners[0]?.routes ?? [];
    const all = (route: Partial<ProxyRoute>): string => {
      const world = whole({ conditions: [path], ...route });
      return render({ ...world, listeners: world.listeners.map((one) => ({ ...one, routes: [...one.routes, ...rest] })) }).text;
    };
    expect(all({})).toMatch(
      new RegExp(String.raw` {4}use_backend %\[path,concat\(\?\),map_beg\(${table}\)\]\n {4}default_backend b_web\n`),
    );
    expect(all({ owner: "lb", logged: 7 })).not.toContain("default_backend");
    expect(all({ hosts: ["lb.test"] })).not.toContain("default_backend");
  });

  test("HAProxy reads their table when it starts, and another table is the same structure", () => {
    const { readFiles, tables, structure } = render(whole({ conditions: [path] }));
    const [[file, entries] = []] = [...tables];
    expect(entries).toEqual(new Map([["/a/", "b_web"]]));
    expect(readFiles.get(file ?? "")).toBe("/a/ b_web\n");
    expect(render(whole({ conditions: [{ kind: "path", patterns: ["/b"] }] })).structure).toBe(structure);
  });

  test("a listener that cannot be bound has none", () => {
    const [main] = whole().listeners;
    const unbound = [{ listener: "main", address: main?.addresses[0] ?? "", port: 80 }];
    expect(render(whole({ conditions: [path] }), "healthy", unbound).tables.size).toBe(0);
  });
});
