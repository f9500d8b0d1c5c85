import { GetUserCommand, IAMClient, ListUsersCommand } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { describe, expect, test } from "vitest";
import { rootPrincipal } from "../../authorization/credentials.ts";
import { memoryAuditLog } from "../../drivers/memory/audit-log.ts";
import { systemIds } from "../../drivers/system/ids.ts";
import { secretBox } from "../../drivers/system/secret-box.ts";
import { accessKeys } from "../../state/iam.ts";
import { apiWorld, TEST_KEYS, type ApiWorld, type Keys } from "../../testing/api-world.ts";
import { sendSigned } from "../../testing/signed-request.ts";
import { signIn, type ConsoleSession } from "./sign-in.ts";

const REGION = "us-east-1";

const ask = (api: ApiWorld, path: string, keys: Keys = TEST_KEYS, service = "airfield"): Promise<Response> =>
  sendSigned(api.url, { service, path: `/console/api/${path}`, keys });

const redeem = (api: ApiWorld, link: string, type = "application/json"): Promise<Response> =>
  fetch(`${api.url}/console/api/sessions`, { method: "POST", headers: { "content-type": type }, body: JSON.stringify({ link }) });

const sessionOf = async (answer: Response): Promise<ConsoleSession> => {
  expect(answer.status).toBe(200);
  return (await answer.json()) as ConsoleSession;
};

const linkOf = async (answer: Response): Promise<string> => ((await answer.json()) as { readonly link: string }).link;

describe("a key", () => {
  test("is exchanged for a session of whose it is, which nothing on the way may keep", async () => {
    await using api = await apiWorld();
    const answer = await ask(api, "sessions");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const { credentials, account, arn, expiresAt } = await sessionOf(answer);
    expect([account, arn]).toEqual(["123456789012", "arn:aws:iam::123456789012:root"]);
    expect(expiresAt - Date.now()).toBeLessThanOrEqual(3_600_000);
    expect(JSON.stringify(credentials)).not.toContain(TEST_KEYS.secretAccessKey);
    const identity = await api.client(STSClient, REGION, credentials).send(new GetCallerIdentityCommand());
    expect(identity).toMatchObject({ Account: account, Arn: arn });
  });

  test("of a user gives a session that may what the user may, IAM too, as at AWS's console; one of GetSessionToken may not", async () => {
    await using api = await apiWorld();
    const keys = api.user("ann", { Statement: [{ Effect: "Allow", Action: "iam:GetUser", Resource: "*" }] });
    const { credentials, arn } = await sessionOf(await ask(api, "sessions", keys));
    expect(arn).toBe("arn:aws:iam::123456789012:user/ann");
    const iam = api.client(IAMClient, REGION, credentials);
    expect(await iam.send(new GetUserCommand())).toMatchObject({ User: { UserName: "ann" } });
    await expect(iam.send(new ListUsersCommand())).rejects.toMatchObject({ name: "AccessDenied" });
    const { Credentials } = await api.client(STSClient, REGION, keys).send(new GetSessionTokenCommand());
    const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = Credentials ?? {};
    const others = api.client(IAMClient, REGION, {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
    });
    await expect(others.send(new GetUserCommand())).rejects.toMatchObject({ name: "InvalidClientTokenId" });
  });

  test("of a session makes no session that lasts longer, and no link", async () => {
    await using api = await apiWorld();
    const { credentials } = await sessionOf(await ask(api, "sessions"));
    for (const path of ["sessions", "links"]) expect((await ask(api, path, credentials)).status).toBe(403);
    await expect(api.client(STSClient, REGION, credentials).send(new GetSessionTokenCommand())).rejects.toMatchObject({
      name: "AccessDenied",
    });
  });

  test.each([
    ["that is unknown", "airfield", { ...TEST_KEYS, accessKeyId: "AKIAUNKNOWN" }, "UnrecognizedClientException"],
    ["with another secret", "airfield", { ...TEST_KEYS, secretAccessKey: "other" }, "InvalidSignatureException"],
    ["that signed for another service", "ecs", TEST_KEYS, "InvalidSignatureException"],
  ] as const)("%s gives none", async (_, service, keys, code) => {
    await using api = await apiWorld();
    for (const path of ["sessions", "links"]) {
      const answer = await ask(api, path, keys, service);
      expect(answer.ok).toBe(false);
      expect(await answer.json()).toMatchObject({ __type: code });
    }
  });
});

describe("a link", () => {
  test("opens a session of who asked for it, once", async () => {
    await using api = await apiWorld();
    const keys = api.user("ann");
    const link = await linkOf(await ask(api, "links", keys));
    expect(link).toMatch(/^[A-Za-z0-9]{43}$/);
    const { credentials, arn } = await sessionOf(await redeem(api, link));
    expect(arn).toBe("arn:aws:iam::123456789012:user/ann");
    expect(await api.client(STSClient, REGION, credentials).send(new GetCallerIdentityCommand())).toMatchObject({ Arn: arn });
    const again = await redeem(api, link);
    expect([again.status, await again.json()]).toEqual([
      403,
      { __type: "AccessDeniedException", message: "This link was used already, or its time is over." },
    ]);
  });

  test("is good once also where two come at the same time", async () => {
    await using api = await apiWorld();
    const link = await linkOf(await ask(api, "links"));
    const answers = await Promise.all([redeem(api, link), redeem(api, link), redeem(api, link)]);
    expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
  });

  test("of a user whose key is gone opens nothing", async () => {
    await using api = await apiWorld();
    const keys = api.user("ann");
    const link = await linkOf(await ask(api, "links", keys));
    api.state.commit(() => api.state.table(accessKeys).delete(keys.accessKeyId));
    expect((await redeem(api, link)).status).toBe(403);
  });

  test("is redeemed by no form of another site, nor by a guess", async () => {
    await using api = await apiWorld();
    const link = await linkOf(await ask(api, "links"));
    for (const type of ["text/plain", "application/x-www-form-urlencoded"]) expect((await redeem(api, link, type)).status).toBe(415);
    for (const guess of ["", link.slice(1), `${link}x`, "x".repeat(1001)]) expect((await redeem(api, guess)).ok).toBe(false);
    for (const body of ["", "null", "[]", "{", '{"link":1}'])
      expect(
        (await fetch(`${api.url}/console/api/sessions`, { method: "POST", headers: { "content-type": "application/json" }, body })).ok,
      ).toBe(false);
    expect((await redeem(api, link)).status).toBe(200);
  });

  test("is asked for by who signs, and by nobody else", async () => {
    await using api = await apiWorld();
    const answer = await fetch(`${api.url}/console/api/links`, { method: "POST" });
    expect(await answer.json()).toMatchObject({ __type: "MissingAuthenticationTokenException" });
  });

  test("is over after five minutes; of many that nobody uses the oldest goes", () => {
    const platform = {
      secrets: secretBox(Buffer.alloc(32, 7)),
      ids: systemIds,
      credentials: { find: () => ({ kind: "unknown" }) as const, stand: () => true },
    };
    const door = signIn({ platform });
    const root = rootPrincipal("123456789012", TEST_KEYS.accessKeyId);
    const at = (now: number) => ({ requestId: "", now, sourceIp: "", userAgent: "", region: REGION });
    const { link: late } = door.link(root, 0);
    expect(() => door.redeem(late, at(300_000))).toThrow("its time is over");
    const { link: inTime } = door.link(root, 0);
    expect(door.redeem(inTime, at(299_999))).toMatchObject({ account: "123456789012" });
    const links = Array.from({ length: 1001 }, () => door.link(root, 1).link);
    expect(() => door.redeem(links[0] ?? "", at(2))).toThrow("used already");
    expect(door.redeem(links[1] ?? "", at(2))).toMatchObject({ account: "123456789012" });
  });
});

test("each sign-in is in the trail, and so is a link that did not open", async () => {
  const audit = memoryAuditLog();
  await using api = await apiWorld({ audit });
  const link = await linkOf(await ask(api, "links"));
  await redeem(api, link);
  await redeem(api, link);
  const records = audit.records.filter(({ eventName }) => eventName === "ConsoleLogin");
  expect(records).toMatchObject([
    { eventSource: "signin.amazonaws.com", userIdentity: { type: "Root" }, responseElements: { ConsoleLogin: "Success" } },
    { errorCode: "AccessDeniedException" },
  ]);
  expect(JSON.stringify(audit.records)).not.toContain(link);
});
