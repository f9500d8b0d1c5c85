import { expect, test } from "vitest";
import { backend, serverAt, streamBackend } from "../../testing/traffic-proxy-contract.ts";
import { desiredServers } from "./render-servers.ts";
import { renderVersion } from "./render-version.ts";

const one = serverAt("one", { address: "10.0.0.5", port: 80 });

test.each([
  [undefined, "{ fc_http_major 2 } { req.fhdr(content-type) -m beg application/grpc }", false],
  ["http2", "!{ req.ver 2.0 }", true],
  ["grpc", "!{ req.ver 2.0 } || !{ method POST }", true],
] as const)("servers of %s are spoken to in it, and get nothing else", (version, refused, speaksH2) => {
  const web = { ...backend("web", [one]), ...(version && { version }) };
  expect(renderVersion(web)).toEqual([`http-request return status 464 hdr Server awselb/2.0 if ${refused}`]);
  for (const health of ["initial", "healthy"] as const)
    for (const { definition } of desiredServers(web, one, health)) expect(definition.includes(" proto h2")).toBe(speaksH2);
});

test("a stream has no version", () => {
  expect(renderVersion(streamBackend([one]))).toEqual([]);
});

test("checks of gRPC are bytes to HAProxy", () => {
  const web = { ...backend("web", [one], { kind: "grpc", matcher: "12" }), version: "grpc" as const };
  expect(desiredServers(web, one, "healthy")[0]?.definition).toContain("check check-proto none inter");
});
