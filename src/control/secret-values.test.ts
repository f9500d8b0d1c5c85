import { CreateKeyCommand, DisableKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { CreateSecretCommand, DeleteSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { LabelParameterVersionCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiWorld, type ApiWorld } from "../testing/api-world.ts";
import { invalidParameters, secretValue } from "./secret-values.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };
const ASM =
  "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): ";
const SSM =
  "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): ";

let api: ApiWorld;
let plain = "";
let json = "";
let deleted = "";
let firstVersion = "";
const read = (reference: string, scope = SCOPE) =>
  secretValue({ state: api.state, secrets: api.platform.secrets, now: 0, ask: () => undefined }, reference, scope);

beforeAll(async () => {
  api = await apiWorld();
  const secrets = api.client(SecretsManagerClient);
  const create = async (Name: string, SecretString: string) => await secrets.send(new CreateSecretCommand({ Name, SecretString }));
  plain = (await create("plain", "hunter2")).ARN!;
  const made = await create("prod/db", JSON.stringify({ user: "old" }));
  json = made.ARN!;
  firstVersion = made.VersionId!;
  await secrets.send(
    new PutSecretValueCommand({ SecretId: json, SecretString: JSON.stringify({ user: "root", port: 5432, tls: { on: true } }) }),
  );
  deleted = (await create("deleted", "x")).ARN!;
  await secrets.send(new DeleteSecretCommand({ SecretId: deleted }));
  const parameters = api.client(SSMClient);
  await parameters.send(new PutParameterCommand({ Name: "/prod/token", Value: "t0ken", Type: "SecureString" }));
  await parameters.send(new PutParameterCommand({ Name: "flat", Value: "f", Type: "String" }));
});
afterAll(() => api[Symbol.asyncDispose]());

describe("a value is found", () => {
  test.each([
    ["a secret by its ARN", () => plain, "hunter2"],
    ["a secret by its ARN without the suffix", () => plain.slice(0, -7), "hunter2"],
    ["a whole JSON secret", () => json, '{"user":"root","port":5432,"tls":{"on":true}}'],
    ["a member of a JSON secret", () => `${json}:user::`, "root"],
    ["a number in a JSON secret", () => `${json}:port::`, "5432"],
    ["an object in a JSON secret", () => `${json}:tls::`, '{"on":true}'],
    ["a member of the version before", () => `${json}:user:AWSPREVIOUS:`, "old"],
    ["a member of a version by its id", () => `${json}:user::${firstVersion}`, "old"],
    ["a parameter by its name", () => "/prod/token", "t0ken"],
    ["a parameter by its ARN", () => "arn:aws:ssm:us-east-1:123456789012:parameter/prod/token", "t0ken"],
    ["a parameter without a path by its ARN", () => "arn:aws:ssm:us-east-1:123456789012:parameter/flat", "f"],
  ])("%s", (_what, reference, value) => expect(read(reference())).toEqual({ value }));

  test("only by who may read it, whether it is there or not", () => {
    const asked: unknown[] = [];
    const ask = (...what: unknown[]): string => {
      asked.push(what);
      return "you are not allowed to";
    };
    const refused = (reference: string) => secretValue({ state: api.state, secrets: api.platform.secrets, now: 0, ask }, reference, SCOPE);
    const none = "arn:aws:secretsmanager:us-east-1:123456789012:secret:none-abcdef";
    for (const arn of [json, none])
      expect(refused(`${arn}:user:AWSPREVIOUS:`)).toEqual({
        failure: `${ASM}failed to fetch secret ${arn} from secrets manager: AccessDeniedException: you are not allowed to`,
      });
    expect(asked).toEqual(
      [json, none].map((arn) => [
        "secretsmanager:GetSecretValue",
        arn,
        { "secretsmanager:SecretId": arn, "secretsmanager:VersionStage": "AWSPREVIOUS" },
      ]),
    );
  });

  test("by its ARN also from a task in another region", () => {
    expect(read(plain, { ...SCOPE, region: "eu-west-1" })).toEqual({ value: "hunter2" });
  });
});

describe("a task of another account whose role may read it", () => {
  const foreign = { ...SCOPE, account: "222222222222" };
  const ownKey = async (): Promise<string> => {
    const { KeyMetadata } = await api.client(KMSClient).send(new CreateKeyCommand({}));
    return KeyMetadata?.Arn ?? "";
  };

  test("has no secret under the default key, as who asks for it itself", () => {
    expect(read(plain, foreign)).toEqual({
      failure: `${ASM}failed to fetch secret ${plain} from secrets manager: InvalidRequestException: You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.`,
    });
  });

  test("has a secret under a key of its owner's", async () => {
    const input = { Name: "shared", SecretString: "s", KmsKeyId: await ownKey() };
    const { ARN = "" } = await api.client(SecretsManagerClient).send(new CreateSecretCommand(input));
    expect(read(ARN, foreign)).toEqual({ value: "s" });
  });

  test("has no SecureString under the default key", () => {
    expect(read("arn:aws:ssm:us-east-1:123456789012:parameter/prod/token", foreign)).toEqual({
      failure: `${SSM}AccessDeniedException: The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.`,
    });
  });

  test("has a SecureString under a key of its owner's, and a parameter in clear", async () => {
    await api
      .client(SSMClient)
      .send(new PutParameterCommand({ Name: "/shared", Value: "s", Type: "SecureString", Tier: "Advanced", KeyId: await ownKey() }));
    expect(read("arn:aws:ssm:us-east-1:123456789012:parameter/shared", foreign)).toEqual({ value: "s" });
    expect(read("arn:aws:ssm:us-east-1:123456789012:parameter/flat", foreign)).toEqual({ value: "f" });
  });
});

describe("a failure is worded as ECS words it", () => {
  const none = "arn:aws:secretsmanager:us-east-1:123456789012:secret:none-AbCdEf";
  test.each([
    [
      "a secret that is none",
      () => none,
      `${ASM}failed to fetch secret ${none} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.`,
    ],
    [
      "a secret of another account",
      () => none.replace("123456789012", "111122223333"),
      "ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    ],
    [
      "a deleted secret",
      () => deleted,
      "from secrets manager: InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.",
    ],
    ["a stage that is none", () => `${json}:user:NONE:`, "Secrets Manager can't find the specified secret value for staging label: NONE"],
    [
      "a JSON key that is none",
      () => `${json}:password::`,
      `${ASM}retrieved secret from Secrets Manager did not contain json key password`,
    ],
    ["a JSON key of a secret that is no JSON", () => `${plain}:user::`, `${ASM}invalid character looking for beginning of value`],
    [
      "an ARN with too few fields",
      () => `${json}:user`,
      "an invalid ARN format for the AWS Secrets Manager secret was specified. Specify a valid ARN and try again.",
    ],
    ["a parameter that is none", () => "/none", `${SSM}invalid ssm parameters: /none`],
    [
      "an ARN of a parameter that is none",
      () => "arn:aws:ssm:us-east-1:123456789012:parameter/none",
      `${SSM}invalid ssm parameters: /none`,
    ],
  ])("%s", (_what, reference, words) => {
    const result = read(reference());
    expect(result).toMatchObject({ failure: expect.stringContaining(words) });
    expect(JSON.stringify(result)).not.toMatch(/hunter2|root|5432/);
  });

  test("a parameter's name counts in the task's own region", () => {
    expect(read("/prod/token", { ...SCOPE, region: "eu-west-1" })).toEqual({
      failure: `${SSM}invalid ssm parameters: /prod/token`,
      missingParameter: "/prod/token",
    });
  });
});

test("a member that is nested beyond all measure is a failure of the task, and of nothing else", async () => {
  const SecretString = `{"deep":${"[".repeat(30_000)}${"]".repeat(30_000)}}`;
  const { ARN } = await api.client(SecretsManagerClient).send(new CreateSecretCommand({ Name: "deep", SecretString }));
  expect(read(`${ARN}:deep::`)).toEqual({ failure: `${ASM.trimEnd()} the json key deep of the secret is nested too deep` });
});

const PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter";
const NO_KEY =
  "AccessDeniedException: The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.";

/** What is read where a role may do all but one thing, and what the role was asked about. */
function readWithout(denied: string, reference: string) {
  const asked: (readonly [string, string, object?])[] = [];
  const ask = (...[action, resource, context]: readonly [string, string, object?]): string | undefined => {
    asked.push(context === undefined ? [action, resource] : [action, resource, context]);
    return action === denied ? `no ${action}` : undefined;
  };
  const result = secretValue({ state: api.state, secrets: api.platform.secrets, now: 0, ask }, reference, SCOPE);
  return { result, asked };
}

describe("the role is asked", () => {
  test("for a secret by the ARN that the definition has, and for no version where it names none", () => {
    expect(readWithout("", plain.slice(0, -7)).asked).toEqual([
      ["secretsmanager:GetSecretValue", plain, { "secretsmanager:SecretId": plain.slice(0, -7) }],
    ]);
  });

  test("for the version that it names", () => {
    const { asked } = readWithout("", `${json}:user::${firstVersion}`);
    expect(asked.map(([, , context]) => context)).toEqual([{ "secretsmanager:SecretId": json, "secretsmanager:VersionId": firstVersion }]);
  });

  test.each([
    ["by its name", "/prod/token", "/prod/token"],
    ["by its ARN", `${PARAMETER}/prod/token`, "/prod/token"],
    ["without a path", "flat", "/flat"],
    ["that is not there", "/none", "/none"],
    ["that is not there, without a path", "none", "/none"],
  ])("for a parameter %s, whether it is there or not", (_what, reference, name) => {
    const { result, asked } = readWithout("ssm:GetParameters", reference);
    expect(result).toEqual({ failure: `${SSM}AccessDeniedException: no ssm:GetParameters` });
    expect(asked).toEqual([["ssm:GetParameters", `${PARAMETER}${name}`]]);
  });

  test("for the key of its owner's that a secret is under", async () => {
    const { KeyMetadata } = await api.client(KMSClient).send(new CreateKeyCommand({}));
    const input = { Name: "own", SecretString: "s", KmsKeyId: KeyMetadata?.Arn };
    const { ARN = "", VersionId = "" } = await api.client(SecretsManagerClient).send(new CreateSecretCommand(input));
    const { result, asked } = readWithout("kms:Decrypt", ARN);
    expect(result).toEqual({
      failure: `${ASM}failed to fetch secret ${ARN} from secrets manager: AccessDeniedException: Access to KMS is not allowed`,
    });
    expect(asked.at(-1)).toMatchObject([
      "kms:Decrypt",
      KeyMetadata?.Arn,
      {
        "kms:EncryptionContext:SecretARN": ARN,
        "kms:EncryptionContext:SecretVersionId": VersionId,
        "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com",
        "kms:CallerAccount": SCOPE.account,
      },
    ]);
    expect(readWithout("", ARN).result).toEqual({ value: "s" });
    await api.client(KMSClient).send(new DisableKeyCommand({ KeyId: KeyMetadata?.Arn }));
    expect(readWithout("", ARN).result).toEqual({
      failure: `${ASM}failed to fetch secret ${ARN} from secrets manager: DecryptionFailure: Secrets Manager can't decrypt the protected secret text using the provided KMS key.`,
    });
  });

  test("for the key of its owner's that a SecureString is under", async () => {
    const { KeyMetadata } = await api.client(KMSClient).send(new CreateKeyCommand({}));
    const parameters = api.client(SSMClient);
    await parameters.send(new PutParameterCommand({ Name: "/own", Value: "s", Type: "SecureString", KeyId: KeyMetadata?.Arn }));
    const { result, asked } = readWithout("kms:Decrypt", "/own");
    expect(result).toEqual({ failure: `${SSM}${NO_KEY}` });
    expect(asked.at(-1)).toMatchObject([
      "kms:Decrypt",
      KeyMetadata?.Arn,
      { "kms:EncryptionContext:PARAMETER_ARN": `${PARAMETER}/own`, "kms:ViaService": "ssm.us-east-1.amazonaws.com" },
    ]);
    expect(readWithout("", "/own").result).toEqual({ value: "s" });
    await api.client(KMSClient).send(new DisableKeyCommand({ KeyId: KeyMetadata?.Arn }));
    expect(readWithout("", "/own").result).toMatchObject({ failure: expect.stringContaining(`${SSM}InvalidKeyId: `) });
  });

  test("for no key where a parameter is in clear, or under the default one", () => {
    for (const reference of ["/prod/token", "flat"])
      expect(readWithout("kms:Decrypt", reference).asked.map(([action]) => action)).toEqual(["ssm:GetParameters"]);
  });
});

describe("a reference is taken to the letter", () => {
  test.each([
    ["no secret but a rotation", (arn: string) => arn.replace(":secret:", ":rotation:")],
    ["no name", (arn: string) => arn.replace(/:secret:.*/, ":secret:")],
    ["one field too few", (arn: string) => `${arn}:user:AWSCURRENT`],
    ["one field too many", (arn: string) => `${arn}:user:AWSCURRENT::`],
  ])("an ARN with %s is refused before the role is asked", (_what, changed) => {
    const { result, asked } = readWithout("", changed(json));
    expect(result).toEqual({
      failure: `${ASM}trying to retrieve secret with value ${changed(json)} resulted in error: an invalid ARN format for the AWS Secrets Manager secret was specified. Specify a valid ARN and try again.`,
    });
    expect(asked).toEqual([]);
  });

  test.each([
    ["a version that is none", "::00000000-0000-0000-0000-000000000000", "VersionId: 00000000-0000-0000-0000-000000000000"],
    ["a stage that is none", ":NONE:", "staging label: NONE"],
  ])("%s is named in the failure", (_what, fields, wanted) => {
    expect(read(`${json}:${fields}`)).toEqual({
      failure: `${ASM}failed to fetch secret ${json} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret value for ${wanted}`,
    });
  });

  test("a secret without a value has none under its usual label", async () => {
    const { ARN = "" } = await api.client(SecretsManagerClient).send(new CreateSecretCommand({ Name: "empty" }));
    expect(read(ARN)).toEqual({
      failure: `${ASM}failed to fetch secret ${ARN} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSCURRENT`,
    });
  });

  test("the text of a binary secret is none", async () => {
    const input = { Name: "binary", SecretBinary: Buffer.from("hunter2") };
    const { ARN = "" } = await api.client(SecretsManagerClient).send(new CreateSecretCommand(input));
    expect(read(ARN)).toEqual({ value: "" });
  });

  test.each([
    ["null", "null"],
    ["text", '"user"'],
    ["a list", '["user"]'],
    ["an object that only inherits it", "{}"],
  ])("JSON that is %s has no member", async (what, SecretString) => {
    const input = { Name: `json/${what.replaceAll(" ", "-")}`, SecretString };
    const { ARN = "" } = await api.client(SecretsManagerClient).send(new CreateSecretCommand(input));
    for (const key of ["length", "toString"])
      expect(read(`${ARN}:${key}::`)).toEqual({
        failure: `${ASM}retrieved secret from Secrets Manager did not contain json key ${key}`,
      });
  });

  test("a version of a parameter, by its number or its label", async () => {
    const parameters = api.client(SSMClient);
    for (const Value of ["one", "two"])
      await parameters.send(new PutParameterCommand({ Name: "/versions", Value, Type: "String", Overwrite: true }));
    await parameters.send(new LabelParameterVersionCommand({ Name: "/versions", ParameterVersion: 1, Labels: ["good"] }));
    expect(["/versions", "/versions:1", "/versions:good"].map((reference) => read(reference))).toEqual([
      { value: "two" },
      { value: "one" },
      { value: "one" },
    ]);
    expect(read("/versions:3")).toEqual({ failure: `${SSM}invalid ssm parameters: /versions:3`, missingParameter: "/versions:3" });
  });

  test("a secret by the path that Parameter Store has for it, asked for in both", () => {
    const { result, asked } = readWithout("", "/aws/reference/secretsmanager/plain");
    expect(result).toEqual({ value: "hunter2" });
    expect(asked).toEqual([
      ["ssm:GetParameters", `${PARAMETER}/aws/reference/secretsmanager/plain`],
      ["secretsmanager:GetSecretValue", plain, { "secretsmanager:SecretId": plain }],
    ]);
    expect(read("/aws/reference/secretsmanager/none")).toMatchObject({ missingParameter: "/aws/reference/secretsmanager/none" });
  });

  test("parameters that are not there are told of together", () => {
    expect(invalidParameters(["/a", "/b"])).toBe(`${SSM}invalid ssm parameters: /a,/b`);
  });
});
