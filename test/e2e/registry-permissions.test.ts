import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateRepositoryCommand, ECRClient, SetRepositoryPolicyCommand } from "@aws-sdk/client-ecr";
import { AttachUserPolicyCommand, CreateAccessKeyCommand, CreateUserCommand, IAMClient, UpdateAccessKeyCommand } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, expect, test } from "vitest";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { runAws, runCommand, type CliResult } from "../../src/testing/aws-cli.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";

const LOCAL = "airfield-test/permissions:v1";
let airfield: AirfieldProcess;
let home: string;
let image: string;
let keyId: string;
let secret: string;

/** The real `docker`, logged in as the user `reader`. */
const docker = (...args: readonly string[]): Promise<CliResult> => runCommand("docker", args, { ...process.env, HOME: home });

beforeAll(async () => {
  airfield = await airfieldProcess();
  home = await mkdtemp(join(tmpdir(), "airfield-docker-"));
  await airfield.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "shop" }));
  await buildImage({ name: LOCAL });
  image = await pushImage(airfield, LOCAL, "shop", "v1");
  await docker("image", "rm", image);
  const iam = airfield.client(IAMClient);
  await iam.send(new CreateUserCommand({ UserName: "reader" }));
  const PolicyArn = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly";
  await iam.send(new AttachUserPolicyCommand({ UserName: "reader", PolicyArn }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "reader" }));
  [keyId, secret] = [AccessKey?.AccessKeyId ?? "", AccessKey?.SecretAccessKey ?? ""];
  const target = { url: airfield.url, accessKeyId: keyId, secretAccessKey: secret, home };
  const password = (await runAws(target, ["ecr", "get-login-password"])).stdout.trim();
  const login = ["login", "--username", "AWS", "--password-stdin", `localhost:${airfield.port}`];
  const { code, stderr } = await runCommand("docker", login, { ...process.env, HOME: home }, password);
  if (code !== 0) throw new Error(`docker login: ${stderr}`);
});

afterAll(async () => {
  await removeImage(image);
  await removeImage(LOCAL);
  await airfield[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

test("who may only read pulls, and is refused a push in the words of ECR", async () => {
  expect((await docker("pull", image)).stdout).toContain("Downloaded newer image");
  const other = image.replace(":v1", ":v2");
  await buildImage({ name: other, files: { "etc/new": "a layer that the registry does not have" } });
  const pushed = await docker("push", other);
  await removeImage(other);
  expect(pushed.code).not.toBe(0);
  expect(pushed.stdout + pushed.stderr).toContain(
    "denied: User: arn:aws:iam::123456789012:user/reader is not authorized to perform: ecr:InitiateLayerUpload on resource: arn:aws:ecr:us-east-1:123456789012:repository/shop because no identity-based policy allows the ecr:InitiateLayerUpload action",
  );
});

test("a repository's policy can deny the pull", async () => {
  const Statement = [{ Effect: "Deny", Principal: { AWS: "arn:aws:iam::123456789012:user/reader" }, Action: "ecr:BatchGetImage" }];
  const policyText = JSON.stringify({ Version: "2012-10-17", Statement });
  await airfield.client(ECRClient).send(new SetRepositoryPolicyCommand({ repositoryName: "shop", policyText }));
  const { code, stderr } = await docker("pull", image);
  expect(code).not.toBe(0);
  expect(stderr).toContain("is not authorized to perform: ecr:BatchGetImage");
  expect(stderr).toContain("with an explicit deny in a resource-based policy");
});

test("a login is over when its access key is deactivated", async () => {
  await airfield.client(IAMClient).send(new UpdateAccessKeyCommand({ UserName: "reader", AccessKeyId: keyId, Status: "Inactive" }));
  const { code, stderr } = await docker("pull", image);
  expect(code).not.toBe(0);
  expect(stderr).toContain("Your authorization token has expired. Reauthenticate and try again.");
});
