import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { DescribeClustersCommand, ECSClient, ListClustersCommand } from "@aws-sdk/client-ecs";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { describe, expect, test } from "vitest";
import { rootPrincipal } from "../authorization/credentials.ts";
import { ANONYMOUS } from "../domain/principal.ts";
import { apiWorld, FOREIGN_KEYS, TEST_KEYS, type ApiWorld } from "../testing/api-world.ts";
import { throttle } from "./throttle.ts";

const LIMIT = { rate: 5, burst: 2 };

function client<C>(api: ApiWorld, constructor: new (config: never) => C, more: object = {}): C {
  return new constructor({ endpoint: api.url, region: "us-east-1", credentials: TEST_KEYS, maxAttempts: 1, ...more } as never);
}

const failureOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe("who asks too often is told so in the words of the protocol", () => {
  test.each<[string, (api: ApiWorld) => Promise<unknown>, object]>([
    [
      "json",
      (api) => client(api, ECSClient).send(new ListClustersCommand()),
      { name: "ThrottlingException", message: "Rate exceeded", $metadata: { httpStatusCode: 400 } },
    ],
    [
      "query",
      (api) => client(api, STSClient).send(new GetCallerIdentityCommand()),
      { name: "Throttling", message: "Rate exceeded", $metadata: { httpStatusCode: 400 } },
    ],
    [
      "ec2",
      (api) => client(api, EC2Client).send(new DescribeVpcsCommand()),
      { name: "RequestLimitExceeded", $metadata: { httpStatusCode: 503 } },
    ],
  ])("%s", async (_, call, expected) => {
    await using api = await apiWorld({}, { throttle: throttle({ rate: 0.001, burst: 2 }) });
    await call(api);
    await call(api);
    expect(await failureOf(call(api))).toMatchObject(expected);
    expect(api.defects).toEqual([]);
  });
});

test("another API, and another principal, has a bucket of its own", async () => {
  await using api = await apiWorld({}, { throttle: throttle({ rate: 0.001, burst: 1 }) });
  const ecs = client(api, ECSClient);
  await ecs.send(new ListClustersCommand());
  await ecs.send(new DescribeClustersCommand({}));
  await client(api, ECSClient, { credentials: FOREIGN_KEYS }).send(new ListClustersCommand());
  expect(await failureOf(ecs.send(new ListClustersCommand()))).toMatchObject({ name: "ThrottlingException" });
});

test("an SDK's own retries get through, since they wait", async () => {
  await using api = await apiWorld({}, { throttle: throttle(LIMIT) });
  const patient = client(api, ECSClient, { maxAttempts: 10 });
  const answers = await Promise.all(Array.from({ length: 5 }, () => patient.send(new ListClustersCommand())));
  expect(answers.some(({ $metadata }) => ($metadata.attempts ?? 1) > 1)).toBe(true);
});

test("who does not sign is told apart by address, and a role's sessions by their names", () => {
  const pass = throttle({ rate: 0.001, burst: 1 });
  const asks = (sourceIp: string): boolean => pass({ principal: ANONYMOUS, sourceIp, operation: "sts:AssumeRoleWithWebIdentity", now: 0 });
  expect([asks("10.0.0.1"), asks("10.0.0.2"), asks("10.0.0.1")]).toEqual([true, true, false]);
});

test("ever new callers cost bounded memory: a bucket that is full again is forgotten, one that is not is kept", () => {
  const pass = throttle({ rate: 1, burst: 1 });
  const ask = (account: number, now: number): boolean =>
    pass({ principal: rootPrincipal(String(account).padStart(12, "0"), "AKIA"), sourceIp: "", operation: "ecs:RunTask", now });
  for (let account = 0; account < 15_000; account += 1) ask(account, 0);
  expect(ask(14_999, 500)).toBe(false);
  for (let account = 20_000; account < 45_000; account += 1) ask(account, 2000);
  expect(ask(44_999, 2500)).toBe(false);
  expect(ask(0, 2500)).toBe(true);
});
