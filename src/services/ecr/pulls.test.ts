import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DeregisterPullTimeUpdateExclusionCommand,
  DescribeImagesCommand,
  ECRClient,
  ListPullTimeUpdateExclusionsCommand,
  RegisterPullTimeUpdateExclusionCommand,
} from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { plainSession, serviceSession } from "../../authorization/role-session.ts";
import { systemIds } from "../../drivers/system/ids.ts";
import { images } from "../../state/ecr.ts";
import { mintRegistryToken } from "../../state/registry-token.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { registryWorld, type RegistryWorld } from "../../testing/registry-world.ts";
import { putRole } from "../../testing/roles.ts";
import { pushImageTo, smallImage } from "../../testing/small-image.ts";

const repositoryName = "app";
const image = smallImage();
const SCANNER = "arn:aws:iam::123456789012:role/scanner";
const START = Math.floor(Date.now() / 1000) * 1000;
let clock: ManualClock;
let world: RegistryWorld;
let ecr: ECRClient;

beforeEach(async () => {
  clock = new ManualClock(START);
  world = await registryWorld({ clock });
  ecr = world.client(ECRClient);
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  await pushImageTo(world, repositoryName, "v1", image);
});
afterEach(() => world[Symbol.asyncDispose]());

/** After how many milliseconds the last recorded pull was. */
async function pulled(): Promise<number | undefined> {
  const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName }));
  const at = imageDetails?.[0]?.lastRecordedPullTime;
  return at && at.getTime() - START;
}

const pull = (init: RequestInit = {}): Promise<Response> => world.fetch("/v2/app/manifests/v1", init);
const MINUTE = 60_000;

test("an image that was never pulled has no time; a push and a look are no pull", async () => {
  await pull({ method: "HEAD" });
  expect(await pulled()).toBeUndefined();
});

test("a pull is recorded, and the time told to the hour", async () => {
  const times: unknown[] = [];
  for (const at of [1, 59, 62, 70].map((minutes) => minutes * MINUTE)) {
    clock.advance(START + at - clock.now());
    await pull();
    // The SDK signs with the real time.
    clock.advance(START - clock.now());
    times.push((world.platform.state.table(images).get(`123456789012/us-east-1/app@${image.digest}`)?.lastPulledAt ?? 0) - START);
  }
  expect(times).toEqual([MINUTE, MINUTE, 62 * MINUTE, 62 * MINUTE]);
});

test("BatchGetImage is a pull", async () => {
  clock.advance(1000);
  await ecr.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: "v1" }] }));
  expect(await pulled()).toBe(1000);
});

describe("of an excluded principal", () => {
  const register = (principalArn: string) => ecr.send(new RegisterPullTimeUpdateExclusionCommand({ principalArn }));

  function headersOf(roleName: string): { readonly authorization: string } {
    const allows = [{ Effect: "Allow", Action: "ecr:*", Resource: "*" }] as const;
    const role = putRole(world.platform.state, roleName, { allows: [...allows] });
    const principal = serviceSession(role, "session", plainSession(clock.now(), 60), systemIds);
    const holder = { kind: "principal", principal } as const;
    const claims = { account: "123456789012", region: "us-east-1", holder, issuedAt: clock.now(), expiresAt: clock.now() + MINUTE };
    return { authorization: `Basic ${Buffer.from(`AWS:${mintRegistryToken(world.platform.secrets, claims)}`).toString("base64")}` };
  }

  test("pulls are not recorded, those of others are", async () => {
    await register(SCANNER);
    expect((await pull({ headers: headersOf("scanner") })).status).toBe(200);
    expect(await pulled()).toBeUndefined();
    expect((await pull({ headers: headersOf("deployer") })).status).toBe(200);
    expect(await pulled()).toBe(0);
  });

  test("they are again when the exclusion is gone", async () => {
    await register(SCANNER);
    await ecr.send(new DeregisterPullTimeUpdateExclusionCommand({ principalArn: SCANNER }));
    await pull({ headers: headersOf("scanner") });
    expect(await pulled()).toBe(0);
  });

  test("exclusions are told once, listed in pages, at most a hundred, those of another region apart", async () => {
    expect((await register(SCANNER)).createdAt).toEqual(new Date(START));
    await expect(register(SCANNER)).rejects.toMatchObject({ name: "ExclusionAlreadyExistsException" });
    for (let at = 10; at < 109; at++) await register(`arn:aws:iam::123456789012:user/u${at}`);
    await expect(register("arn:aws:iam::123456789012:user/last")).rejects.toMatchObject({ name: "LimitExceededException" });
    const first = await ecr.send(new ListPullTimeUpdateExclusionsCommand({ maxResults: 60 }));
    const rest = await ecr.send(new ListPullTimeUpdateExclusionsCommand({ maxResults: 60, nextToken: first.nextToken }));
    expect([first.pullTimeUpdateExclusions?.length, rest.pullTimeUpdateExclusions?.length, rest.nextToken]).toEqual([60, 40, undefined]);
    expect(first.pullTimeUpdateExclusions?.[0]).toBe(SCANNER);
    const elsewhere = await world.client(ECRClient, "eu-west-1").send(new ListPullTimeUpdateExclusionsCommand({}));
    expect(elsewhere.pullTimeUpdateExclusions).toEqual([]);
    const absent = new DeregisterPullTimeUpdateExclusionCommand({ principalArn: "arn:aws:iam::123456789012:role/none" });
    await expect(ecr.send(absent)).rejects.toMatchObject({ name: "ExclusionNotFoundException" });
  });

  test.each(["scanner", "arn:aws:iam::123456789012:root", "arn:aws:sts::123456789012:assumed-role/a/b", `${SCANNER}/${"x".repeat(200)}`])(
    "%s is no principal that can be excluded",
    async (principalArn) => {
      await expect(register(principalArn)).rejects.toMatchObject({ name: "InvalidParameterException" });
    },
  );
});
