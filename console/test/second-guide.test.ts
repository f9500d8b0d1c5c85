import { afterAll, beforeAll, expect, test } from "vitest";
import { airfieldProcess, freePort, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { buildImage, pushImage, removeImage, webImage } from "../../src/testing/images.ts";
import { consoleBrowser, signIn, type ConsoleBrowser } from "./console-browser.ts";

const IMAGE = "airfield-test/console-guide:1";

let server: AirfieldProcess;
let browser: ConsoleBrowser;

beforeAll(async () => {
  [server, browser] = await Promise.all([airfieldProcess(), consoleBrowser(), buildImage(webImage(IMAGE, "hello from the guide"))]);
});

afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await removeImage(IMAGE);
});

test("from Create repository to the app in a browser tab, click by click", async () => {
  const opened = await signIn(browser, `${server.url}/console/us-east-1/ecr/repositories`);
  const { page } = opened;
  const follow = async (name: string): Promise<void> => page.getByRole("link", { name }).first().click();
  const press = async (name: string): Promise<void> => page.getByRole("button", { name, exact: true }).first().click();

  // A repository, and the image in it.
  await press("Create repository");
  await page.getByLabel("Repository name").fill("my-node-app");
  await page.locator("form").getByRole("button", { name: "Create repository" }).click();
  await page.getByText("Successfully created repository my-node-app").waitFor();
  await follow("my-node-app");
  await page.getByText("No images", { exact: true }).waitFor();
  const image = await pushImage(server, IMAGE, "my-node-app", "latest");
  await page.getByRole("rowheader", { name: "latest" }).waitFor();
  await opened.picture("guide-images");
  await opened.expectAccessible();

  // A user, and a key that is shown once.
  await follow("Users");
  await press("Create user");
  await page.getByLabel("User name").fill("pusher");
  await page.getByLabel("Permissions policies").click();
  await page.getByRole("option", { name: "AmazonEC2ContainerRegistryFullAccess" }).click();
  await page.keyboard.press("Escape");
  await page.locator("form").getByRole("button", { name: "Create user" }).click();
  await page.getByText("Successfully created user pusher").waitFor();
  await press("Create access key");
  await page.getByRole("dialog").getByRole("button", { name: "Create access key" }).click();
  await page.getByText("This is the only time").waitFor();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download .csv file" }).click()]);
  expect(file.suggestedFilename()).toBe("pusher_accessKeys.csv");
  await opened.expectAccessible();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("rowheader", { name: /^AKIA/ }).waitFor();
  await opened.picture("guide-user");

  // A cluster, and what runs in it.
  await follow("Clusters");
  await press("Create cluster");
  await page.getByLabel("Cluster name").fill("my-app-cluster");
  await press("Create");
  await page.getByText("Successfully created cluster my-app-cluster").waitFor();
  await follow("Task definitions");
  await press("Create new task definition");
  await page.getByRole("menuitem", { name: "Create new task definition", exact: true }).click();
  await page.getByLabel("Task definition family").fill("my-node-task");
  await page.getByLabel("Name", { exact: true }).fill("app-container");
  await page.getByLabel("Image URI").fill(image);
  await page.getByLabel("Container port").fill("8080");
  await press("Create");
  await page.getByText("Successfully created task definition my-node-task:1").waitFor();

  // A service behind a new load balancer.
  const port = await freePort();
  await follow("Clusters");
  await follow("my-app-cluster");
  await page.getByText("No services", { exact: true }).waitFor();
  await press("Create");
  await page.getByLabel("Family").click();
  await page.getByRole("option", { name: "my-node-task:1" }).click();
  await page.getByLabel("Service name").fill("my-node-service");
  await page.getByLabel("Security group name").fill("my-service-sg");
  await page.getByLabel("Application Load Balancer").check();
  await page.getByLabel("Load balancer name").fill("my-app-lb");
  await page.getByLabel("Listener port (HTTP)").fill(String(port));
  await page.getByLabel("Target group name").fill("my-app-tg");
  await page.getByLabel("Health check path").fill("/health");
  await opened.picture("guide-create-service");
  await opened.expectAccessible();
  await press("Create");
  await page.getByText("Successfully created service my-node-service").waitFor();
  await page.locator(".task-picture .is-running").waitFor();
  await page.getByText("Healthy", { exact: true }).first().waitFor();
  await opened.picture("guide-service");
  await opened.expectAccessible();

  // The last step: the port of the listener is opened.
  await follow("Security groups");
  await page.getByRole("row", { name: "my-service-sg" }).getByRole("link").click();
  await press("Edit inbound rules");
  await press("Add rule");
  await page.getByRole("textbox", { name: "Port range" }).last().fill(String(port));
  await page.getByRole("textbox", { name: "Source" }).last().fill("0.0.0.0/0");
  await opened.picture("guide-inbound-rules");
  await opened.expectAccessible();
  await press("Save rules");
  await page.getByText("Inbound security group rules successfully modified").waitFor();

  // And the app is in a browser tab.
  await follow("Load balancers");
  await follow("my-app-lb");
  const address = page.getByRole("link", { name: `:${port}/` });
  await opened.picture("guide-load-balancer");
  await opened.expectAccessible();
  expect({ errors: opened.errors, foreign: opened.foreign }).toEqual({ errors: [], foreign: [] });
  const [tab] = await Promise.all([page.context().waitForEvent("page"), address.click()]);
  await tab.getByText("hello from the guide").waitFor();

  // Nothing is in the way of its task.
  await follow("Clusters");
  await follow("my-app-cluster");
  await follow("my-node-service");
  await page.locator(".task-picture a").first().click();
  await page.getByText("Nothing is in the way of this task").waitFor();
  await opened.picture("guide-task");
  await opened.expectAccessible();
});
