import { createHash, createHmac } from "node:crypto";
import { spawn } from "node:child_process";
import { SignatureV4 } from "@smithy/signature-v4";
import { rootAccess, type Access, type AccessFlags } from "./access.ts";
import { askEndpoint } from "./ask-endpoint.ts";
import { CliError } from "./cli-error.ts";

/** `airfield console`: prints a link that signs a browser in, once, within five minutes, and opens it where there is a screen. */
export async function openConsole(flags: AccessFlags & { readonly open?: boolean }): Promise<void> {
  const access = await rootAccess(flags);
  const url = await consoleLink(access);
  console.log(url);
  console.error("Whoever has this link first signs in with it as root, once, within five minutes.");
  if (flags.open !== false && process.stdout.isTTY) openBrowser(url);
}

/** The address of the console with the secret of a new link behind the `#`, which browsers send to nobody. @throws CliError where no server answers, or refuses */
export async function consoleLink(access: Access): Promise<string> {
  const { endpoint, region, authorityFile } = access;
  const asked = new URL("/console/api/links", endpoint);
  const answer = await askEndpoint(asked, { method: "POST", headers: await signed(asked, access), authorityFile }).catch(
    (cause: unknown) => {
      throw new CliError(`no server answers at ${endpoint}`, "Start it with `airfield start`.", { cause });
    },
  );
  const said = JSON.parse(answer.body) as { readonly link?: string; readonly __type?: string; readonly message?: string };
  if (said.link === undefined) throw new CliError(`the server refused: ${said.__type ?? answer.status}: ${said.message ?? ""}`);
  const page = new URL(`/console/${region}`, endpoint);
  page.hash = new URLSearchParams({ link: said.link }).toString();
  return page.href;
}

async function signed(
  { host, hostname, protocol, pathname, port }: URL,
  { credentials, region }: Access,
): Promise<Readonly<Record<string, string>>> {
  const signer = new SignatureV4({ credentials, region, service: "airfield", sha256: Sha256 });
  const request = { method: "POST", protocol, hostname, path: pathname, query: {}, headers: { host, "content-length": "0" } };
  return (await signer.sign({ ...request, ...(port === "" ? {} : { port: Number(port) }) })).headers;
}

/** SHA-256, and HMAC with it, as the signer takes them. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as Buffer);
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {
    // The signer makes a new one for every hash.
  }
}

/** The link was printed: whoever has no browser here opens it elsewhere, so that nothing is said where this fails. */
function openBrowser(url: string): void {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  const command =
    process.platform === "darwin" ? "open" : process.platform === "linux" && (DISPLAY || WAYLAND_DISPLAY) ? "xdg-open" : undefined;
  if (command === undefined) return;
  const opening = spawn(command, [url], { stdio: "ignore", detached: true });
  opening.on("error", () => undefined);
  opening.unref();
}
