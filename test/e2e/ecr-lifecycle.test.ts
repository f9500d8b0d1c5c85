import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";

const NAMES = [1, 2, 3, 4].map((version) => `airfield-test/lifecycle:v${version}`);
let airfield: AirfieldProcess;

beforeAll(async () => {
  for (const [at, name] of NAMES.entries()) await buildImage({ name, files: { version: String(at) } });
  airfield = await airfieldProcess();
});
afterAll(async () => {
  await airfield[Symbol.asyncDispose]();
  for (const name of NAMES) await removeImage(name);
});

/** The tags of what is left, and `-` for an image without one. */
async function left(): Promise<string> {
  const tags = ["--query", "imageDetails[].{tag: imageTags[0]}", "--output", "json"];
  const { stdout } = await airfield.aws("ecr", "describe-images", "--repository-name", "app", ...tags);
  return (JSON.parse(stdout) as { tag: string | null }[])
    .map(({ tag }) => tag ?? "-")
    .toSorted()
    .join(" ");
}

/** The API tells nobody of an expiry: it is asked until it is over. */
const PATIENTLY = { timeout: 60_000, interval: 250 };

const policyFile = async (name: string, ...selections: readonly object[]): Promise<string> => {
  const file = join(airfield.dataDirectory, `${name}.json`);
  const rules = selections.map((selection, at) => ({ rulePriority: at + 1, selection, action: { type: "expire" } }));
  await writeFile(file, JSON.stringify({ rules }, undefined, 2));
  return `file://${file}`;
};

test("what docker pushes is expired as the policy says: with the policy, with a push, and also after a restart", async () => {
  const [v1 = "", v2 = "", v3 = "", v4 = ""] = NAMES;
  const ofApp = ["--repository-name", "app"];
  expect(await airfield.aws("ecr", "create-repository", ...ofApp)).toMatchObject({ code: 0 });
  await pushImage(airfield, v1, "app", "v1");
  await pushImage(airfield, v2, "app", "v2");
  await pushImage(airfield, v3, "app", "latest");
  const text = await policyFile(
    "policy",
    { tagStatus: "tagged", tagPatternList: ["v*"], countType: "imageCountMoreThan", countNumber: 1 },
    { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 1 },
  );
  const preview = ["--query", "previewResults[].imageTags[]", "--output", "text"];
  expect(await airfield.aws("ecr", "start-lifecycle-policy-preview", ...ofApp, "--lifecycle-policy-text", text)).toMatchObject({ code: 0 });
  expect(await airfield.aws("ecr", "wait", "lifecycle-policy-preview-complete", ...ofApp)).toMatchObject({ code: 0 });
  expect((await airfield.aws("ecr", "get-lifecycle-policy-preview", ...ofApp, ...preview)).stdout.trim()).toBe("v1");
  await expect.poll(left, PATIENTLY).toBe("latest v1 v2");

  expect(await airfield.aws("ecr", "put-lifecycle-policy", ...ofApp, "--lifecycle-policy-text", text)).toMatchObject({ code: 0 });
  await expect.poll(left, PATIENTLY).toBe("latest v2");
  // The image that loses its tag is held by no rule before the last one then.
  await pushImage(airfield, v4, "app", "latest");
  await expect.poll(left, PATIENTLY).toBe("latest v2");
  const events = ["--lookup-attributes", "AttributeKey=EventName,AttributeValue=PolicyExecutionEvent", "--query", "length(Events)"];
  expect((await airfield.aws("cloudtrail", "lookup-events", ...events)).stdout.trim()).toBe("2");

  await airfield.kill();
  airfield = await airfield.restart();
  await pushImage(airfield, v1, "app", "v3");
  await expect.poll(left, PATIENTLY).toBe("v3");
  const pulled = await airfield.run("docker", ["pull", "--quiet", `localhost:${airfield.port}/app:v2`]);
  expect(pulled.stderr).toMatch(/not found|manifest unknown/i);
});
