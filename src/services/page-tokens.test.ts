import { CreateRepositoryCommand, DescribeRepositoriesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { CreateClusterCommand, ECSClient, ListClustersCommand } from "@aws-sdk/client-ecs";
import { CreateUserCommand, IAMClient, ListUsersCommand } from "@aws-sdk/client-iam";
import { CreateKeyCommand, KMSClient, ListKeysCommand } from "@aws-sdk/client-kms";
import { CreateSecretCommand, ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { DescribeParametersCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { secretBox } from "../drivers/system/secret-box.ts";
import { apiWorld, FOREIGN_ACCOUNT, FOREIGN_KEYS, TEST_KEYS, type ApiWorld, type Keys } from "../testing/api-world.ts";
import { paginate } from "./pagination.ts";

// A page's token says where a list goes on, and nothing about whose list that is.

const secrets = secretBox(Buffer.alloc(32, 7));
const page = (token: string | undefined, box = secrets) => paginate(["a", "b", "c"], (item) => item, { token, limit: 1 }, box);
const tokenOf = (token?: string): string => page(token)?.nextToken ?? "";

describe("a token", () => {
  test("leads through the list", () => {
    expect([page(undefined)?.items, page(tokenOf())?.items, page(tokenOf(tokenOf()))]).toEqual([
      ["a"],
      ["b"],
      { items: ["c"], nextToken: undefined },
    ]);
  });

  test("of another installation is none", () => {
    expect(page(page(undefined, secretBox(Buffer.alloc(32, 8)))?.nextToken)).toBeUndefined();
  });

  test("law: with whatever octets changed, taken out or put in is none", () => {
    const bytes = Buffer.from(tokenOf(), "base64url");
    const changed = fc.oneof(
      fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => {
        const copy = Buffer.from(bytes);
        copy[at] = (copy[at] ?? 0) ^ flip;
        return copy;
      }),
      fc.nat(bytes.length - 1).map((length) => bytes.subarray(0, length)),
      fc.uint8Array({ minLength: 1 }).map((more) => Buffer.concat([bytes, more])),
      fc.uint8Array().map((octets) => Buffer.from(octets)),
    );
    fc.assert(
      fc.property(changed, (octets) => {
        expect(page(octets.toString("base64url"))).toBeUndefined();
      }),
    );
  });

  test.each(["", "=", "null", "__proto__", "\0", "🙂", "../../etc/passwd", "A".repeat(100_000)])("that reads %j is none", (text) => {
    expect(page(text)).toBeUndefined();
  });
});

type List = (keys: Keys, token?: string) => Promise<{ readonly shown: unknown; readonly token: string | undefined }>;

/** What a list shows, or the name of its refusal. */
async function told(answer: ReturnType<List>): Promise<string> {
  return answer.then(
    ({ shown }) => JSON.stringify(shown),
    ({ name }: Error) => name,
  );
}

/** Lists with a record or two in each account; names of one account and not of the other sort before and after each other. */
const LISTS: Readonly<Record<string, List>> = {
  "ecr:DescribeRepositories": async (keys, nextToken) => {
    const answer = await client(ECRClient, keys).send(new DescribeRepositoriesCommand({ maxResults: 1, nextToken }));
    return { shown: answer.repositories, token: answer.nextToken };
  },
  "ecs:ListClusters": async (keys, nextToken) => {
    const answer = await client(ECSClient, keys).send(new ListClustersCommand({ maxResults: 1, nextToken }));
    return { shown: answer.clusterArns, token: answer.nextToken };
  },
  "iam:ListUsers": async (keys, Marker) => {
    const answer = await client(IAMClient, keys).send(new ListUsersCommand({ MaxItems: 1, Marker }));
    return { shown: answer.Users, token: answer.Marker };
  },
  "kms:ListKeys": async (keys, Marker) => {
    const answer = await client(KMSClient, keys).send(new ListKeysCommand({ Limit: 1, Marker }));
    return { shown: answer.Keys, token: answer.NextMarker };
  },
  "secretsmanager:ListSecrets": async (keys, NextToken) => {
    const answer = await client(SecretsManagerClient, keys).send(new ListSecretsCommand({ MaxResults: 1, NextToken }));
    return { shown: answer.SecretList, token: answer.NextToken };
  },
  "ssm:DescribeParameters": async (keys, NextToken) => {
    const answer = await client(SSMClient, keys).send(new DescribeParametersCommand({ MaxResults: 1, NextToken }));
    return { shown: answer.Parameters, token: answer.NextToken };
  },
};

let api: ApiWorld;
const client = <C>(constructor: new (config: never) => C, keys: Keys): C => api.client(constructor as never, undefined, keys);
beforeAll(async () => {
  api = await apiWorld();
  for (const [keys, names] of [
    [TEST_KEYS, ["ours-1", "ours-2", "ours-3"]],
    [FOREIGN_KEYS, ["a-theirs", "z-theirs", "zz-theirs"]],
  ] as const)
    for (const name of names) {
      await client(ECRClient, keys).send(new CreateRepositoryCommand({ repositoryName: name }));
      await client(ECSClient, keys).send(new CreateClusterCommand({ clusterName: name }));
      await client(IAMClient, keys).send(new CreateUserCommand({ UserName: name }));
      await client(KMSClient, keys).send(new CreateKeyCommand({}));
      await client(SecretsManagerClient, keys).send(new CreateSecretCommand({ Name: name, SecretString: name }));
      await client(SSMClient, keys).send(new PutParameterCommand({ Name: name, Value: name, Type: "String" }));
    }
});
afterAll(() => api[Symbol.asyncDispose]());

describe.each(Object.keys(LISTS))("a token of %s", (name) => {
  const list = LISTS[name] ?? expect.fail();

  test("shows another account what is its own, or nothing", async () => {
    const { token } = await list(TEST_KEYS);
    expect(token).toBeDefined();
    expect(await told(list(FOREIGN_KEYS, token))).not.toMatch(/123456789012|ours/);
  });

  test("in another list shows what is one's own, or nothing", async () => {
    const { token } = await list(TEST_KEYS);
    for (const other of Object.values(LISTS)) {
      const seen = await told(other(TEST_KEYS, token));
      expect(seen).not.toMatch(new RegExp(`${FOREIGN_ACCOUNT}|theirs|InternalFailure`));
    }
    expect(api.defects).toEqual([]);
  });

  test("gives nothing to who may not list", async () => {
    const { token } = await list(TEST_KEYS);
    await expect(list(api.user("nobody"), token)).rejects.toMatchObject({ name: expect.stringMatching(/^AccessDenied/) as string });
  });

  test("is refused as the client's fault where it was changed", async () => {
    const { token = "" } = await list(TEST_KEYS);
    await expect(list(TEST_KEYS, `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}A`)).rejects.toMatchObject({ $fault: "client" });
  });
});
