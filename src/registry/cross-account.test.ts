import { request } from "node:http";
import {
  CreateRepositoryCommand,
  ECRClient,
  PutAccountSettingCommand,
  PutRegistryPolicyCommand,
  SetRepositoryPolicyCommand,
} from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { registryWorld, type RegistryWorld } from "../testing/registry-world.ts";
import { pushImageTo, smallImage } from "../testing/small-image.ts";

const HOME = "123456789012";
const ABROAD = "210987654321";
const image = smallImage();
const layer = image.blobs[1]?.digest ?? "";
let world: RegistryWorld;
let ecr: ECRClient;

beforeEach(async () => {
  world = await registryWorld();
  ecr = world.client(ECRClient);
  for (const repositoryName of ["app", "mine"]) await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  await pushImageTo(world, "app", "v1", image);
});
afterEach(() => world[Symbol.asyncDispose]());

/** A request of another account's root, under a host name of ECR; `fetch` does not let us name the host. */
function ask(
  path: string,
  { host = `${HOME}.dkr.ecr.us-east-1.amazonaws.com`, method = "GET", region = "us-east-1" } = {},
): Promise<number> {
  const [hostname, port] = world.host.split(":");
  const headers = { host, authorization: world.authorization({ account: ABROAD, region }) };
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method, headers }, (answer) => resolve(answer.resume().statusCode ?? 0))
      .on("error", reject)
      .end();
  });
}

const READ = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"];
const statement = (Action: readonly string[], Resource?: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ABROAD}:root` }, Action, ...(Resource && { Resource }) }],
  });
const pull = async (): Promise<readonly number[]> => [await ask("/v2/app/manifests/v1"), await ask(`/v2/app/blobs/${layer}`)];
const push = (): Promise<number> => ask("/v2/app/blobs/uploads/", { method: "POST" });

describe("an account pulls from another one's registry, under that one's host name", () => {
  test("not where no policy there says so", async () => {
    expect([...(await pull()), await push()]).toEqual([403, 403, 403]);
  });

  test("as the repository's policy says, and no more", async () => {
    await ecr.send(new SetRepositoryPolicyCommand({ repositoryName: "app", policyText: statement(READ) }));
    expect([...(await pull()), await push()]).toEqual([200, 200, 403]);
    expect(await ask("/v2/mine/tags/list")).toBe(403);
  });

  test("as the registry's policy says", async () => {
    await ecr.send(new PutRegistryPolicyCommand({ policyText: statement(READ, `arn:aws:ecr:us-east-1:${HOME}:repository/app`) }));
    expect([...(await pull()), await push()]).toEqual([200, 200, 403]);
  });

  test("not with a token for another region", async () => {
    await ecr.send(new SetRepositoryPolicyCommand({ repositoryName: "app", policyText: statement(READ) }));
    expect(await ask("/v2/app/manifests/v1", { region: "eu-west-1" })).toBe(403);
  });

  test("under our own host name its token leads to its own registry, where there is nothing of the kind", async () => {
    await ecr.send(new SetRepositoryPolicyCommand({ repositoryName: "app", policyText: statement(READ) }));
    expect(await ask("/v2/app/manifests/v1", { host: world.host })).toBe(404);
  });
});

test("layers are not mounted where the account switched that off", async () => {
  const mount = (): Promise<Response> => world.fetch(`/v2/mine/blobs/uploads/?mount=${layer}&from=app`, { method: "POST" });
  await ecr.send(new PutAccountSettingCommand({ name: "BLOB_MOUNTING", value: "DISABLED" }));
  expect((await mount()).status).toBe(202);
  await ecr.send(new PutAccountSettingCommand({ name: "BLOB_MOUNTING", value: "ENABLED" }));
  expect((await mount()).status).toBe(201);
});
