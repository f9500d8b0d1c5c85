import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { askServer, openQuestionDoor } from "./question-door.ts";

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "airfield-questions-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

test("a question is answered, one a connection, while the server runs", async () => {
  const dataDirectory = await folder();
  expect(await askServer(dataDirectory, "anybody?")).toBeUndefined();
  {
    await using _door = await openQuestionDoor({ dataDirectory, answer: (question) => ({ question }), failed: () => undefined });
    expect((await stat(join(dataDirectory, "questions.sock"))).mode & 0o777).toBe(0o600);
    const asked = [{ task: "1" }, "2", 3].map((question) => askServer(dataDirectory, question));
    expect(await Promise.all(asked)).toEqual([{ task: "1" }, "2", 3].map((question) => ({ answer: { question } })));
    await expect(askServer(dataDirectory, "x".repeat(5000))).rejects.toThrow("the question is too long");
  }
  expect(await askServer(dataDirectory, "anybody?")).toBeUndefined();
});

test("what fails is told as that, and to the server what it was", async () => {
  const dataDirectory = await folder();
  const told: unknown[] = [];
  const answer = (): never => {
    throw new Error("secret");
  };
  await using _door = await openQuestionDoor({ dataDirectory, answer, failed: (cause) => told.push(cause) });
  await expect(askServer(dataDirectory, {})).rejects.toThrow("the server failed; its log tells more");
  expect(told).toEqual([new Error("secret")]);
});

test("what a killed server left behind is in nobody's way", async () => {
  const dataDirectory = await folder();
  await writeFile(join(dataDirectory, "questions.sock"), "");
  await using _door = await openQuestionDoor({ dataDirectory, answer: () => "here", failed: () => undefined });
  expect(await askServer(dataDirectory, {})).toEqual({ answer: "here" });
});
