import { ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { askEndpoint } from "./ask-endpoint.ts";
import { clientSettings, rootAccess, type AccessFlags } from "./access.ts";
import { CliError } from "./cli-error.ts";
import { regionSetting } from "./settings.ts";

/** `airfield sbom <image>`: prints the bill of materials of an image that the registry here has. */
export async function sbom(image: string, flags: AccessFlags): Promise<void> {
  const [, repository = "", separator, given] = /^([^:@]+)(?:([:@])(.+))?$/.exec(image) ?? [];
  if (repository === "") throw new CliError(`${JSON.stringify(image)} names no image`, "Give <repository>:<tag> or <repository>@<digest>.");
  const reference = separator === undefined ? "latest" : (given ?? "");
  const access = await rootAccess(flags);
  const ecr = new ECRClient(clientSettings(access, regionSetting(flags.region)));
  try {
    const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
    const token = authorizationData?.[0]?.authorizationToken ?? "";
    const path = `/v2/${repository}/_airfield/sbom/${encodeURIComponent(reference)}`;
    const { status, body } = await askEndpoint(new URL(path, access.endpoint), {
      headers: { authorization: `Basic ${token}` },
      authorityFile: access.authorityFile,
    });
    if (status !== 200) throw new CliError(`there is no bill of materials of ${image}: ${reasonOf(body)}`);
    console.log(JSON.stringify(JSON.parse(body), undefined, 2));
  } finally {
    ecr.destroy();
  }
}

/** What the registry says is wrong. */
function reasonOf(body: string): string {
  const { errors } = JSON.parse(body) as { readonly errors?: readonly { readonly message?: string }[] };
  return errors?.[0]?.message ?? body;
}
