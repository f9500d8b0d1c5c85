import { X509Certificate } from "node:crypto";
import { homedir } from "node:os";
import { authorityPlace } from "../../composition/certificate-issuer.ts";
import { authorityFile, openCertificateAuthority } from "../../drivers/tls/own-issuer.ts";
import { addToDatabase, inDatabase, nssDatabases, removeFromDatabase } from "../../drivers/trust/nss-databases.ts";
import { toolPath } from "../../drivers/trust/run-tool.ts";
import { addToStore, isInStore, removeFromStore, storedFile, systemStore } from "../../drivers/trust/system-store.ts";
import { CliError } from "../cli-error.ts";
import { sameAsRoot } from "../hosts/by-hand.ts";
import { homeOf, isDenied } from "../hosts/hosts.ts";

export interface TrustFlags {
  readonly data?: string;
}

export interface PlacesFlags extends TrustFlags {
  /** Only one kind of place. */
  readonly only?: string;
}

interface Authority {
  readonly id: string;
  readonly dataDirectory: string;
  readonly file: string;
  readonly pem: string;
}

const NO_CERTUTIL =
  "certutil is not installed (Debian: libnss3-tools, Fedora: nss-tools): import the file in the browser's settings, or install it and run this again";

/** `airfield trust show`: which authority signs certificates here, and where this machine believes in it. */
export async function showTrust(flags: TrustFlags & { readonly json?: boolean }): Promise<void> {
  const authority = await authorityOf(flags);
  const { subject, fingerprint256, validTo } = new X509Certificate(authority.pem);
  const places = await placesThatTrust(authority);
  const shown = {
    file: authority.file,
    subject: subject.replaceAll("\n", ", "),
    sha256: fingerprint256,
    validTo: new Date(validTo).toISOString(),
    places,
  };
  if (flags.json) return console.log(JSON.stringify(shown, undefined, 2));
  console.log(`${shown.subject}\n  file     ${shown.file}\n  SHA-256  ${shown.sha256}\n  until    ${shown.validTo}`);
  for (const { name, trusted } of places) console.log(`  ${trusted ? "trusted in" : "not in    "}  ${name}`);
  console.log(`\nOne program at a time:\n${hints(authority.file)}`);
}

/** What makes one program believe in it. */
function hints(file: string): string {
  return [
    `  curl --cacert ${file} https://…`,
    `  export NODE_EXTRA_CA_CERTS=${file}`,
    `  export AWS_CA_BUNDLE=${file}   # of the aws command line and boto3: then of nothing else`,
    `  export SSL_CERT_FILE=${file}   # of OpenSSL and Go: then of nothing else`,
  ].join("\n");
}

async function placesThatTrust({ id, pem }: Authority): Promise<readonly { readonly name: string; readonly trusted: boolean }[]> {
  const places = [];
  const store = await systemStore();
  if (store) places.push({ name: `the system's store (${storedFile(store, id)})`, trusted: await isInStore(store, id, pem) });
  const certutil = await toolPath("certutil");
  for (const database of certutil === undefined ? [] : await nssDatabases(homedir())) {
    const found = await inDatabase(certutil ?? "", database, id);
    places.push({ name: `${database.browser} (${database.folder})`, trusted: found?.trim() === pem.trim() });
  }
  return places;
}

/** `airfield trust install`: this machine, and the browsers of who runs it, believe in certificates that are requested here. */
export async function installTrust(flags: PlacesFlags): Promise<void> {
  const { system, browsers } = kindsOf(flags);
  const authority = await authorityOf(flags);
  if (system) await installInSystem(authority);
  if (browsers) await installInBrowsers(authority);
  console.log(
    "Who has the key of this authority, which lies in the data folder, can speak for every site to who trusts it. `airfield trust uninstall` takes it back.",
  );
}

async function installInSystem({ id, pem, dataDirectory }: Authority): Promise<void> {
  const store = await systemStore();
  if (!store)
    return failed("this system's store of authorities is none that is known here: add the file by hand, as its documentation says");
  try {
    const changed = await addToStore(store, id, pem);
    console.log(`${changed ? "trusted from now on" : "trusted already"}: the system's store (${storedFile(store, id)})`);
  } catch (cause) {
    if (!isDenied(cause)) throw cause;
    failed(`the system's store needs root. Run: ${sameAsRoot(dataDirectory)} --only system`);
  }
}

async function installInBrowsers({ id, pem, file }: Authority): Promise<void> {
  const certutil = await toolPath("certutil");
  if (certutil === undefined) return failed(`browsers: ${NO_CERTUTIL}`);
  for (const database of await nssDatabases(homedir())) {
    const changed = await addToDatabase(certutil, database, id, file, pem);
    console.log(`${changed ? "trusted from now on" : "trusted already"}: ${database.browser} (${database.folder})`);
  }
  console.log("Browsers that run already have to be started anew.");
}

/** `airfield trust uninstall`: takes it back from everywhere. */
export async function uninstallTrust(flags: PlacesFlags): Promise<void> {
  const { system, browsers } = kindsOf(flags);
  const { id, dataDirectory } = await homeOf(flags);
  const store = system ? await systemStore() : undefined;
  try {
    if (store && (await removeFromStore(store, id))) console.log("not trusted any more: the system's store");
  } catch (cause) {
    if (!isDenied(cause)) throw cause;
    failed(`the system's store needs root. Run: ${sameAsRoot(dataDirectory)} --only system`);
  }
  const certutil = browsers ? await toolPath("certutil") : undefined;
  if (browsers && certutil === undefined) return failed(`browsers: ${NO_CERTUTIL}`);
  for (const database of certutil === undefined ? [] : await nssDatabases(homedir()))
    if (await removeFromDatabase(certutil ?? "", database, id))
      console.log(`not trusted any more: ${database.browser} (${database.folder})`);
}

function kindsOf({ only }: PlacesFlags): { readonly system: boolean; readonly browsers: boolean } {
  if (only !== undefined && only !== "system" && only !== "browsers")
    throw new CliError(`${JSON.stringify(only)} is no kind of place`, "Give --only system or browsers.");
  return { system: only !== "browsers", browsers: only !== "system" };
}

async function authorityOf(flags: TrustFlags): Promise<Authority> {
  const { dataDirectory, id } = await homeOf(flags);
  const place = authorityPlace(dataDirectory, id);
  const { certificate } = await openCertificateAuthority(place, Date.now());
  return { id, dataDirectory, file: authorityFile(place.folder), pem: certificate };
}

function failed(message: string): void {
  console.error(`! ${message}`);
  process.exitCode = 1;
}
