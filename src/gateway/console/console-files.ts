import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { WireHead, WireResponse } from "../protocols/protocol.ts";

/**
 * What pages of the console may do: run, style and show what comes with them, and talk to this endpoint. No script or style in a page's text, no other
 * origin, no frame around it. Small pictures in style sheets are `data:`. Source: Content Security Policy Level 3.
 */
export const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": CONSOLE_POLICY,
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
} as const;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".png": "image/png",
  ".txt": "text/plain; charset=utf-8",
};

/** The encodings in which files lie beside themselves, the smallest first, and how their names end. */
const ENCODINGS = [
  ["br", ".br"],
  ["gzip", ".gz"],
] as const;

/** Answers a request for a file below `/console/`. */
export type ConsoleFiles = (head: Pick<WireHead, "method" | "url" | "headers">) => Promise<WireResponse>;

interface BuiltFile {
  readonly etag: string;
  readonly body: Buffer;
}

/**
 * The built console, from a folder that does not change while we run. What is there is listed at the first request, and a file read at its own
 * first: no path that was not listed is ever opened. Names with a hash in them (`assets/`) are kept by browsers for ever; the page itself is asked for anew.
 * A path that names no file is a place within the console: it gets the page.
 */
export function consoleFiles(folder: string): ConsoleFiles {
  let listed: Promise<ReadonlySet<string>> | undefined;
  const read = new Map<string, Promise<BuiltFile>>();
  const fileOf = (name: string): Promise<BuiltFile> => {
    const known = read.get(name) ?? open(join(folder, name));
    read.set(name, known);
    return known;
  };
  return async ({ method, url, headers }) => {
    if (method !== "GET" && method !== "HEAD") return plain(405, "The console is read with GET.", { allow: "GET, HEAD" });
    if (url.pathname === "/console") return plain(308, "", { location: "/console/" });
    const names = await (listed ??= list(folder));
    if (!names.has("index.html")) return plain(404, "The console is not built. `npm run build` builds it.");
    const asked = url.pathname.slice("/console/".length);
    const isAsset = asked.startsWith("assets/");
    if (isAsset && !isServed(names, asked)) return plain(404, "There is no such file.");
    const name = isServed(names, asked) ? asked : "index.html";
    const [encoding, ending] = ENCODINGS.find(([one, end]) => names.has(name + end) && accepts(headers["accept-encoding"], one)) ?? [];
    const { etag, body } = await fileOf(name + (ending ?? ""));
    const about = {
      ...HEADERS,
      etag,
      vary: "Accept-Encoding, Origin",
      "cache-control": isAsset ? "public, max-age=31536000, immutable" : "no-cache",
    };
    if (headers["if-none-match"]?.split(/\s*,\s*/).includes(etag)) return { status: 304, headers: about, body: "" };
    const type = TYPES[extname(name)] ?? "application/octet-stream";
    return { status: 200, headers: { ...about, "content-type": type, ...(encoding ? { "content-encoding": encoding } : {}) }, body };
  };
}

function isServed(names: ReadonlySet<string>, name: string): boolean {
  return names.has(name) && !ENCODINGS.some(([, ending]) => name.endsWith(ending));
}

/** Paths with `/` between their parts; none where there is no such folder. */
async function list(folder: string): Promise<ReadonlySet<string>> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return new Set(
      entries
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) =>
          join(parentPath, name)
            .slice(folder.length + 1)
            .replaceAll("\\", "/"),
        ),
    );
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return new Set();
    throw cause;
  }
}

async function open(file: string): Promise<BuiltFile> {
  const body = await readFile(file);
  return { body, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` };
}

/** Whether a client takes an encoding. Source: RFC 9110, section 12.5.3; a weight of 0 says no. */
function accepts(header: string | undefined, encoding: string): boolean {
  return (header ?? "").split(",").some((part) => {
    const [name = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

function plain(status: number, body: string, headers: Readonly<Record<string, string>> = {}): WireResponse {
  return { status, headers: { ...HEADERS, "content-type": "text/plain; charset=utf-8", ...headers }, body };
}
