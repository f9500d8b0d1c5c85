import { expect, test } from "vitest";
import type { ProxyBackend, ProxyConfiguration, ProxyStream } from "../../ports/traffic-proxy.ts";
import { listener, backend, serverAt, stream, streamBackend } from "../../testing/traffic-proxy-contract.ts";
import { renderConfiguration } from "./render-configuration.ts";

const one = serverAt("one", { address: "10.0.0.5", port: 5432 }, { source: "10.0.0.4" });

function render(main: Partial<ProxyStream> = {}, how: Partial<ProxyBackend["stream"]> = {}): ReturnType<typeof renderConfiguration> {
  const configuration: ProxyConfiguration = {
    listeners: [listener("main", 80)],
    streams: [{ ...stream("db", 5432), ...main }],
    backends: [streamBackend([one], how), backend("web", [])],
  };
  return renderConfiguration(configuration, () => "healthy", [], new Uint8Array(32));
}

test("a stream is carried as it is, after everything that is HTTP", () => {
  const { text } = render({ clients: ["10.0.0.0/16"] });
  const [requests = "", streams = ""] = text.split("\n\ndefaults\n    mode tcp\n");
  expect(requests).toContain("frontend l_main\n");
  expect(requests).toContain("backend b_web\n");
  expect(streams).toContain(
    [
      "frontend l_db",
      "    bind 127.0.0.1:5432",
      "    timeout client 350000ms",
      "    tcp-request connection reject unless { src 10.0.0.0/16 }",
      "    use_backend b_db",
    ].join("\n"),
  );
  expect(streams).toMatch(/backend b_db\n(?: {4}.*\n)*? {4}timeout server 350000ms\n/);
  expect(streams).not.toContain("httpchk");
});

test("where clients stick to servers by their addresses, these choose", () => {
  const sticky: ProxyBackend = { ...streamBackend([one]), stickiness: { kind: "source-ip" } };
  const { text } = renderConfiguration(
    { listeners: [], streams: [stream("db", 5432)], backends: [sticky] },
    () => "healthy",
    [],
    new Uint8Array(32),
  );
  expect(text).toContain("    balance source\n    hash-type consistent\n");
  expect(text).not.toContain("use-server");
});

test("where nothing is a stream, nothing is said of them", () => {
  expect(
    renderConfiguration({ listeners: [listener("main", 80)], backends: [] }, () => "healthy", [], new Uint8Array(32)).text,
  ).not.toContain("mode tcp");
});

test("a server is connected to from the address that it is to see, which its name tells", () => {
  expect(render().text).toContain(
    "    default-server inter 1000ms rise 2 fall 2\n    server one:t-10.0.0.4:10.0.0.5:5432 10.0.0.5:5432 source 10.0.0.4 check\n",
  );
});

test("a server that is a listener is connected to inside the proxy, where nobody else gets in", () => {
  const { text, serverState } = renderConfiguration(
    {
      listeners: [{ ...listener("web", 80), addresses: [] }],
      streams: [stream("db", 443)],
      backends: [streamBackend([serverAt("alb", { address: "arn:aws:alb", port: 80 }, { listener: "web" })], { proxyProtocol: true })],
    },
    () => "healthy",
    [],
    new Uint8Array(32),
  );
  const [, socket = ""] = /bind unix@([0-9a-f]{8}-in)\.sock mode 600 accept-proxy name 80\n/.exec(text) ?? [];
  expect(text).toContain(`    server alb:t:${socket}:80 unix@${socket}.sock check check-send-proxy\n`);
  expect(text).toContain("    default-server send-proxy-v2 inter ");
  // It had come to port 443.
  expect(text).toContain("    http-request set-dst-port int(80)\n");
  expect(serverState).toContain(` alb:t:${socket}:80 - 2 `);
});

test("what servers are told besides stands beside them, and changes the structure", () => {
  const { text, structure } = render({}, { proxyProtocol: true, cutsUnhealthy: true });
  expect(text).toContain("    default-server send-proxy-v2 on-marked-down shutdown-sessions inter 1000ms");
  expect(text).toContain("source 10.0.0.4 check check-send-proxy\n");
  expect(structure).not.toBe(render().structure);
});

test("each backend gets its share of the connections, and one without any closes them", () => {
  const shares = ["a", "b", "c"].map((id, at) => ({ id, weight: at + 1 }));
  expect(render({ backends: shares }).text).toContain(
    "    use_backend b_a if { rand(6) lt 1 }\n    use_backend b_b if { rand(5) lt 2 }\n    use_backend b_c\n",
  );
  expect(render({ backends: [] }).text).toContain("    tcp-request content reject\n");
});

test("one that is silent forgets connections before anything else is done with them", () => {
  expect(render({ isSilent: true }).text).toMatch(/frontend l_db\n(?: {4}(?:bind|timeout) .*\n)* {4}tcp-request connection silent-drop\n/);
  expect(render().text).not.toContain("silent-drop");
});
