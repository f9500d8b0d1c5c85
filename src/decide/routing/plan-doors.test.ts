import { expect, test } from "vitest";
import { certificateDoors } from "./plan-doors.ts";
import type { CertificateView, ListenerView } from "./view.ts";

const [A, B] = ["111111111111", "222222222222"];

/** A listener with two certificates: of names that are imported, and of such that are proved. */
function listener(account: string | undefined, imported: readonly string[], proved: readonly string[] = []): ListenerView {
  const certificate = (names: readonly string[], isProven: boolean): CertificateView => ({
    ...{ id: names.join(), names, keyKind: "RSA", keyBits: 2048, notAfter: 100, pem: "" },
    ...(isProven && { isProven: true }),
  });
  const arn = `arn:aws:elasticloadbalancing:us-east-1:${account}:loadbalancer/app/web/1`;
  return {
    ...{ port: 443, turn: 1, rules: [], action: { kind: "fixed-response", status: 200 } },
    balancer: { arn, dnsName: "web.elb.localhost", vpcId: "vpc-1", idleTimeout: 60 },
    tls: { default: certificate(imported, false), list: [certificate(proved, true)], policy: "", alpn: [] },
  };
}

const none: readonly string[] = [];

test.each<[string, readonly ListenerView[], readonly (readonly string[])[]]>([
  ["a name is the first one's that has it", [listener(A, ["a.test"]), listener(B, ["a.test", "b.test"])], [["a.test"], ["b.test"]]],
  [
    "an imported name leads away from no wildcard before it",
    [listener(A, ["*.a.test"]), listener(B, ["www.a.test"])],
    [["*.a.test"], none],
  ],
  [
    "what a wildcard is not over is free",
    [listener(A, ["*.a.test"]), listener(B, ["a.test", "x.y.a.test"])],
    [["*.a.test"], ["a.test", "x.y.a.test"]],
  ],
  ["within an account it does", [listener(A, ["*.a.test"]), listener(A, ["www.a.test"])], [["*.a.test"], ["www.a.test"]]],
  [
    "a proved name is before who came first",
    [listener(B, ["www.a.test", "*.a.test"]), listener(A, [], ["*.a.test"])],
    [none, ["*.a.test"]],
  ],
  [
    "a proved name leads away from a wildcard",
    [listener(A, [], ["*.a.test"]), listener(B, [], ["www.a.test"])],
    [["*.a.test"], ["www.a.test"]],
  ],
])("%s", (_, listeners, names) => {
  expect([...certificateDoors(listeners).values()].map((some) => [...some])).toEqual(names);
});
