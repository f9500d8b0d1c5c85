import { describe, expect, test } from "vitest";
import { renderEntrance } from "./render-entrances.ts";

describe("an entrance", () => {
  const entrance = { id: "port-443", addresses: ["127.0.0.1"], port: 443, fallback: "a" };
  const doors = [
    { listener: "a", names: ["a.test"] },
    { listener: "b", names: ["*.test", "b.test"] },
  ];

  test("leads by the name that a client asks for, an exact one before a wildcard, to who does not speak TLS last", () => {
    const [frontend = "", ...ways] = renderEntrance({ ...entrance, doors, plain: "p", clients: ["10.0.0.0/8"] }, () => true);
    expect(frontend.split("\n    ").filter((line) => /use_backend|default_backend|reject/.test(line))).toEqual([
      "tcp-request connection reject unless { src 10.0.0.0/8 }",
      "use_backend w_port-443_p unless { req.ssl_hello_type 1 }",
      "use_backend w_port-443_a if { req.ssl_sni,lower,rtrim(.) -m str -- a.test }",
      "use_backend w_port-443_b if { req.ssl_sni,lower,rtrim(.) -m str -- b.test }",
      String.raw`use_backend w_port-443_b if { req.ssl_sni,lower,rtrim(.) -m reg -- \x5e\x5b\x5e.\x5d+\x5c.test\x24 }`,
      "default_backend w_port-443_a",
    ]);
    expect(ways.map((text) => text.split("\n")[0])).toEqual(["backend w_port-443_a", "backend w_port-443_b", "backend w_port-443_p"]);
  });

  test("turns away who does not speak TLS where nobody else would take it, and is nowhere without an address", () => {
    const [frontend] = renderEntrance({ ...entrance, doors }, () => true);
    expect(frontend).toContain("tcp-request content reject if { req.len gt 0 } !{ req.payload(0,1) -m bin 16 }");
    expect(renderEntrance({ ...entrance, doors }, () => false)).toEqual([]);
  });
});
