import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findBrowser } from "../../bin/setup/browser.js";

export interface OpenBrowser extends AsyncDisposable {
  /** Rejects when the browser ends by itself, with what it said. */
  readonly ended: Promise<never>;
}

function flags(profile: string): readonly string[] {
  return [
    "--headless",
    `--user-data-dir=${profile}`,
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP *.test 127.0.0.1,MAP example.com 127.0.0.1,MAP *.example.com 127.0.0.1",
    // Its sandbox is not for root.
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
  ];
}

function browserBinary(): string {
  const binary = findBrowser();
  if (binary === undefined) throw new Error("there is no Chromium on this machine: `node bin/setup.js --test` installs it, or says how to");
  return binary;
}

/** What a real browser has for a page when it is loaded, as HTML; of one that it refuses to show, its own page that says so. `home` is whose trust it has. */
export async function pageText(url: string, home: string): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), "airfield-browser-"));
  try {
    const { stdout } = await promisify(execFile)(browserBinary(), [...flags(profile), "--dump-dom", url], {
      env: { ...process.env, HOME: home },
      timeout: 60_000,
    });
    return stdout;
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Opens a page in a real browser without a window, with a profile of its own. Names below `test`, and `example.com`, lead to 127.0.0.1. */
export async function openBrowser(url: string): Promise<OpenBrowser> {
  const profile = await mkdtemp(join(tmpdir(), "airfield-browser-"));
  const child = spawn(
    browserBinary(),
    [...flags(profile), url],
    // A group of its own: it starts more processes, which end with it.
    { stdio: ["ignore", "ignore", "pipe"], detached: true },
  );
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
  const exited = once(child, "exit");
  const ended = exited.then(([code]) => {
    throw new Error(`the browser ended with ${String(code)}:\n${said}`);
  });
  ended.catch(() => undefined);
  return {
    ended,
    async [Symbol.asyncDispose]() {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGKILL");
      await exited;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
