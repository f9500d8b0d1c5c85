import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, GetParametersByPathCommand, GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { describe, expect, test } from "vitest";
import { secretValue } from "../../control/secret-values.ts";
import { apiWorld } from "../../testing/api-world.ts";
import { permissionWorld } from "../../testing/permission-world.ts";

describe("public parameters", () => {
  test.each([
    ["ecs/optimized-ami/amazon-linux-2023/recommended/image_id", /^ami-[0-9a-f]{17}$/, "text"],
    ["ecs/optimized-ami/amazon-linux-2/arm64/recommended/os", /^Amazon Linux 2$/, "text"],
    ["ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64", /^ami-[0-9a-f]{17}$/, "aws:ec2:image"],
    ["aws-for-fluent-bit/stable", /^public\.ecr\.aws\/aws-observability\/aws-for-fluent-bit:stable$/, "text"],
    ["global-infrastructure/regions/eu-west-1/longName", /^Europe \(Ireland\)$/, "text"],
    ["global-infrastructure/availability-zones/euw1-az3/parent-region", /^eu-west-1$/, "text"],
    ["global-infrastructure/current-region", /^us-east-1$/, "text"],
  ])("%s is %s", async (path, value, DataType) => {
    await using api = await apiWorld();
    const Name = `/aws/service/${path}`;
    const { Parameter } = await api.client(SSMClient).send(new GetParameterCommand({ Name }));
    expect(Parameter).toMatchObject({ Name, Type: "String", Version: 1, DataType, ARN: `arn:aws:ssm:us-east-1::parameter${Name}` });
    expect(Parameter!.Value).toMatch(value);
  });

  test("the metadata of an optimized image is one document, and the same in each of its members", async () => {
    await using api = await apiWorld();
    const at = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended";
    const { Parameters } = await api.client(SSMClient).send(new GetParametersCommand({ Names: [at, `${at}/image_name`, `${at}/none`] }));
    const document = JSON.parse(Parameters![0]!.Value!) as Record<string, unknown>;
    expect(document).toMatchObject({ os: "Amazon Linux 2023", schema_version: 1, ecs_agent_version: expect.any(String) as string });
    expect(Parameters![1]!.Value).toBe(document["image_name"]);
    expect(Parameters).toHaveLength(2);
  });

  test("are listed by their path, page by page, and need the right for it", async () => {
    await using world = await permissionWorld(SSMClient);
    const Path = "/aws/service/global-infrastructure/regions";
    const list = (NextToken?: string) => new GetParametersByPathCommand({ Path, NextToken });
    const names: (string | undefined)[] = [];
    const reader = world.as({ Action: "ssm:GetParametersByPath", Resource: `arn:aws:ssm:*::parameter${Path}` });
    for (let token: string | undefined, first = true; first || token; first = false) {
      const { Parameters, NextToken } = await reader.send(list(token));
      names.push(...Parameters!.map(({ Value }) => Value));
      token = NextToken;
    }
    expect(names).toContain("us-east-1");
    expect(names).toContain("ap-south-1");
    expect(new Set(names).size).toBe(names.length);
    const stranger = world.as({ Action: "ssm:GetParametersByPath", Resource: "arn:aws:ssm:*:*:parameter/own/*" });
    await expect(stranger.send(list())).rejects.toMatchObject({ name: "AccessDeniedException" });
  });
});

describe("a secret by its reference", () => {
  const Name = "/aws/reference/secretsmanager/ref/db";

  test("is its current value, in clear alone", async () => {
    await using api = await apiWorld();
    const [ssm, secrets] = [api.client(SSMClient), api.client(SecretsManagerClient)];
    const { ARN } = await secrets.send(new CreateSecretCommand({ Name: "ref/db", SecretString: "old" }));
    const { VersionId } = await secrets.send(new PutSecretValueCommand({ SecretId: "ref/db", SecretString: '{"k":"v"}' }));
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
    expect(Parameter).toMatchObject({ Name, Type: "SecureString", Value: '{"k":"v"}', Version: 0, ARN });
    expect(JSON.parse(Parameter!.SourceResult!)).toMatchObject({
      ARN,
      name: "ref/db",
      versionId: VersionId,
      versionStages: ["AWSCURRENT"],
    });
    await expect(ssm.send(new GetParameterCommand({ Name }))).rejects.toMatchObject({
      name: "ValidationException",
      message: "WithDecryption flag must be True for retrieving a Secret Manager secret.",
    });
    const gone = new GetParameterCommand({ Name: `${Name}-gone`, WithDecryption: true });
    await expect(ssm.send(gone)).rejects.toMatchObject({ name: "ParameterNotFound" });
    const several = new GetParametersCommand({ Names: [Name, `${Name}-gone`], WithDecryption: true });
    expect(await ssm.send(several)).toMatchObject({ Parameters: [{ Value: '{"k":"v"}' }], InvalidParameters: [`${Name}-gone`] });
    expect(api.defects).toEqual([]);
  });

  test("needs the right to read the secret beside that to read parameters", async () => {
    await using world = await permissionWorld(SSMClient);
    const { ARN } = await world.api.client(SecretsManagerClient).send(new CreateSecretCommand({ Name: "ref/db", SecretString: "v" }));
    const parameters = { Action: "ssm:GetParameter*", Resource: "*" };
    for (const read of [
      new GetParameterCommand({ Name, WithDecryption: true }),
      new GetParametersCommand({ Names: [Name], WithDecryption: true }),
    ]) {
      await expect(world.as(parameters).send(read as GetParameterCommand)).rejects.toMatchObject({
        name: "AccessDeniedException",
        message: expect.stringContaining("secretsmanager:GetSecretValue") as string,
      });
      await world.as(parameters, { Action: "secretsmanager:GetSecretValue", Resource: ARN! }).send(read as GetParameterCommand);
    }
  });

  test("is what a task gets for it, where its role may read both", async () => {
    await using api = await apiWorld();
    await api.client(SecretsManagerClient).send(new CreateSecretCommand({ Name: "ref/db", SecretString: "v" }));
    const { state, platform } = api;
    const scope = { account: "123456789012", region: "us-east-1" };
    const value = (denied?: string) =>
      secretValue(
        { state, secrets: platform.secrets, now: Date.now(), ask: (action) => (action === denied ? `no ${action}` : undefined) },
        Name,
        scope,
      );
    expect(value()).toEqual({ value: "v" });
    for (const action of ["ssm:GetParameters", "secretsmanager:GetSecretValue"])
      expect(value(action)).toEqual({ failure: expect.stringContaining(`no ${action}`) as string });
  });
});
