import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { findBrowser } from "../../bin/setup/browser.js";
import { TEST_KEYS } from "../../src/testing/api-world.ts";

/** A page of the console in a real browser, which is watched for what must not happen. */
export interface ConsolePage {
  readonly page: Page;
  /** Errors that the page wrote or threw. A test that expects none asserts that it is empty; what it provoked it takes out. */
  readonly errors: string[];
  /** Requests to anybody but the server. */
  readonly foreign: readonly string[];
  /** Bytes that the server sent, as they were sent. */
  received(): number;
  /** A picture of the page, for people: `AIRFIELD_SCREENSHOTS` says where they are kept. */
  picture(name: string): Promise<void>;
  /** Expects that whoever cannot see or use a mouse can use the page: no violation that axe calls serious or critical. */
  expectAccessible(): Promise<void>;
}

export interface ConsoleBrowser extends AsyncDisposable {
  /** A page with storage of its own. */
  open(url: string): Promise<ConsolePage>;
}

/** A long time for a page; it fails with what it waited for. */
const PATIENCE_MS = 15_000;

/** Opens a place of the console, and signs in there with a key; root's where none is given. */
export async function signIn(
  browser: ConsoleBrowser,
  place: string,
  { accessKeyId, secretAccessKey }: { readonly accessKeyId: string; readonly secretAccessKey: string } = TEST_KEYS,
): Promise<ConsolePage> {
  const opened = await browser.open(place);
  const { page } = opened;
  await page.getByLabel("Access key ID").fill(accessKeyId);
  await page.getByLabel("Secret access key").fill(secretAccessKey);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Live" }).first().waitFor();
  return opened;
}

export async function consoleBrowser(): Promise<ConsoleBrowser> {
  const executablePath = findBrowser();
  if (executablePath === undefined)
    throw new Error("there is no Chromium on this machine: `node bin/setup.js --test` installs it, or says how to");
  const pictures = process.env["AIRFIELD_SCREENSHOTS"] ?? (await mkdtemp(join(tmpdir(), "airfield-console-")));
  const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
  let pictured = 0;
  return {
    async open(url) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "light" });
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      const errors: string[] = [];
      const foreign: string[] = [];
      let bytes = 0;
      page.on("console", (message) => void (message.type() === "error" && errors.push(message.text())));
      page.on("pageerror", (error) => void errors.push(error.message));
      page.on("request", (request) => void (new URL(request.url()).origin !== new URL(url).origin && foreign.push(request.url())));
      page.on(
        "requestfinished",
        (request) =>
          void request.sizes().then(
            ({ responseBodySize }) => (bytes += responseBodySize),
            () => undefined,
          ),
      );
      await page.goto(url);
      return {
        page,
        errors,
        foreign,
        received: () => bytes,
        async picture(name) {
          pictured += 1;
          await page.screenshot({ path: join(pictures, `${String(pictured).padStart(2, "0")}-${name}.png`), animations: "disabled" });
        },
        async expectAccessible() {
          // Evaluated by the debugger, which the page's policy does not bind.
          await page.evaluate(axe);
          const found = await page.evaluate(async () => {
            const { violations } = await (window as unknown as { axe: typeof import("axe-core") }).axe.run(document);
            return violations
              .filter(({ impact }) => impact === "serious" || impact === "critical")
              .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join("\n")}`);
          });
          expect(found).toEqual([]);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      if (process.env["AIRFIELD_SCREENSHOTS"] === undefined) await rm(pictures, { recursive: true, force: true });
    },
  };
}
