import { expect, test } from "vitest";
import { howToInstall, type SystemFamily } from "../../bin/setup/advice.js";

test.each<[SystemFamily, readonly string[], string]>([
  ["debian", ["haproxy"], "run `sudo apt-get update && sudo apt-get install -y haproxy`"],
  ["debian", ["docker", "dockerd", "haproxy"], "run `sudo apt-get update && sudo apt-get install -y docker.io haproxy`"],
  [
    "debian",
    ["aws", "wrk"],
    "run `sudo apt-get update && sudo apt-get install -y wrk`; and install the AWS CLI (https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html)",
  ],
  ["fedora", ["dockerd", "haproxy"], "run `sudo dnf install -y moby-engine haproxy`"],
  ["macos", ["haproxy", "wrk"], "run `brew install haproxy wrk`"],
  ["other", ["haproxy", "dockerd"], "install haproxy, Docker (https://docs.docker.com/engine/install/)"],
])("on %s, %j is to be had so: %s", (family, tools, advice) => {
  expect(howToInstall(tools, family)).toBe(advice);
});

test("on macos, an engine is Docker Desktop or Colima, and the rest comes from brew", () => {
  const advice = howToInstall(["dockerd", "haproxy"], "macos");
  expect(advice).toContain("Docker Desktop");
  expect(advice).toContain("brew install haproxy");
});
