import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { DEFAULT_ACCOUNT, DEFAULT_REGION, type Scope } from "../domain/scope.ts";
import { defaultKeyPolicy } from "../state/kms/key-policies.ts";
import { keys, type KeyRecord } from "../state/kms/keys.ts";
import { keyRecord } from "./key-record.ts";
import { newSymmetricMaterial } from "../state/kms/material.ts";
import { apiWorld, FOREIGN_KEYS, type ApiWorld, type Keys } from "./api-world.ts";

export const HERE: Scope = { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION };

/** The API of Secrets Manager, as root of the default account, of another account, and as users with policies of their own. */
export interface SecretsWorld extends ApiWorld {
  readonly root: SecretsManagerClient;
  readonly foreigner: SecretsManagerClient;
  /** A new user whose policy has these statements. */
  caller(name: string, ...statements: readonly object[]): SecretsManagerClient;
  elsewhere(region: string): SecretsManagerClient;
  /** Makes a secret; gives its ARN. */
  secret(name: string, value?: string, more?: object): Promise<string>;
  value(id: string, more?: object, as?: SecretsManagerClient): Promise<string | undefined>;
  /** A customer's symmetric key, as CreateKey would make it. */
  key(policy?: string, scope?: Scope): KeyRecord;
}

export async function secretsWorld(): Promise<SecretsWorld> {
  const api = await apiWorld();
  const client = (keysOf?: Keys, region?: string): SecretsManagerClient => api.client(SecretsManagerClient, region, keysOf);
  const root = client();
  return {
    ...api,
    root,
    foreigner: client(FOREIGN_KEYS),
    caller: (name, ...statements) => client(api.user(name, { Version: "2012-10-17", Statement: statements })),
    elsewhere: (region) => client(undefined, region),
    secret: async (Name, SecretString, more = {}) => (await root.send(new CreateSecretCommand({ Name, SecretString, ...more }))).ARN ?? "",
    value: async (SecretId, more = {}, as = root) => (await as.send(new GetSecretValueCommand({ SecretId, ...more }))).SecretString,
    key(policy, { account, region } = HERE) {
      const id = api.platform.ids.uuid();
      const now = api.platform.clock.now();
      const material = [newSymmetricMaterial(api.platform.secrets, { account, id }, now)];
      const key = keyRecord({ account, region, id, policy: policy ?? defaultKeyPolicy(account, region), createdAt: now, material });
      api.state.commit(() => api.state.table(keys).put(key));
      return key;
    },
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      if (api.defects.length > 0) throw new AggregateError(api.defects, "operations had defects");
    },
  };
}
