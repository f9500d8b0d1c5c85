import { mkdir, mkdtemp, readFile, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  waitUntilTasksRunning,
  waitUntilTasksStopped,
  type Container,
  type RegisterTaskDefinitionCommandInput,
} from "@aws-sdk/client-ecs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dockerEngine } from "../../src/drivers/docker/engine.ts";
import { DEFAULT_REGION } from "../../src/domain/scope.ts";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";

/** What two accounts on one engine have apart, tried on a real one. `LOCAL` is everybody's: it was made on the engine. */
const LOCAL = "airfield-test/borders:v1";
const OTHER = "222222222222";
let airfield: AirfieldProcess;
let granted: string;
let own: ECSClient;
let other: ECSClient;
let privateImage: string;

beforeAll(async () => {
  granted = await realpath(await mkdtemp(join(tmpdir(), "airfield-granted-")));
  airfield = await airfieldProcess({ environment: { AIRFIELD_HOST_PATHS: `${OTHER}=${granted}` } });
  const program = join(import.meta.dirname, "../../bin/airfield.cjs");
  await airfield.run(process.execPath, [program, "account", "add", OTHER, "--data", airfield.dataDirectory]);
  await airfield.stop();
  airfield = await airfield.restart();
  const credentials = JSON.parse(await readFile(join(airfield.dataDirectory, "accounts", `${OTHER}.json`), "utf8")) as never;
  own = airfield.client(ECSClient);
  other = new ECSClient({ endpoint: airfield.url, region: DEFAULT_REGION, credentials, maxAttempts: 1 });
  for (const ecs of [own, other]) await ecs.send(new CreateClusterCommand({}));
  await airfield.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "private" }));
  await buildImage({ name: LOCAL });
  await buildImage({ name: "airfield-test/private:v1", files: { secret: "of-the-first-account" } });
  privateImage = await pushImage(airfield, "airfield-test/private:v1", "private", "v1");
  // From here on the engine has it as a task's pull leaves it: by its digest alone.
  await removeImage(privateImage);
  await removeImage("airfield-test/private:v1");
});

afterAll(async () => {
  other.destroy();
  await removeImage(LOCAL);
  await airfield[Symbol.asyncDispose]();
  await rm(granted, { recursive: true, force: true });
});

const waiting = (client: ECSClient) => ({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 });

/** Runs a task of one container; its ARN. */
async function start(ecs: ECSClient, container: object, task: Partial<RegisterTaskDefinitionCommandInput> = {}): Promise<string> {
  const app = { name: "app", image: LOCAL, memory: 32, ...container };
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({ family: "borders", networkMode: "none", containerDefinitions: [app], ...task }),
  );
  const { tasks: [started] = [] } = await ecs.send(
    new RunTaskCommand({ taskDefinition: taskDefinition?.taskDefinitionArn, launchType: "EC2" }),
  );
  return started?.taskArn ?? "";
}

/** Runs one to its end, and gives what became of its container. */
async function ran(...of: Parameters<typeof start>): Promise<Container> {
  const [ecs] = of;
  const tasks = [await start(...of)];
  await waitUntilTasksStopped(waiting(ecs), { tasks });
  const { tasks: [stopped] = [] } = await ecs.send(new DescribeTasksCommand({ tasks }));
  return stopped?.containers?.[0] ?? {};
}

test("an image that the engine has for another account is not had by its id, nor by its digest under any name of the registry", async () => {
  const command = ["cat", "/secret"];
  const mine = await ran(own, { image: privateImage, command });
  expect(mine).toMatchObject({ exitCode: 0, imageDigest: expect.stringMatching(/^sha256:/) as string });
  const engine = dockerEngine({ socketPath: process.env["DOCKER_HOST"]?.replace(/^unix:\/\//, "") ?? "/var/run/docker.sock" });
  const registry = privateImage.replace(/:v1$/, "");
  const { Id } = await engine.call<{ Id: string }>("GET", `/images/${registry}@${mine.imageDigest}/json`);
  engine.close();
  const hex = Id.slice("sha256:".length);
  for (const image of [Id, hex])
    await expect(ran(other, { image, command })).rejects.toThrow("Container.image contains invalid characters.");
  const names = [hex.slice(0, 12), hex.slice(0, 3), `${registry}:${hex.slice(0, 12)}`, `${registry}@${mine.imageDigest}`];
  const all = [
    ...names,
    `${registry.replace("localhost", "LOCALHOST")}@${mine.imageDigest}`,
    `${registry.replace("localhost", "127.0.0.1")}@${mine.imageDigest}`,
  ];
  for (const image of [...all, `123456789012.dkr.ecr.us-east-1.amazonaws.com/private@${mine.imageDigest}`]) {
    const theirs = await ran(other, { image, command });
    expect(theirs.exitCode).toBeUndefined();
    expect(theirs.reason).toMatch(/^CannotPull(?:ECR)?ContainerError: /);
  }
  await removeImage(`${registry}@${mine.imageDigest}`);
});

test("a shared volume of one name is two volumes in two accounts", async () => {
  const volumes = [{ name: "db", dockerVolumeConfiguration: { scope: "shared" as const, autoprovision: true } }];
  const mountPoints = [{ sourceVolume: "db", containerPath: "/db" }];
  const shell = (line: string): object => ({ mountPoints, command: ["sh", "-c", line] });
  expect(await ran(own, shell("echo secret > /db/x"), { volumes })).toMatchObject({ exitCode: 0 });
  expect(await ran(own, shell("grep -q secret /db/x"), { volumes })).toMatchObject({ exitCode: 0 });
  expect(await ran(other, shell("test ! -e /db/x"), { volumes })).toMatchObject({ exitCode: 0 });
});

describe("a path of the host", () => {
  const mounting = (sourcePath: string): Partial<RegisterTaskDefinitionCommandInput> => ({
    volumes: [{ name: "host", host: { sourcePath } }],
  });
  const shell = (line: string, readOnly = false): object => ({
    mountPoints: [{ sourceVolume: "host", containerPath: "/host", readOnly }],
    command: ["sh", "-c", line],
  });

  test("is mounted where the operator grants it, made where it is missing, and refused everywhere else", async () => {
    expect(await ran(other, shell("echo written > /host/file"), mounting(`${granted}/new/folder`))).toMatchObject({ exitCode: 0 });
    expect(await readFile(join(granted, "new/folder/file"), "utf8")).toBe("written\n");
    const looking = shell("grep -q written /host/file && ! touch /host/other", true);
    expect(await ran(other, looking, mounting(`${granted}/new/folder`))).toMatchObject({ exitCode: 0 });
    for (const path of ["/", "/etc", airfield.dataDirectory, `${granted}x`, `${granted}/../..`])
      await expect(ran(other, shell("true"), mounting(path)), path).rejects.toThrow(expect.objectContaining({ name: "ClientException" }));
    await expect(ran(own, shell("true"), mounting(granted))).rejects.toThrow("AIRFIELD_HOST_PATHS=123456789012=<folder>");
  });

  test("of an account's own is there without a grant", async () => {
    const path = join(airfield.dataDirectory, "host-volumes", "123456789012", "db");
    expect(
      await ran(
        own,
        shell("echo mine > /host/file"),
        mounting(await realpath(airfield.dataDirectory).then((data) => path.replace(airfield.dataDirectory, data))),
      ),
    ).toMatchObject({ exitCode: 0 });
    expect(await readFile(join(path, "file"), "utf8")).toBe("mine\n");
  });

  test("is not reached through a link that a task has made", async () => {
    await mkdir(join(granted, "linked"));
    await symlink(airfield.dataDirectory, join(granted, "linked/data"));
    expect(await ran(other, shell("ln -s / /host/root"), mounting(`${granted}/linked`))).toMatchObject({ exitCode: 0 });
    for (const path of ["linked/data", "linked/data/root-key", "linked/root", "linked/root/etc"])
      expect(await ran(other, shell("true"), mounting(join(granted, path)))).toMatchObject({
        reason: expect.stringMatching(/^CannotCreateContainerError: the host path .* it leads through a link$/) as string,
      });
  });

  test("in a folder that a running task can write to is not mounted until that has stopped, whoever looks after the task", async () => {
    const writer = await start(other, shell("trap 'exit 0' TERM; sleep 1000 & wait"), mounting(granted));
    await waitUntilTasksRunning(waiting(other), { tasks: [writer] });
    const inside = (): Promise<Container> => ran(other, shell("true"), mounting(`${granted}/inside`));
    const refused = { reason: expect.stringContaining(`while a task has ${granted} mounted`) as string };
    expect(await inside()).toMatchObject(refused);
    await airfield.stop();
    airfield = await airfield.restart();
    expect(await inside()).toMatchObject(refused);
    await other.send(new StopTaskCommand({ task: writer }));
    await waitUntilTasksStopped(waiting(other), { tasks: [writer] });
    expect(await inside()).toMatchObject({ exitCode: 0 });
  });
});
