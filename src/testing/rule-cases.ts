import type { ProxyConfiguration, ProxyRoute } from "../domain/proxy-configuration.ts";
import type { RequestCondition } from "../domain/rule-condition.ts";

/** Rules of one listener, in their order; each answers its name. */
const RULES: Readonly<Record<string, readonly RequestCondition[]>> = {
  api: [{ kind: "host", patterns: ["api.example.com"] }],
  tenant: [{ kind: "host", patterns: ["*.Tenant.example.com", "t?.example.com"] }],
  images: [{ kind: "path", patterns: ["/img/*.png"] }],
  exact: [{ kind: "path", patterns: ["/only"] }],
  below: [{ kind: "path", patterns: ["/below/*"] }],
  twice: [{ kind: "path", patterns: ["*/a?c/*/z"] }],
  signs: [{ kind: "path", patterns: ["/a+b.$~'@&*"] }],
  header: [{ kind: "header", name: "X-Beta", patterns: ["yes*", "-f"] }],
  put: [{ kind: "method", methods: ["PUT", "DELETE"] }],
  query: [{ kind: "query", pairs: [{ key: "version", value: "v1" }, { value: "*example*" }] }],
  away: [{ kind: "source", blocks: ["192.0.2.0/24"] }],
  regexHost: [{ kind: "host", patterns: [], regexes: ["^v[0-9]+\\.REGEX\\.example\\.com$"] }],
  regexPath: [{ kind: "path", patterns: [], regexes: ["^/r/([a-z]{2,3})/[^/]+$", "\\.php$"] }],
  regexHeader: [{ kind: "header", name: "X-Agent", patterns: [], regexes: ["(?:chrome|safari)/\\d+", "^$"] }],
  regexGreedy: [{ kind: "path", patterns: [], regexes: ["^/(a+)+$"] }],
  both: [
    { kind: "path", patterns: ["/both", "/both/*"] },
    { kind: "source", blocks: ["192.0.2.0/24", "127.0.0.0/8"] },
    { kind: "header", name: "x-both", patterns: ["*"] },
  ],
};

const get = (target: string, ...headers: readonly string[]): string =>
  [`GET ${target} HTTP/1.1`, "Host: shop.example.com", ...headers].join("\r\n");
const at = (host: string): string => `GET / HTTP/1.1\r\nHost: ${host}`;

/** What of these answers to a request's head; `default` where no rule takes it. */
export const RULE_CASES: readonly (readonly [what: string, head: string, answer: string])[] = [
  ["a host", at("api.example.com"), "api"],
  ["a host in upper case, with a port", at("API.example.com:8080"), "api"],
  ["another host that ends like it", at("x.api.example.com"), "default"],
  ["a host below, whatever case the rule has", at("one.tenant.example.com"), "tenant"],
  ["a host with one character more", at("tx.example.com"), "tenant"],
  ["a host with two", at("txx.example.com"), "default"],
  ["the host that only the asterisk's rest is", at("tenant.example.com"), "default"],
  ["a path by beginning and end", get("/img/a/b.png"), "images"],
  ["the same with a query", get("/img/a.png?x=1"), "images"],
  ["the same in upper case", get("/IMG/a.png"), "default"],
  ["the path itself", get("/only"), "exact"],
  ["the path and a slash", get("/only/"), "default"],
  ["a path below", get("/below/x"), "below"],
  ["the folder without its slash", get("/below"), "default"],
  ["a path with three asterisks", get("/q/abc/a/c/z"), "twice"],
  ["the same without its end", get("/q/abc/a/c/zz"), "default"],
  ["signs that other languages have a use for", get("/a+b.$~'@&x"), "signs"],
  ["none of them", get("/aab.$~'@&x"), "default"],
  ["a header, whatever case", get("/", "x-beta: YES please"), "header"],
  ["the second of two such headers", get("/", "X-Beta: no", "X-Beta: yes"), "header"],
  ["a value that looks like a flag", get("/", "X-Beta: -f"), "header"],
  ["a header with another value", get("/", "X-Beta: no"), "default"],
  ["a method", "PUT / HTTP/1.1\r\nHost: shop.example.com\r\nContent-Length: 0", "put"],
  ["another method", "OPTIONS / HTTP/1.1\r\nHost: shop.example.com", "default"],
  ["a parameter by its key", get("/?a=b&Version=V1"), "query"],
  ["a parameter whose key only ends so", get("/?xversion=v1"), "default"],
  ["a parameter whose value only begins so", get("/?version=v12"), "default"],
  ["any parameter's value", get("/?x=an-example-here&y=1"), "query"],
  ["a value that two parameters make together", get("/?x=exam&y=ple"), "default"],
  ["a host by an expression, whatever case it has", at("V12.regex.example.com"), "regexHost"],
  ["another host that only ends so", at("xv12.regex.example.com"), "default"],
  ["a path by an expression", get("/r/abc/x?y=/z"), "regexPath"],
  ["the same in upper case", get("/r/ABC/x"), "default"],
  ["a path by the second of two, found at its end", get("/index.php"), "regexPath"],
  ["a header by an expression, found inside", get("/", "X-Agent: Mozilla Safari/12 x"), "regexHeader"],
  ["a header that it is not found in", get("/", "X-Agent: Mozilla Safari/x"), "default"],
  ["a path that takes an expression many steps", get("/aaaaaaaaa"), "regexGreedy"],
  ["a path that takes it too many", get(`/${"a".repeat(200)}!`), "default"],
  ["all of several conditions", get("/both/1", "X-Both: 1"), "both"],
  ["all but one", get("/both/1"), "default"],
];

/** A listener on loopback with these rules. */
export function ruledListener(port: number): ProxyConfiguration["listeners"][number] {
  const says = (body: string, conditions?: readonly RequestCondition[]): ProxyRoute => ({
    hosts: [],
    ...(conditions && { conditions }),
    action: { kind: "fixed-response", status: 200, contentType: "text/plain", body },
    idleTimeout: 60,
  });
  return {
    id: "ruled",
    addresses: ["127.0.0.1"],
    port,
    routes: [...Object.entries(RULES).map(([name, conditions]) => says(name, conditions)), says("default")],
  };
}
