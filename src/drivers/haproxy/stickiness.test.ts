import { expect, test } from "vitest";
import type { ProxyStickiness } from "../../ports/traffic-proxy.ts";
import { backend, serverAt } from "../../testing/traffic-proxy-contract.ts";
import { desiredServersOf } from "./render-servers.ts";
import { parseTokens, planTokenChanges } from "./sticky-tokens.ts";
import { renderStickiness, tokensOf } from "./stickiness.ts";

// What HAProxy makes of the rules is tried with the real one: `test/e2e/sticky-sessions.test.ts`.

const SECRET = new Uint8Array(32).fill(7);
const LB: ProxyStickiness = { kind: "lb-cookie", duration: 60 };
const servers = ["one", "two", "gone"].map((id) => serverAt(id, { address: "10.0.0.5", port: 80 }, { draining: id === "gone" }));
const sticky = { ...backend("web", servers), stickiness: LB };

function tokens(group: typeof sticky, secret = SECRET): ReadonlyMap<string, string> {
  return tokensOf(
    group,
    desiredServersOf(group, ({ id }) => (id === "two" ? "initial" : "healthy")),
    secret,
  );
}

test("only a server that gets requests has a token, which tells nothing of it", () => {
  expect([...tokens(sticky).values()]).toEqual(["one:t:10.0.0.5:80"]);
  const [token = ""] = tokens(sticky).keys();
  expect(token).toMatch(/^[0-9A-F]{40}$/);
  expect(tokens(sticky, new Uint8Array(32)).has(token)).toBe(false);
  expect(tokens({ ...sticky, id: "other" }).has(token)).toBe(false);
});

test("a backend that is not sticky has neither rules nor tokens", () => {
  const { stickiness: _, ...plain } = sticky;
  expect(renderStickiness(plain, SECRET)).toEqual([]);
  expect(
    tokensOf(
      plain,
      desiredServersOf(plain, () => "healthy"),
      SECRET,
    ),
  ).toEqual(new Map());
});

test("the secret of the proxy stands nowhere", () => {
  const text = renderStickiness(sticky, SECRET).join("\n");
  expect(text).not.toContain(Buffer.from(SECRET).toString("base64"));
  expect(text).toContain("-m int 0:60");
});

test.each([
  ["JSESSIONID", "req.cook(JSESSIONID)"],
  ["it's", String.raw`req.cook(it\x5c\x27s)`],
  ["$a%b", String.raw`req.cook(\x24a\x25b)`],
])("the cookie %s is asked for as one word", (cookie, fetch) => {
  const rules = renderStickiness({ ...sticky, stickiness: { kind: "app-cookie", duration: 60, cookie } }, SECRET);
  expect(rules[0]).toBe(`http-request set-var(txn.sticky_cookie) req.cook(AWSALBAPP-0) if { ${fetch} -m found }`);
});

test("a token stops to mean a server before that one leaves, and begins to once it has come", () => {
  const known = parseTokens("0x55d0c8 AA a:t:1:1\n0x55d0c9 BB b:t:1:1\n");
  expect(
    planTokenChanges(
      known,
      new Map([
        ["BB", "b:t:1:1"],
        ["CC", "c:t:1:1"],
      ]),
    ),
  ).toEqual({
    before: [{ text: "del map sticky.map AA" }],
    after: [{ text: "add map sticky.map CC c:t:1:1" }],
  });
});
