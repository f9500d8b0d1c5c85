import { join } from "node:path";
import { AUTHORITY_CERTIFICATE_FILE } from "../../drivers/host-names/certificates.ts";
import { blockText, withBlock } from "../../drivers/host-names/hosts-block.ts";
import type { Home, Prepared } from "../../drivers/host-names/installation.ts";
import { hostNamesFolder } from "../../drivers/host-names/record.ts";
import { certificatePath } from "../../drivers/host-names/trust.ts";
import { readBytes } from "../../drivers/host-names/write-file.ts";

/** What somebody who is not root, or has root only elsewhere, can do instead. */
export async function installByHand({ dataDirectory, id }: Home, { names, block }: Prepared, why: string): Promise<string> {
  const authority = join(hostNamesFolder(dataDirectory), AUTHORITY_CERTIFICATE_FILE);
  const copies = names.hosts.map(
    (host) => `  sudo install -D -m 0644 ${word(authority)} ${word(certificatePath(names.dockerCerts, host, id))}`,
  );
  const before = Buffer.from(await readBytes(names.hostsFile), "latin1").toString();
  const after = withBlock(before, block);
  const lines = after.startsWith(before)
    ? [`  sudo tee -a ${word(names.hostsFile)} <<'LINES'`, `${after.slice(before.length)}LINES`]
    : [`and put this in place of the block in ${names.hostsFile} that begins alike:`, "", blockText(block)];
  return [
    `airfield: this needs root: ${why}`,
    "Nothing is installed. Run the same command as root:",
    "",
    `  ${sameAsRoot(dataDirectory)}`,
    "",
    "or do what it would do, and then run it again as yourself:",
    "",
    ...copies,
    ...lines,
  ].join("\n");
}

/** This very command, for root: who has another PATH and none of the user's variables. */
export function sameAsRoot(dataDirectory: string): string {
  const [program = "", script = "", ...args] = process.argv;
  const data = args.some((arg) => arg === "--data" || arg.startsWith("--data=")) ? [] : ["--data", dataDirectory];
  return ["sudo", program, script, ...args, ...data].map(word).join(" ");
}

function word(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
