import { expect, test } from "vitest";
import { serviceNames } from "./service-names.ts";

const alias = (DNSName: string, HostedZoneId = "ZELB") => ({ DNSName, HostedZoneId, EvaluateTargetHealth: false });

test("a thousand aliases read the load balancers once", () => {
  let reads = 0;
  const balancers = [
    { dnsName: "web.elb.localhost", canonicalHostedZoneId: "ZELB" },
    { dnsName: "net.elb.localhost", canonicalHostedZoneId: "ZNLB" },
  ];
  const serviceName = serviceNames(() => ((reads += 1), balancers));
  expect(reads).toBe(0);
  for (let at = 0; at < 1000; at += 1) expect(serviceName(alias("web.elb.localhost."), "A")).toBe("found");
  expect(reads).toBe(1);
  expect(serviceName(alias("dualstack.web.elb.localhost."), "AAAA")).toBe("found");
  expect(serviceName(alias("web.elb.localhost."), "TXT")).toBe("not-found");
  expect(serviceName(alias("gone.elb.localhost."), "A")).toBe("not-found");
  expect(serviceName(alias("net.elb.localhost."), "A")).toBe("not-within");
  expect(serviceName(alias("web.elb.localhost.", "ZOTHER"), "A")).toBe("not-within");
  expect(serviceName(alias("gone.elb.localhost.", "ZOTHER"), "A")).toBeUndefined();
});
