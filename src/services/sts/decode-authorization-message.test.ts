import { CreateSecurityGroupCommand, EC2Client } from "@aws-sdk/client-ec2";
import { DecodeAuthorizationMessageCommand, STSClient } from "@aws-sdk/client-sts";
import { describe, expect, test } from "vitest";
import { openAuthorizationMessage } from "../../authorization/authorization-message.ts";
import { apiWorld, FOREIGN_KEYS, type ApiWorld, type Keys } from "../../testing/api-world.ts";

const policy = (...Statement: readonly object[]) => ({ Version: "2012-10-17", Statement });
const DENY = {
  Sid: "NoNetworks",
  Effect: "Deny",
  Action: ["ec2:CreateSecurityGroup", "ec2:DeleteSecurityGroup"],
  Resource: "*",
  Condition: { Bool: { "aws:SecureTransport": "false" } },
};

/** The message in EC2's refusal of a call that the keys may not make. */
async function messageFor(api: ApiWorld, keys: Keys): Promise<string> {
  const refusal = await api
    .client(EC2Client, undefined, keys)
    .send(new CreateSecurityGroupCommand({ GroupName: "web", Description: "web" }))
    .then(
      () => "",
      (cause: unknown) => (cause as Error).message,
    );
  const found =
    /^You are not authorized to perform this operation\. User: \S+ is not authorized to perform: ec2:CreateSecurityGroup .+\. Encoded authorization failure message: ([\w-]+)$/.exec(
      refusal,
    );
  expect(found, refusal).not.toBeNull();
  return found?.[1] ?? "";
}
const decode = (api: ApiWorld, EncodedMessage: string, keys?: Keys) =>
  api.client(STSClient, undefined, keys).send(new DecodeAuthorizationMessageCommand({ EncodedMessage }));

test("EC2's refusal can be read by who may: nothing allowed it", async () => {
  await using api = await apiWorld();
  const message = await messageFor(api, api.user("ana"));
  const decoded = JSON.parse((await decode(api, message)).DecodedMessage!);
  expect(decoded).toMatchObject({
    allowed: false,
    explicitDeny: false,
    matchedStatements: { items: [] },
    failures: { items: [] },
    context: {
      principal: { id: expect.stringMatching(/^AIDA/), name: "ana", arn: "arn:aws:iam::123456789012:user/ana" },
      action: "ec2:CreateSecurityGroup",
    },
  });
  const conditions = decoded.context.conditions.items as readonly { key: string; values: unknown }[];
  expect(conditions).toContainEqual({ key: "aws:username", values: { items: [{ value: "ana" }] } });
  expect(conditions).toContainEqual({ key: "aws:RequestedRegion", values: { items: [{ value: "us-east-1" }] } });
  expect(api.defects).toEqual([]);
});

test("EC2's refusal can be read by who may: a statement forbade it", async () => {
  await using api = await apiWorld();
  const message = await messageFor(api, api.user("ana", policy({ Effect: "Allow", Action: "*", Resource: "*" }, DENY)));
  expect(JSON.parse((await decode(api, message)).DecodedMessage!)).toMatchObject({
    explicitDeny: true,
    matchedStatements: {
      items: [
        {
          statementId: "NoNetworks",
          effect: "DENY",
          actions: { items: [{ value: "ec2:CreateSecurityGroup" }, { value: "ec2:DeleteSecurityGroup" }] },
          resources: { items: [{ value: "*" }] },
          conditions: { items: [{ key: "aws:SecureTransport", values: { items: [{ value: "false" }] } }] },
        },
      ],
    },
  });
});

test("the command line decodes it", { timeout: 60_000 }, async () => {
  await using api = await apiWorld();
  const message = await messageFor(api, api.user("ana"));
  const decoded = await api.aws(
    "sts",
    "decode-authorization-message",
    "--encoded-message",
    message,
    "--query",
    "DecodedMessage",
    "--output",
    "text",
  );
  expect(JSON.parse(decoded.stdout)).toMatchObject({ allowed: false });
});

describe("a message is not decoded", () => {
  test("for who may not", async () => {
    await using api = await apiWorld();
    const ana = api.user("ana");
    await expect(decode(api, await messageFor(api, ana), ana)).rejects.toThrow(
      "is not authorized to perform: sts:DecodeAuthorizationMessage",
    );
  });

  test("for another account", async () => {
    await using api = await apiWorld();
    const message = await messageFor(api, api.user("ana"));
    await expect(decode(api, message, FOREIGN_KEYS)).rejects.toMatchObject({ name: "InvalidAuthorizationMessageException" });
  });

  test.each([
    ["is made up", () => "bm90aGluZw"],
    ["has a byte changed", (message: string) => `${message.slice(0, 40)}${message[40] === "A" ? "B" : "A"}${message.slice(41)}`],
    ["is cut off", (message: string) => message.slice(0, -8)],
  ])("when it %s", async (_what, change) => {
    await using api = await apiWorld();
    const message = change(await messageFor(api, api.user("ana")));
    await expect(decode(api, message)).rejects.toMatchObject({ name: "InvalidAuthorizationMessageException" });
    expect(api.defects).toEqual([]);
  });

  test("when it is too long to be one", async () => {
    await using api = await apiWorld();
    await expect(decode(api, "a".repeat(10_241))).rejects.toMatchObject({ name: "ValidationError" });
  });
});

test("a message of a large policy still fits, without its statements if need be", async () => {
  await using api = await apiWorld();
  const noise = (at: number) => `ec2:*${(at * 2_654_435_761).toString(36)}${(at * 40_503_777).toString(36)}*`;
  const large = { ...DENY, Action: ["ec2:CreateSecurityGroup", ...Array.from({ length: 3000 }, (_, at) => noise(at))] };
  const message = await messageFor(api, api.user("ana", policy(large)));
  expect(message.length).toBeLessThanOrEqual(10_240);
  expect(openAuthorizationMessage(api.platform.secrets, message, "123456789012")).toContain(
    '"explicitDeny":true,"matchedStatements":{"items":[]}',
  );
});
