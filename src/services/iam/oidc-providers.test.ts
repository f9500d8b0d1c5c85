import {
  AddClientIDToOpenIDConnectProviderCommand,
  CreateOpenIDConnectProviderCommand,
  DeleteOpenIDConnectProviderCommand,
  GetOpenIDConnectProviderCommand,
  IAMClient,
  ListOpenIDConnectProvidersCommand,
  ListOpenIDConnectProviderTagsCommand,
  RemoveClientIDFromOpenIDConnectProviderCommand,
  TagOpenIDConnectProviderCommand,
  UntagOpenIDConnectProviderCommand,
  UpdateOpenIDConnectProviderThumbprintCommand,
} from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { apiWorld, FOREIGN_KEYS } from "../../testing/api-world.ts";
import { providerName } from "./oidc-issuer.ts";

const URL = "https://token.actions.githubusercontent.com";
const OpenIDConnectProviderArn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
const THUMBPRINT = "6938FD4D98BAB03FAADB97B34396831E3780AEA1";

test("GitHub's provider is made, read back, changed and deleted", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const made = await iam.send(
    new CreateOpenIDConnectProviderCommand({ Url: URL, ClientIDList: ["sts.amazonaws.com"], ThumbprintList: [THUMBPRINT] }),
  );
  expect(made.OpenIDConnectProviderArn).toBe(OpenIDConnectProviderArn);
  // Both of these may be said twice.
  for (let at = 0; at < 2; at++)
    await iam.send(new AddClientIDToOpenIDConnectProviderCommand({ OpenIDConnectProviderArn, ClientID: "other" }));
  for (let at = 0; at < 2; at++)
    await iam.send(new RemoveClientIDFromOpenIDConnectProviderCommand({ OpenIDConnectProviderArn, ClientID: "sts.amazonaws.com" }));
  await iam.send(
    new TagOpenIDConnectProviderCommand({
      OpenIDConnectProviderArn,
      Tags: [
        { Key: "a", Value: "b" },
        { Key: "c", Value: "d" },
      ],
    }),
  );
  await iam.send(new UntagOpenIDConnectProviderCommand({ OpenIDConnectProviderArn, TagKeys: ["c"] }));
  expect(await iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }))).toMatchObject({
    Url: "token.actions.githubusercontent.com",
    ClientIDList: ["other"],
    ThumbprintList: [THUMBPRINT.toLowerCase()],
    Tags: [{ Key: "a", Value: "b" }],
  });
  const thumbprint = "1".repeat(40);
  await iam.send(new UpdateOpenIDConnectProviderThumbprintCommand({ OpenIDConnectProviderArn, ThumbprintList: [thumbprint] }));
  expect((await iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }))).ThumbprintList).toEqual([thumbprint]);
  expect((await iam.send(new ListOpenIDConnectProvidersCommand())).OpenIDConnectProviderList).toEqual([{ Arn: OpenIDConnectProviderArn }]);
  expect((await iam.send(new ListOpenIDConnectProviderTagsCommand({ OpenIDConnectProviderArn }))).Tags).toEqual([{ Key: "a", Value: "b" }]);
  await iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }));
  await expect(iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }))).rejects.toMatchObject({
    name: "NoSuchEntityException",
    message: `OpenIDConnect Provider not found for arn ${OpenIDConnectProviderArn}`,
  });
  expect(api.defects).toEqual([]);
});

test("an issuer whose URL ends in a slash keeps it, and is another than the one without", async () => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  const made = await iam.send(new CreateOpenIDConnectProviderCommand({ Url: "https://shop.auth0.com/" }));
  expect(made.OpenIDConnectProviderArn).toBe("arn:aws:iam::123456789012:oidc-provider/shop.auth0.com/");
  const found = await iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: made.OpenIDConnectProviderArn }));
  expect(found.Url).toBe("shop.auth0.com/");
  await iam.send(new CreateOpenIDConnectProviderCommand({ Url: "https://shop.auth0.com" }));
  expect((await iam.send(new ListOpenIDConnectProvidersCommand())).OpenIDConnectProviderList).toHaveLength(2);
});

test.each([
  ["an issuer that is there", { Url: URL }, "EntityAlreadyExistsException", `Provider with url ${URL} already exists.`],
  ["a plain issuer beyond this host", { Url: "http://issuer.example.com" }, "ValidationError", "Invalid Open ID Connect Provider URL"],
  [
    "a host that only begins like loopback",
    { Url: "http://127.0.0.1.example.com" },
    "ValidationError",
    "Invalid Open ID Connect Provider URL",
  ],
  ["no URL at all", { Url: "issuer.example.com" }, "ValidationError", "Invalid Open ID Connect Provider URL"],
  [
    "a short thumbprint",
    { Url: "https://a.example.com", ThumbprintList: ["12"] },
    "ValidationError",
    "at 'thumbprintList' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 40",
  ],
  [
    "a thumbprint of other letters",
    { Url: "https://a.example.com", ThumbprintList: ["x".repeat(40)] },
    "InvalidInputException",
    "Thumbprint must be",
  ],
  [
    "six thumbprints",
    { Url: "https://a.example.com", ThumbprintList: Array(6).fill(THUMBPRINT) as string[] },
    "LimitExceededException",
    "Cannot exceed quota for ThumbprintsPerOpenIdConnectProvider: 5",
  ],
  [
    "101 audiences",
    { Url: "https://a.example.com", ClientIDList: Array.from({ length: 101 }, (_, at) => `c${at}`) },
    "LimitExceededException",
    "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100",
  ],
])("CreateOpenIDConnectProvider refuses %s", async (_what, input, name, message) => {
  await using api = await apiWorld();
  const iam = api.client(IAMClient);
  await iam.send(new CreateOpenIDConnectProviderCommand({ Url: URL }));
  await expect(iam.send(new CreateOpenIDConnectProviderCommand(input))).rejects.toMatchObject({
    name,
    message: expect.stringContaining(message),
  });
});

test("each account has its own provider of one issuer, and sees no other's", async () => {
  await using api = await apiWorld();
  const foreign = api.client(IAMClient, "us-east-1", FOREIGN_KEYS);
  await api.client(IAMClient).send(new CreateOpenIDConnectProviderCommand({ Url: URL }));
  await foreign.send(new CreateOpenIDConnectProviderCommand({ Url: URL }));
  await expect(foreign.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }))).rejects.toMatchObject({
    name: "AccessDenied",
  });
  expect((await foreign.send(new ListOpenIDConnectProvidersCommand())).OpenIDConnectProviderList).toHaveLength(1);
});

test.each([
  ["https://accounts.example.com", "accounts.example.com"],
  ["https://accounts.example.com/", "accounts.example.com/"],
  ["https://accounts.example.com/tenant/7/", "accounts.example.com/tenant/7/"],
  ["https://accounts.example.com/tenant/7", "accounts.example.com/tenant/7"],
  ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
  ["http://127.0.0.1:8080/", "http://127.0.0.1:8080/"],
  ["http://localhost:8080/issuer", "http://localhost:8080/issuer"],
  ["https://user:word@accounts.example.com", undefined],
  ["https://accounts.example.com?a=b", undefined],
  ["https://accounts.example.com#a", undefined],
  ["ftp://accounts.example.com", undefined],
  ["HTTPS", undefined],
])("the issuer %s is known as %s", (url, name) => expect(providerName(url)).toBe(name));
