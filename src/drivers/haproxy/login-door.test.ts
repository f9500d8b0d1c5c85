import { mkdtemp, rm } from "node:fs/promises";
import { request, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LoginAnswer, LoginRequest } from "../../ports/login-door.ts";
import { openLoginDoor } from "./login-door.ts";

let directory: string;
const doors: AsyncDisposable[] = [];
let answer: LoginAnswer;
const seen: LoginRequest[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "login-door-"));
  const open = (): Promise<AsyncDisposable> =>
    openLoginDoor(directory, async (one) => {
      seen.push(one);
      return answer;
    });
  // As one that ended without closing it leaves its socket.
  doors.push(await open());
  doors.unshift(await open());
});
afterAll(async () => {
  for (const door of doors) await door[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

function ask(
  headers: Record<string, string>,
): Promise<{ status: number | undefined; message: string | undefined; headers: IncomingHttpHeaders; body: string }> {
  return new Promise((resolve, reject) => {
    request(
      { socketPath: join(directory, "login.sock"), path: "/a?b=1", headers: { host: "app.test", ...headers }, agent: false },
      (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => (body += String(chunk)));
        response.on("end", () =>
          resolve({ status: response.statusCode, message: response.statusMessage, headers: response.headers, body }),
        );
      },
    )
      .once("error", reject)
      .end();
  });
}

test("a request is told with its gate, its session and its cookies", async () => {
  answer = { status: 302, location: "https://idp.test/", cookies: ["a=1", "b=2"] };
  const session = Buffer.from("1\u001f2").toString("base64");
  const answered = await ask({ cookie: "a=1; b=2=3;a=4", "x-airfield-gate": "g1", "x-airfield-session": session });
  expect(seen.at(-1)).toEqual({
    host: "app.test",
    target: "/a?b=1",
    cookies: new Map([
      ["a", "1"],
      ["b", "2=3"],
    ]),
    gate: "g1",
    session: "1\u001f2",
  });
  expect(answered).toMatchObject({ status: 302, message: "Found" });
  expect(answered.headers).toMatchObject({ location: "https://idp.test/", "set-cookie": ["a=1", "b=2"], "cache-control": "no-store" });
});

test.each([400, 401, 500, 561])("%i is answered with a page, and nothing else", async (status) => {
  answer = { status };
  const answered = await ask({});
  expect(seen.at(-1)).toEqual({ host: "app.test", target: "/a?b=1", cookies: new Map() });
  expect([answered.status, answered.headers.location, answered.headers["set-cookie"]]).toEqual([status, undefined, undefined]);
  expect(answered.body).toContain(`<h1>${status}`);
});
