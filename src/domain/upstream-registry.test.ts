import { expect, test } from "vitest";
import { givesTokens, upstreamOrigins, upstreamPlace } from "./upstream-registry.ts";

const ALLOWED = ["https://registry.example.com:5000", "http://localhost:5000", "http://registry.internal", "https://[::1]:5000"];

test.each([
  ["public.ecr.aws", "https://public.ecr.aws", "ecr-public"],
  ["registry-1.docker.io", "https://registry-1.docker.io", "docker-hub"],
  ["https://registry-1.docker.io:443", "https://registry-1.docker.io", "docker-hub"],
  ["team.azurecr.io", "https://team.azurecr.io", "azure-container-registry"],
  ["123456789012.dkr.ecr.eu-west-1.amazonaws.com", "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com", "ecr"],
  ["registry.example.com:5000", "https://registry.example.com:5000", undefined],
  ["https://registry.example.com:5000", "https://registry.example.com:5000", undefined],
  ["localhost:5000", "http://localhost:5000", undefined],
  ["registry.internal", "http://registry.internal", undefined],
  ["registry.internal:80", "http://registry.internal", undefined],
  ["[::1]:5000", "https://[::1]:5000", undefined],
])("%s is the registry at %s", (url, origin, registry) => {
  expect(upstreamPlace(url, ALLOWED)).toEqual({ origin, ...(registry !== undefined && { registry }) });
});

test.each([
  "http://registry-1.docker.io",
  "registry-1.docker.io:8443",
  "registry-1.docker.io.evil.example",
  "evil-registry-1.docker.io",
  "x.evil.azurecr.io",
  "azurecr.io",
  "123456789012.dkr.ecr.eu-west-1.evil.example",
  "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example",
  "registry.example.com",
  "registry.example.com:5001",
  "http://registry.example.com:5000",
  "https://localhost:5000",
  "https://registry.internal",
  "registry.internal:443",
  "127.0.0.1:5000",
  "2130706433:5000",
  "localhost.:5000",
  "LOCALHOST:5000",
  "user@localhost:5000",
  "localhost:5000/v2",
  "localhost:0",
  "localhost:99999",
  "ftp://localhost:5000",
  "",
])("%s is none that may be asked", (url) => {
  expect(upstreamPlace(url, ALLOWED)).toBeUndefined();
});

test("what has no scheme may mean either, over TLS first", () => {
  expect(upstreamOrigins("host:443")).toEqual(["https://host", "http://host:443"]);
  expect(upstreamOrigins("host:80")).toEqual(["https://host:80", "http://host"]);
});

test.each([
  ["https://ghcr.io", "https://ghcr.io", true],
  ["https://registry-1.docker.io", "https://auth.docker.io", true],
  ["https://registry.gitlab.com", "https://gitlab.com", true],
  ["https://registry.example.com:5000", "http://localhost:5000", true],
  ["https://ghcr.io", "https://auth.docker.io", false],
  ["https://registry-1.docker.io", "http://auth.docker.io", false],
  ["https://registry-1.docker.io", "https://auth.docker.io:8443", false],
  ["https://quay.io", "https://evil.example", false],
])("credentials for %s are shown at %s: %s", (registry, at, expected) => {
  expect(givesTokens(registry, at, ALLOWED)).toBe(expected);
});
