import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fuzzRuns } from "../testing/fuzz-runs.ts";
import { anyReferenceText, keepsReferenceLaws } from "../testing/image-reference-laws.ts";
import { formatImageReference, fullImageReference, parseImageReference, scopeOfRegistryHost } from "./image-reference.ts";

const ID = "929ccb0f0aaf3ccf47c9af5a6b8e0b0d3a3d56e0d2fb4f4a4f7c2b6fae4f2b11";
const DIGEST = `sha256:${ID}`;

const full = (text: string): string | undefined => {
  const parsed = parseImageReference(text);
  return parsed && formatImageReference(fullImageReference(parsed));
};

test.each([
  ["nginx", "docker.io/library/nginx:latest"],
  ["nginx:1.27", "docker.io/library/nginx:1.27"],
  ["docker.io/nginx", "docker.io/library/nginx:latest"],
  ["index.docker.io/library/nginx", "docker.io/library/nginx:latest"],
  ["grafana/grafana:11", "docker.io/grafana/grafana:11"],
  ["localhost/app", "localhost/app:latest"],
  ["LOCALHOST:4566/Team/app", undefined],
  ["LOCALHOST:4566/team/app", "localhost:4566/team/app:latest"],
  [`Registry.Example/app@${DIGEST}`, `registry.example/app@${DIGEST}`],
  [`app:v1@${DIGEST}`, `docker.io/library/app@${DIGEST}`],
  ["[::1]:5000/app", "[::1]:5000/app:latest"],
])("%s is %s in full", (text, expected) => {
  expect(full(text)).toBe(expected);
});

describe("an image's id is no reference", () => {
  test.each([["929"], ["929ccb0f"], ["929ccb0f0aaf"], [ID.slice(0, 63)]])("%s is a repository on Docker Hub", (text) => {
    expect(full(text)).toBe(`docker.io/library/${text}:latest`);
  });

  test.each([[ID], [DIGEST], [`app@${ID}`], [`app@sha256:${ID.slice(0, 12)}`]])("%s is refused", (text) => {
    expect(full(text)).toBe(undefined);
  });

  test("what begins with an id's algorithm is a repository with a tag", () => {
    expect(full(`sha256:${ID.slice(0, 12)}`)).toBe(`docker.io/library/sha256:${ID.slice(0, 12)}`);
  });
});

test.each([
  ["nothing", ""],
  ["a path", "../../containers/json?x="],
  ["a URL", "https://example.com/app"],
  ["a variable that nobody filled in", "$REGISTRY/app:1"],
  ["white space", "nginx\n"],
  ["an empty component", "a//b"],
  ["an empty tag", "nginx:"],
  ["an empty digest", "nginx@"],
  ["upper case in a repository", "library/Nginx"],
  ["upper case in its first component", "Repo/nginx"],
  ["a host that ends in a hyphen", "registry-.example/app"],
  ["a port that is none", "registry.example:x/app"],
  ["a name that is too long", `${"a/".repeat(128)}a`],
  ["a digest of another algorithm", `app@md5:${ID}`],
  ["a digest in upper case", `app@sha256:${ID.toUpperCase()}`],
])("%s is refused: %j", (_what, text) => {
  expect(parseImageReference(text)).toBeUndefined();
});

test("the grammar of the distribution project and ours are one", () => {
  fc.assert(fc.property(anyReferenceText, keepsReferenceLaws), { numRuns: fuzzRuns(2000) });
});

test.each([
  ["123456789012.dkr.ecr.us-east-1.amazonaws.com", true],
  ["123456789012.DKR.ecr.us-east-1.AMAZONAWS.com", true],
  ["123456789012.dkr.ecr-fips.us-east-1.amazonaws.com:443", true],
  ["123456789012.dkr-ecr.us-east-1.on.aws", true],
  ["123456789012.dkr.ecr.us-east-1", false],
  ["12345678901.dkr.ecr.us-east-1.amazonaws.com", false],
])("%s is a registry of ECR's: %s", (host, is) => {
  expect(scopeOfRegistryHost(host)).toEqual(is ? { account: "123456789012", region: "us-east-1" } : undefined);
});
