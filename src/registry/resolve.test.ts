import { expect, test } from "vitest";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { repositoryKey } from "../state/ecr.ts";
import { putImage } from "../state/ecr-images.ts";
import { noteUpstreamTag } from "../state/ecr-imports.ts";
import { pullThroughRules, REVALIDATE_AFTER_MS } from "../state/ecr-pull-through.ts";
import { JournaledState } from "../state/journaled-state.ts";
import type { WholeState } from "../state/state.ts";
import { putRepository } from "../testing/image-records.ts";
import { resolveImage } from "./resolve.ts";

const scope = { account: "123456789012", region: "us-east-1" };
const digest = `sha256:${"a".repeat(64)}`;
const registryHost = "localhost:4566";
const clock = { now: (): number => 0 };

function stateWith(...homes: readonly { readonly account: string; readonly region: string }[]): WholeState {
  const state = new JournaledState(memoryJournal());
  for (const home of homes) {
    const repository = putRepository(state, "team/app", { ...home, arn: "arn" });
    for (const tag of ["latest", "v1"])
      putImage(state, repository, {
        digest,
        manifest: { kind: "image", mediaType: "m", blobs: [], manifests: [], size: 0 },
        manifestSize: 1,
        tag,
        now: 0,
      });
  }
  return state;
}

const elsewhere = { account: "210987654321", region: "eu-west-1" };

test.each([
  ["localhost:4566/team/app", scope],
  ["localhost:4566/team/app:v1", scope],
  ["127.0.0.1:4566/team/app:v1", scope],
  ["LOCALHOST:4566/team/app:v1", scope],
  ["[::1]:4566/team/app:v1", scope],
  ["127.1:4566/team/app:v1", scope],
  ["registry.localhost:4566/team/app:v1", scope],
  [`localhost:4566/team/app@${digest}`, scope],
  [`localhost:4566/team/app:moved@${digest}`, scope],
  ["123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app:v1", scope],
  ["210987654321.dkr.ecr.eu-west-1.amazonaws.com/team/app:v1", elsewhere],
  [`210987654321.DKR.ECR.eu-west-1.AMAZONAWS.com/team/app@${digest}`, elsewhere],
  ["210987654321.dkr-ecr.eu-west-1.on.aws/team/app", elsewhere],
])("%s is ours", (reference, home) => {
  const state = stateWith(scope, elsewhere);
  expect(resolveImage({ state, registryHost, clock }, reference, scope)).toEqual({
    kind: "ours",
    pullReference: `localhost:4566/team/app@${digest}`,
    digest,
    repository: "team/app",
    ...home,
  });
});

test.each([
  ["nginx", "docker.io/library/nginx:latest", false],
  ["929", "docker.io/library/929:latest", false],
  ["nginx:1.27", "docker.io/library/nginx:1.27", false],
  ["library/nginx", "docker.io/library/nginx:latest", false],
  ["public.ecr.aws/nginx/nginx:1", "public.ecr.aws/nginx/nginx:1", false],
  [`registry.example/app:1@${digest}`, `registry.example/app@${digest}`, false],
  // Another registry on this machine, this one by a name that we do not know, and a registry of ECR's: what the engine has of them is not everybody's.
  ["localhost:5000/app", "localhost:5000/app:latest", true],
  ["127.0.0.1/app:1", "127.0.0.1/app:1", true],
  ["airfield.example:4566/team/app:1", "airfield.example:4566/team/app:1", true],
  ["999999999999.dkr.ecr.us-east-1.amazonaws.com/app:v1", "999999999999.dkr.ecr.us-east-1.amazonaws.com/app:v1", true],
])("%s is for the engine to find, as %s; its registry has the last word: %s", (reference, pullReference, askAlways) => {
  expect(resolveImage({ state: stateWith(scope), registryHost, clock }, reference, scope)).toEqual({
    kind: "foreign",
    pullReference,
    askAlways,
  });
});

test.each(["not a reference", "a".repeat(64), digest, "localhost:4566/Team/app"])("%s is nothing that can be found", (reference) => {
  expect(resolveImage({ state: stateWith(scope), registryHost, clock }, reference, scope)).toEqual({ kind: "malformed" });
});

test.each([
  [
    "a tag that is not there, on Fargate",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app:v9",
    "FARGATE",
    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app:v9: 123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app:v9: not found",
  ],
  [
    "a repository that is not there, on Fargate",
    "localhost:4566/none",
    "FARGATE",
    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref localhost:4566/none:latest: localhost:4566/none:latest: not found",
  ],
  [
    "a tag that is not there, on EC2",
    "localhost:4566/team/app:v9",
    "EC2",
    "CannotPullContainerError: Error response from daemon: manifest for localhost:4566/team/app:v9 not found: manifest unknown: Requested image not found",
  ],
  [
    "a repository that is not there, on EC2",
    "localhost:4566/none:v1",
    "EC2",
    "CannotPullContainerError: Error response from daemon: repository localhost:4566/none not found: name unknown: The repository with name 'none' does not exist in the registry with id '123456789012'",
  ],
] as const)("%s: AWS's words", (_what, reference, launchType, reason) => {
  expect(resolveImage({ state: stateWith(scope), registryHost, clock }, reference, scope, launchType)).toMatchObject({
    kind: "ours-missing",
    reason,
  });
});

test.each([
  ["that is not here", "hub/app:2", "ours-upstream", `${registryHost}/hub/app:2`],
  ["of a digest that is not here", `hub/app@sha256:${"b".repeat(64)}`, "ours-upstream", `${registryHost}/hub/app@sha256:${"b".repeat(64)}`],
  ["without a tag", "hub/app", "ours-upstream", `${registryHost}/hub/app:latest`],
  ["that no rule covers", "team/none:1", "ours-missing", undefined],
  ["that somebody pushed here", "team/app:v1", "ours", `${registryHost}/team/app@${digest}`],
  ["that is from upstream and was looked up today", "team/app:latest", "ours", `${registryHost}/team/app@${digest}`],
])("an image %s, under a pull-through cache, is %s", (_what, reference, kind, pullReference) => {
  const state = stateWith(scope);
  const settings = { ...scope, upstreamUrl: "registry.example", upstreamPrefix: "ROOT", createdAt: 0, updatedAt: 0 };
  state.commit(() => {
    state.table(pullThroughRules).put({ ...settings, prefix: "hub" });
    noteUpstreamTag(state, repositoryKey(scope, "team/app"), "latest", digest, 0);
  });
  const at = (now: number): unknown =>
    resolveImage({ state, registryHost, clock: { now: () => now } }, `${registryHost}/${reference}`, scope);
  expect(at(0)).toMatchObject({ kind, ...(pullReference !== undefined && { pullReference }) });
});

test("a tag from upstream goes by the registry once more when it was looked up a day ago", () => {
  const state = stateWith(scope);
  state.commit(() => {
    state.table(pullThroughRules).put({
      ...{ ...scope, prefix: "team", upstreamUrl: "registry.example", upstreamPrefix: "ROOT", createdAt: 0, updatedAt: 0 },
    });
    noteUpstreamTag(state, repositoryKey(scope, "team/app"), "latest", digest, 0);
  });
  const at = (now: number): string =>
    resolveImage({ state, registryHost, clock: { now: () => now } }, `${registryHost}/team/app`, scope).kind;
  expect([at(0), at(REVALIDATE_AFTER_MS - 1), at(REVALIDATE_AFTER_MS)]).toEqual(["ours", "ours", "ours-upstream"]);
});
