import { constants, generateKeyPairSync, publicEncrypt, randomBytes } from "node:crypto";
import { ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { CreateClusterCommand, ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand, waitUntilTasksStopped } from "@aws-sdk/client-ecs";
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import {
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateMacCommand,
  GenerateRandomCommand,
  GetParametersForImportCommand,
  ImportKeyMaterialCommand,
  KMSClient,
} from "@aws-sdk/client-kms";
import {
  CreateSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  STSClient,
} from "@aws-sdk/client-sts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { TEST_KEYS } from "../../src/testing/api-world.ts";
import { buildImage, removeImage } from "../../src/testing/images.ts";
import { filesUnder, PlantedValues } from "../../src/testing/planted-values.ts";
import { ensureExecutionRole } from "../../src/testing/roles.ts";
import { sendSigned } from "../../src/testing/signed-request.ts";

const IMAGE = "airfield-test/secretive:v1";
const ALL = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });
let airfield: AirfieldProcess;

beforeAll(async () => {
  await buildImage({ name: IMAGE });
  airfield = await airfieldProcess();
});

afterAll(async () => {
  await airfield[Symbol.asyncDispose]();
  await removeImage(IMAGE);
});

const refused = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "not refused",
    (error: Error) => error.name,
  );

async function plantSecrets(planted: PlantedValues): Promise<void> {
  const client = airfield.client(SecretsManagerClient);
  const value = planted.text("a secret's text");
  await client.send(new CreateSecretCommand({ Name: "text", SecretString: value }));
  expect((await client.send(new GetSecretValueCommand({ SecretId: "text" }))).SecretString).toBe(value);
  await client.send(new PutSecretValueCommand({ SecretId: "text", SecretString: planted.text("a second version") }));
  await client.send(new UpdateSecretCommand({ SecretId: "text", SecretString: planted.text("an update") }));
  await client.send(new CreateSecretCommand({ Name: "binary", SecretBinary: planted.bytes("a secret's bytes") }));
  await client.send(new GetSecretValueCommand({ SecretId: "binary" }));
  planted.note("a random password", (await client.send(new GetRandomPasswordCommand({}))).RandomPassword);

  const fail = (input: object) => refused(client.send(new CreateSecretCommand(input as never)));
  expect(await fail({ Name: "text", SecretString: planted.text("a secret whose name is taken") })).toBe("ResourceExistsException");
  expect(await fail({ Name: "a b", SecretString: planted.text("a secret under a wrong name") })).not.toBe("not refused");
  expect(await fail({ Name: "huge", SecretString: planted.text("a secret that is too long").repeat(2000) })).not.toBe("not refused");
  const missing = new PutSecretValueCommand({ SecretId: "none", SecretString: planted.text("a secret that is not there") });
  expect(await refused(client.send(missing))).toBe("ResourceNotFoundException");
}

async function plantParameters(planted: PlantedValues): Promise<void> {
  const client = airfield.client(SSMClient);
  const secure = { Type: "SecureString" } as const;
  await client.send(new PutParameterCommand({ Name: "/db", Value: planted.text("a parameter"), ...secure }));
  await client.send(new PutParameterCommand({ Name: "/db", Value: planted.text("another version"), Overwrite: true, ...secure }));
  await client.send(new GetParameterCommand({ Name: "/db", WithDecryption: true }));
  const fail = (input: object) => refused(client.send(new PutParameterCommand({ ...secure, ...input } as never)));
  expect(await fail({ Name: "/db", Value: planted.text("a parameter that exists") })).toBe("ParameterAlreadyExists");
  expect(await fail({ Name: "/digits", AllowedPattern: "^\\d+$", Value: planted.text("a parameter out of its pattern") })).toBe(
    "ParameterPatternMismatchException",
  );
  expect(await fail({ Name: "/long", Value: planted.text("a parameter that is too long").repeat(300) })).not.toBe("not refused");
}

async function plantKeys(planted: PlantedValues): Promise<void> {
  const client = airfield.client(KMSClient);
  const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
  const KeyId = KeyMetadata?.KeyId;
  const Plaintext = planted.bytes("a plaintext");
  const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext: { purpose: "test" } }));
  const opened = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { purpose: "test" } }));
  expect(Buffer.from(opened.Plaintext ?? "")).toEqual(Plaintext);
  expect(await refused(client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { purpose: "other" } })))).toBe(
    "InvalidCiphertextException",
  );
  expect(
    await refused(client.send(new EncryptCommand({ KeyId: "alias/none", Plaintext: planted.bytes("a plaintext without a key") }))),
  ).toBe("NotFoundException");
  planted.note("a data key", (await client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256" }))).Plaintext);
  const pair = await client.send(new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec: "ECC_NIST_P256" }));
  planted.note("the private key of a data key pair", pair.PrivateKeyPlaintext);
  planted.note("random bytes", (await client.send(new GenerateRandomCommand({ NumberOfBytes: 32 }))).Plaintext);
  const mac = await client.send(new CreateKeyCommand({ KeyUsage: "GENERATE_VERIFY_MAC", KeySpec: "HMAC_256" }));
  await client.send(
    new GenerateMacCommand({ KeyId: mac.KeyMetadata?.KeyId, MacAlgorithm: "HMAC_SHA_256", Message: planted.bytes("a message") }),
  );

  const external = await client.send(new CreateKeyCommand({ Origin: "EXTERNAL" }));
  const importing = { KeyId: external.KeyMetadata?.KeyId };
  const wrapping = { WrappingAlgorithm: "RSAES_OAEP_SHA_256", WrappingKeySpec: "RSA_2048" } as const;
  const { PublicKey, ImportToken } = await client.send(new GetParametersForImportCommand({ ...importing, ...wrapping }));
  const key = {
    key: Buffer.from(PublicKey ?? ""),
    format: "der",
    type: "spki",
    oaepHash: "sha256",
    padding: constants.RSA_PKCS1_OAEP_PADDING,
  } as const;
  const EncryptedKeyMaterial = publicEncrypt(key, planted.bytes("imported key material"));
  await client.send(
    new ImportKeyMaterialCommand({ ...importing, ImportToken, EncryptedKeyMaterial, ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE" }),
  );
  const imported = await client.send(new EncryptCommand({ ...importing, Plaintext: planted.bytes("a plaintext under imported material") }));
  await client.send(new DecryptCommand({ CiphertextBlob: imported.CiphertextBlob }));
}

async function plantIdentities(planted: PlantedValues): Promise<void> {
  const iam = airfield.client(IAMClient);
  await iam.send(new CreateUserCommand({ UserName: "ada" }));
  await iam.send(new PutUserPolicyCommand({ UserName: "ada", PolicyName: "all", PolicyDocument: ALL }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "ada" }));
  planted.note("a user's secret access key", AccessKey?.SecretAccessKey);
  const Principal = { AWS: "arn:aws:iam::123456789012:user/ada" };
  const trust = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal, Action: ["sts:AssumeRole", "sts:TagSession"] }],
  });
  await iam.send(new CreateRoleCommand({ RoleName: "worker", AssumeRolePolicyDocument: trust }));
  await iam.send(new PutRolePolicyCommand({ RoleName: "worker", PolicyName: "all", PolicyDocument: ALL }));
  expect(await refused(iam.send(new CreateAccessKeyCommand({ UserName: "nobody" })))).toBe("NoSuchEntityException");

  const as = (keys: Credentials | undefined) =>
    new STSClient({ endpoint: airfield.url, region: "us-east-1", maxAttempts: 1, credentials: sessionOf(keys) } as never);
  const noteSession = (what: string, keys: Credentials | undefined): void => {
    planted.note(`${what}: its secret`, keys?.SecretAccessKey);
    planted.note(`${what}: its token`, keys?.SessionToken);
  };
  const ada = as(AccessKey);
  const RoleArn = "arn:aws:iam::123456789012:role/worker";
  const role = (await ada.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "night" }))).Credentials;
  noteSession("a role's session", role);
  expect((await as(role).send(new GetCallerIdentityCommand())).Arn).toContain("assumed-role/worker/night");
  noteSession("a user's session", (await ada.send(new GetSessionTokenCommand())).Credentials);
  noteSession("a federated user", (await ada.send(new GetFederationTokenCommand({ Name: "bo", Policy: ALL }))).Credentials);
  const SessionToken = planted.text("a token that nobody made").replaceAll(/[^\w]/g, "");
  planted.note("that token as sent", SessionToken);
  expect(await refused(as({ ...role, SessionToken }).send(new GetCallerIdentityCommand()))).toBe("InvalidClientTokenId");
  const web = { RoleArn, RoleSessionName: "ci", WebIdentityToken: planted.text("an identity provider's token") };
  expect(await refused(ada.send(new AssumeRoleWithWebIdentityCommand(web)))).not.toBe("not refused");
  // Who mistakes the secret for the key's id.
  const swapped = randomBytes(30).toString("base64url");
  planted.note("a secret in the place of the key's id", swapped);
  expect(await refused(as({ AccessKeyId: swapped, SecretAccessKey: "AKIA" }).send(new GetCallerIdentityCommand()))).toBe(
    "InvalidClientTokenId",
  );
}

interface Credentials {
  readonly AccessKeyId?: string | undefined;
  readonly SecretAccessKey?: string | undefined;
  readonly SessionToken?: string | undefined;
}

function sessionOf(keys: Credentials | undefined): object {
  return {
    accessKeyId: keys?.AccessKeyId,
    secretAccessKey: keys?.SecretAccessKey,
    ...(keys?.SessionToken ? { sessionToken: keys.SessionToken } : {}),
  };
}

async function plantRegistryTokens(planted: PlantedValues): Promise<void> {
  const { authorizationData } = await airfield.client(ECRClient).send(new GetAuthorizationTokenCommand());
  const token = authorizationData?.[0]?.authorizationToken ?? "";
  planted.note("a registry token", token);
  planted.note("its password", Buffer.from(token, "base64").toString().slice("AWS:".length));
  const get = (authorization: string) => fetch(`${airfield.url}/v2/none/manifests/v1`, { headers: { authorization } });
  expect((await get(`Basic ${token}`)).status).toBe(404);
  const wrong = Buffer.from(`AWS:${planted.text("a password that is none")}`).toString("base64");
  expect((await get(`Basic ${wrong}`)).status).toBe(401);
}

/** Requests that make no sense, with a secret in them. */
async function plantNonsense(planted: PlantedValues): Promise<void> {
  const headers = (operation: string) => ({ "content-type": "application/x-amz-json-1.1", "x-amz-target": `secretsmanager.${operation}` });
  const send = async (operation: string, body: string): Promise<number> =>
    (await sendSigned(airfield.url, { service: "secretsmanager", headers: headers(operation), body })).status;
  expect(
    await send("CreateSecret", `{"Name":"a","SecretString":"${planted.text("in JSON that is cut off").replaceAll(/["\\]/g, "")}`),
  ).toBe(400);
  expect(await send("CreateSecret", JSON.stringify({ Name: "a", SecretString: { is: planted.text("in an object") } }))).toBe(400);
  expect(await send("CreateSecret", JSON.stringify({ Name: [planted.text("in the place of a name")] }))).toBe(400);
  expect(await send("MakeSecret", JSON.stringify({ SecretString: planted.text("for an operation that is none") }))).toBe(400);
  expect(
    (await fetch(airfield.url, { method: "POST", headers: headers("CreateSecret"), body: planted.text("without a signature") })).status,
  ).toBe(400);
  const { privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { format: "pem", type: "pkcs8" },
    publicKeyEncoding: { format: "pem", type: "spki" },
  });
  planted.note("a private key", privateKey.split("\n")[1]);
  expect(await send("CreateSecret", privateKey)).toBe(400);
}

/** A task that gets a secret and a parameter, sees them, and ends. */
async function useInTask(): Promise<void> {
  const ecs = airfield.client(ECSClient);
  await ecs.send(new CreateClusterCommand({}));
  const executionRoleArn = await ensureExecutionRole(airfield);
  await airfield
    .client(IAMClient)
    .send(new PutRolePolicyCommand({ RoleName: "ecsTaskExecutionRole", PolicyName: "secrets", PolicyDocument: ALL }));
  const secrets = [
    { name: "SECRET", valueFrom: "arn:aws:secretsmanager:us-east-1:123456789012:secret:text" },
    { name: "PARAMETER", valueFrom: "arn:aws:ssm:us-east-1:123456789012:parameter/db" },
  ];
  const command = ["sh", "-c", 'test "$SECRET" && test "$PARAMETER"'];
  const container = { name: "app", image: IMAGE, memory: 32, command, secrets };
  await ecs.send(
    new RegisterTaskDefinitionCommand({ family: "app", networkMode: "bridge", executionRoleArn, containerDefinitions: [container] }),
  );
  const { tasks } = await ecs.send(new RunTaskCommand({ taskDefinition: "app", launchType: "EC2" }));
  const { reason } = await waitUntilTasksStopped(
    { client: ecs, maxWaitTime: 60, minDelay: 1, maxDelay: 1 },
    { tasks: tasks?.map(({ taskArn = "" }) => taskArn) },
  );
  expect(reason.tasks).toMatchObject([{ containers: [{ exitCode: 0 }] }]);
}

test("secret values are nowhere in clear: not in the data folder, nor in the log, nor in the audit", async () => {
  const planted = new PlantedValues();
  planted.note("root's secret", TEST_KEYS.secretAccessKey);
  await plantSecrets(planted);
  await plantParameters(planted);
  await plantKeys(planted);
  await plantIdentities(planted);
  await plantRegistryTokens(planted);
  await plantNonsense(planted);
  await useInTask();
  expect(planted.size).toBeGreaterThan(30);

  // What is no secret is found, also in the journal's write-ahead log: the search looks at the right place.
  const control = new PlantedValues();
  const shown = control.text("a description");
  await airfield.client(SecretsManagerClient).send(new CreateSecretCommand({ Name: "described", Description: shown, SecretString: "x" }));
  // The audit log is written within a second: the next life of the server finds it whole after a clean end.
  await airfield.stop();
  expect(control.foundUnder(airfield.dataDirectory).join("\n")).toMatch(/state\.db/);
  expect(control.foundUnder(airfield.dataDirectory).join("\n")).toMatch(/audit/);
  expect(planted.foundUnder(airfield.dataDirectory)).toEqual([]);
  expect(planted.foundIn(Buffer.from(airfield.output()))).toEqual([]);

  const next = await airfield.restart();
  const { SecretString } = await next.client(SecretsManagerClient).send(new GetSecretValueCommand({ SecretId: "text" }));
  expect(SecretString).toContain("pl4nted/");
  await next.client(SSMClient).send(new GetParameterCommand({ Name: "/db", WithDecryption: true }));
  // The journal after a kill: its write-ahead log is there still.
  await next.kill();
  expect(filesUnder(airfield.dataDirectory)).toContain("state.db-wal");
  expect(planted.foundUnder(airfield.dataDirectory)).toEqual([]);
  expect(planted.foundIn(Buffer.from(next.output()))).toEqual([]);
});
