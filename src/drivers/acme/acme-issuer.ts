import { generateKeyPairSync } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { Agent } from "node:https";
import { dirname } from "node:path";
import { IssuerRefusedError, type CertificateIssuer } from "../../ports/certificate-issuer.ts";
import { keepPrivate } from "../filesystem/private-file.ts";
import { makeFolder } from "../host-names/write-file.ts";

export interface AcmeSettings {
  /** The URL of the directory. */
  readonly directory: string;
  /** An address for mail about the account. */
  readonly contact?: string;
  /** PEM of the authority that vouches for the directory's own server, where that is no public one. */
  readonly caFile?: string;
  /** What some authorities give out beforehand (RFC 8555, 7.3.4); the key in base64url. */
  readonly externalAccount?: { readonly id: string; readonly key: string };
}

const ACCOUNT_KEY_FILE = "acme-account.pem";

/** Key makers of `acme-client`, by ACM's names. */
const CURVES: Readonly<Record<string, string>> = { EC_prime256v1: "P-256", EC_secp384r1: "P-384" };

/**
 * Orders certificates of an ACME directory. The operator who names a directory agrees to its terms.
 * @param folder where the account's key is kept
 */
export function acmeIssuer(settings: AcmeSettings, folder: string): CertificateIssuer {
  return {
    async issue({ names, keyAlgorithm, prove }) {
      // It takes tens of megabytes: loaded when something is ordered.
      const acme = await import("acme-client");
      const log = listen(acme);
      const client = await clientOf(acme, settings, folder);
      const key = await newKey(acme, keyAlgorithm);
      const [commonName = ""] = names;
      const [, csr] = await acme.crypto.createCsr({ commonName, altNames: [...names] }, key);
      const proofs = new Map<string, AsyncDisposable>();
      const failures: unknown[] = [];
      const chain = await registered(client, settings.contact)
        .then(() =>
          client.auto({
            csr,
            challengePriority: ["dns-01"],
            // The authority looks where the world looks; from here it may look otherwise.
            skipChallengeVerification: true,
            challengeCreateFn: async ({ identifier }, { type, url }, keyAuthorization) => {
              if (type !== "dns-01") throw new IssuerRefusedError(`${settings.directory} does not offer dns-01 for ${identifier.value}`);
              // The library has made the digest already.
              proofs.set(url, await prove({ name: `_acme-challenge.${identifier.value}`, value: keyAuthorization }));
            },
            // The library would swallow what this throws.
            challengeRemoveFn: async (_authorization, { url }) => {
              try {
                await proofs.get(url)?.[Symbol.asyncDispose]();
              } catch (cause) {
                failures.push(cause);
              }
            },
          }),
        )
        .catch((cause: unknown) => {
          throw explained(cause, settings.directory, log.heard);
        });
      if (failures.length > 0) throw new AggregateError(failures, "a proof could not be taken out of the DNS");
      const [certificate = "", ...above] = acme.crypto.splitPemChain(chain);
      return { certificatePem: ended(certificate), chainPem: above.map(ended).join(""), privateKeyPem: key.toString() };
    },
  };
}

type Acme = typeof import("acme-client");

async function clientOf(
  acme: Acme,
  { directory, caFile, externalAccount }: AcmeSettings,
  folder: string,
): Promise<InstanceType<Acme["Client"]>> {
  const { uid, gid } = await stat(dirname(folder));
  await makeFolder(folder, { uid, gid });
  const accountKey = await keepPrivate(folder, ACCOUNT_KEY_FILE, () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  });
  // The library has one client of HTTP, for all directories; here there is one directory. Who orders tries again, after a while of its own.
  Object.assign(acme.axios.defaults, {
    acmeSettings: { retryMaxAttempts: 1, retryDefaultDelay: 0 },
    ...(caFile === undefined ? {} : { httpsAgent: new Agent({ ca: await readFile(caFile) }) }),
  });
  return new acme.Client({
    directoryUrl: directory,
    accountKey,
    ...(externalAccount ? { externalAccountBinding: { kid: externalAccount.id, hmacKey: externalAccount.key } } : {}),
  });
}

/**
 * Sees to the account. One that is there already the library changes to what it is asked for, which is nothing where there is no contact: some directories refuse that, and it says only that the account is there.
 */
async function registered(client: InstanceType<Acme["Client"]>, contact: string | undefined): Promise<void> {
  try {
    await client.createAccount({ termsOfServiceAgreed: true, ...(contact === undefined ? {} : { contact: [`mailto:${contact}`] }) });
  } catch (cause) {
    if (contact !== undefined || !hasAccount(client)) throw cause;
  }
}

function hasAccount(client: InstanceType<Acme["Client"]>): boolean {
  try {
    return client.getAccountUrl() !== "";
  } catch {
    // It is not known before the directory has told it.
    return false;
  }
}

function newKey(acme: Acme, algorithm: string): Promise<Buffer> {
  const curve = CURVES[algorithm];
  return curve === undefined ? acme.crypto.createPrivateRsaKey(2048) : acme.crypto.createPrivateEcdsaKey(curve as never);
}

/** Why there was no answer, which the library tells its log alone: what it throws then is a defect of its own. */
function listen(acme: Acme): { readonly heard: () => string } {
  let heard = "no answer";
  acme.setLogger((text) => {
    heard = /^Caught (\S+),/.exec(text)?.[1] ?? heard;
  });
  return { heard: () => heard };
}

/** An authority that answered has refused; one that did not answer may do so later. */
function explained(cause: unknown, directory: string, heard: () => string): unknown {
  if (cause instanceof IssuerRefusedError) return cause;
  if (cause instanceof TypeError) return new Error(`${directory} cannot be reached: ${heard()}`, { cause });
  return new IssuerRefusedError(`${directory}: ${(cause as Error).message}`, { cause });
}

function ended(pem: string): string {
  return pem.endsWith("\n") ? pem : `${pem}\n`;
}
