import { fileURLToPath } from "node:url";
import { DescribeRepositoriesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { ECSClient, RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, expect, test } from "vitest";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { TEST_KEYS } from "../../src/testing/api-world.ts";
import { consoleBrowser, signIn as signInAt, type ConsoleBrowser, type ConsolePage } from "./console-browser.ts";

const PROGRAM = fileURLToPath(new URL("../../bin/airfield.cjs", import.meta.url));

let server: AirfieldProcess;
let browser: ConsoleBrowser;

beforeAll(async () => {
  [server, browser] = await Promise.all([airfieldProcess(), consoleBrowser()]);
});

afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const signIn = (place = "", keys = TEST_KEYS as { readonly accessKeyId: string; readonly secretAccessKey: string }): Promise<ConsolePage> =>
  signInAt(browser, `${server.url}/console/${place}`, keys);

const expectQuiet = ({ errors, foreign }: ConsolePage): void => expect({ errors, foreign }).toEqual({ errors: [], foreign: [] });

/** When a text is first in the page, in milliseconds since the Unix epoch, by the page's own clock. */
function appearance({ page }: ConsolePage, text: string): Promise<number> {
  return page.evaluate(
    (wanted) =>
      new Promise<number>((resolve) => {
        const look = (): void => {
          if (document.body.textContent.includes(wanted)) resolve(Date.now());
          else requestAnimationFrame(look);
        };
        look();
      }),
    text,
  );
}

test("signs in with a key that it does not keep, makes a repository and a cluster, and shows at once what others make", async () => {
  const opened = await signIn();
  const { page } = opened;
  expect(opened.received()).toBeLessThan(1_000_000);
  const kept = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie, location.href]));
  expect(kept).not.toContain(TEST_KEYS.secretAccessKey);
  expect(kept).not.toContain(TEST_KEYS.accessKeyId);
  await opened.picture("home");
  await opened.expectAccessible();

  await page.getByRole("link", { name: "Private repositories" }).first().click();
  await page.getByText("No repositories", { exact: true }).waitFor();
  await opened.picture("no-repositories");
  await page.getByRole("button", { name: "Create repository" }).first().click();
  await page.getByLabel("Repository name").fill("my-node-app");
  await opened.picture("create-repository");
  await opened.expectAccessible();
  await page.locator("form").getByRole("button", { name: "Create repository" }).click();
  await page.getByText("Successfully created repository my-node-app").waitFor();
  await page.getByRole("radio", { name: "my-node-app" }).click();
  await page.getByRole("button", { name: "View push commands" }).click();
  await page.getByText("docker push").waitFor();
  await opened.picture("push-commands");
  await opened.expectAccessible();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();

  const seen = appearance(opened, "made-elsewhere");
  await server.aws("ecr", "create-repository", "--repository-name", "made-elsewhere");
  const { repositories } = await server.client(ECRClient).send(new DescribeRepositoriesCommand({ repositoryNames: ["made-elsewhere"] }));
  expect((await seen) - (repositories?.[0]?.createdAt?.getTime() ?? 0)).toBeLessThan(500);
  await opened.picture("repositories");
  await opened.expectAccessible();

  await page.getByRole("link", { name: "Clusters" }).first().click();
  await page.getByRole("button", { name: "Create cluster" }).first().click();
  await page.getByLabel("Cluster name").fill("my-app-cluster");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByText("Successfully created cluster my-app-cluster").waitFor();
  await opened.picture("clusters");
  await opened.expectAccessible();
  await page.getByRole("link", { name: "my-app-cluster" }).click();
  await page.getByText("No services", { exact: true }).waitFor();
  await opened.picture("cluster");
  await opened.expectAccessible();
  expectQuiet(opened);
});

test("a task definition is made by the form, with its role and log group, and shown as the document that it is", async () => {
  const opened = await signIn("us-east-1/ecs/create-task-definition");
  const { page } = opened;
  await page.getByLabel("Task definition family").fill("my-node-task");
  await page.getByLabel("Name", { exact: true }).fill("app-container");
  await page.getByLabel("Image URI").fill("123456789012.dkr.ecr.us-east-1.amazonaws.com/my-node-app:latest");
  await page.getByLabel("Container port").fill("3000");
  await page.getByRole("button", { name: "Add environment variable" }).click();
  await page.getByRole("textbox", { name: "Key" }).fill("API_ENDPOINT");
  await page.getByRole("textbox", { name: "Value" }).fill("https://api.example.com");
  await opened.picture("create-task-definition");
  await opened.expectAccessible();
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByText("Successfully created task definition my-node-task:1").waitFor();
  await page.getByText('"containerPort": 3000').waitFor();
  expect(page.url()).toBe(`${server.url}/console/us-east-1/ecs/task-definitions/my-node-task/1`);
  await page.getByRole("rowheader", { name: "app-container" }).waitFor();
  await opened.picture("task-definition");
  await opened.expectAccessible();
  await page.getByRole("button", { name: "Dark mode" }).first().click();
  await opened.picture("dark");
  await opened.expectAccessible();
  expectQuiet(opened);
});

test("what others wrote is text, whatever it says", async () => {
  const payload = `"><img src=x onerror="window.ran=1"><script>window.ran=1</script><svg onload="window.ran=1">javascript:window.ran=1`;
  const containers = [{ name: "app", image: "app:1", environment: [{ name: "A", value: payload }], dockerLabels: { label: payload } }];
  await server
    .client(ECSClient)
    .send(new RegisterTaskDefinitionCommand({ family: "hostile", memory: "64", containerDefinitions: containers }));
  const opened = await signIn("us-east-1/ecs/task-definitions/hostile/1");
  await opened.page.getByText("<script>window.ran=1</script>").waitFor();
  expect(await opened.page.evaluate(() => "ran" in window)).toBe(false);
  expectQuiet(opened);
});

test("whoever may not see something is told by which policy, and nothing changes under them", async () => {
  const iam = server.client(IAMClient);
  await iam.send(new CreateUserCommand({ UserName: "ann" }));
  const policy = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "ecs:ListClusters", Resource: "*" }] };
  await iam.send(new PutUserPolicyCommand({ UserName: "ann", PolicyName: "lists", PolicyDocument: JSON.stringify(policy) }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "ann" }));
  const keys = { accessKeyId: AccessKey?.AccessKeyId ?? "", secretAccessKey: AccessKey?.SecretAccessKey ?? "" };
  const opened = await signIn("us-east-1/ecr/repositories", keys);
  await opened.page.getByText("You are not allowed to do this").waitFor();
  await opened.page.getByText("because no identity-based policy allows the ecr:DescribeRepositories action").waitFor();
  await opened.picture("denied");
  await opened.expectAccessible();
  expect(opened.foreign).toEqual([]);
});

test("a server that was killed and is back is seen so without anybody doing anything", async () => {
  await server.aws("ecs", "create-cluster", "--cluster-name", "made-before");
  const opened = await signIn("us-east-1/ecs/clusters");
  const { page } = opened;
  await page.getByRole("link", { name: "made-before" }).waitFor();
  await server.kill();
  await page.getByRole("button", { name: "No connection" }).first().waitFor();
  await opened.picture("no-connection");
  server = await server.restart();
  await server.aws("ecs", "create-cluster", "--cluster-name", "made-meanwhile");
  await page.getByRole("link", { name: "made-meanwhile" }).waitFor();
  await page.getByRole("button", { name: "Live" }).first().waitFor();
  expect(opened.foreign).toEqual([]);
});

test("airfield console gives a link that signs in once, and leaves no trace in the address", async () => {
  const keys = [`AIRFIELD_ROOT_ACCESS_KEY_ID=${TEST_KEYS.accessKeyId}`, `AIRFIELD_ROOT_SECRET_ACCESS_KEY=${TEST_KEYS.secretAccessKey}`];
  const command = [process.execPath, PROGRAM, "console", "--data", server.dataDirectory, "--port", String(server.port), "--no-open"];
  const { stdout, stderr, code } = await server.run("env", [...keys, ...command]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const link = stdout.trim();
  expect(new URL(link).search).toBe("");
  const opened = await browser.open(link);
  await opened.page.getByRole("button", { name: "Live" }).first().waitFor();
  expect(opened.page.url()).toBe(`${server.url}/console/us-east-1`);
  expectQuiet(opened);
  const { page } = await browser.open(link);
  await page.getByText("This link was used already, or its time is over.").waitFor();
});
