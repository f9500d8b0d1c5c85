import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
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
    const { status, body } = await get(new URL(path, access.endpoint), token, access.authorityFile);
    if (status !== 200) throw new CliError(`there is no bill of materials of ${image}: ${reasonOf(body)}`);
    console.log(JSON.stringify(JSON.parse(body), undefined, 2));
  } finally {
    ecr.destroy();
  }
}

/** `fetch` cannot be told of an authority of one's own. */
function get(url: URL, token: string, authorityFile: string | undefined): Promise<{ readonly status: number; readonly body: string }> {
  const { request } = url.protocol === "https:" ? https : http;
  const trusted = authorityFile === undefined ? {} : { ca: readFileSync(authorityFile) };
  return new Promise((resolve, reject) => {
    const call = request(url, { headers: { authorization: `Basic ${token}` }, ...trusted }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.on("error", reject);
    });
    call.on("error", reject);
    call.end();
  });
}

/** What the registry says is wrong. */
function reasonOf(body: string): string {
  const { errors } = JSON.parse(body) as { readonly errors?: readonly { readonly message?: string }[] };
  return errors?.[0]?.message ?? body;
}
