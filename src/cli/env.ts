import { rootAccess, type AccessFlags } from "./access.ts";

/** The variables that every AWS tool reads. */
export async function environmentOf(flags: AccessFlags): Promise<Readonly<Record<string, string>>> {
  const { endpoint, region, credentials, authorityFile } = await rootAccess(flags);
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    // The SDK for JavaScript reads this one alone, the command line the other.
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    // Cloud Map's DiscoverInstances would be asked for at `data-` and the endpoint's name: nobody answers there.
    AWS_DISABLE_HOST_PREFIX_INJECTION: "true",
    // Node.js reads a variable of its own.
    ...(authorityFile === undefined ? {} : { AWS_CA_BUNDLE: authorityFile, NODE_EXTRA_CA_CERTS: authorityFile }),
  };
}

/** `airfield env`: lines for `eval "$(airfield env)"`. */
export async function env(flags: AccessFlags & { readonly json?: boolean }): Promise<void> {
  const variables = await environmentOf(flags);
  if (flags.json) console.log(JSON.stringify(variables, undefined, 2));
  else for (const [name, value] of Object.entries(variables)) console.log(`export ${name}=${quoted(value)}`);
}

/** Keys of one's own choosing may hold what a shell would read. */
function quoted(value: string): string {
  return /^[A-Za-z0-9_./:@+-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
