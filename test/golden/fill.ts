// Fills a running installation with one of each kind, for the data folder of a release: see README.md.
import { createHash } from "node:crypto";
import { CloudWatchLogsClient, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { EncryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { furnish, NAME, REGION } from "../../src/testing/furnished-account.ts";
import type { ApiWorld } from "../../src/testing/api-world.ts";

const [url = "", accessKeyId = "", secretAccessKey = ""] = process.argv.slice(2);
const keys = { accessKeyId, secretAccessKey };
const api: Pick<ApiWorld, "client"> = {
  client: (constructor, region = REGION) => new constructor({ endpoint: url, region, credentials: keys, maxAttempts: 1 }),
};
const names = await furnish(api, "123456789012", keys);
await api
  .client(SSMClient)
  .send(new PutParameterCommand({ Name: "/sealed", Value: "planted-sealed", Type: "SecureString", KeyId: names.key }));
const { CiphertextBlob = new Uint8Array() } = await api
  .client(KMSClient)
  .send(new EncryptCommand({ KeyId: names.key, Plaintext: Buffer.from("planted-ciphertext") }));
const event = { timestamp: Date.now(), message: "planted-line" };
await api.client(CloudWatchLogsClient).send(new PutLogEventsCommand({ logGroupName: NAME, logStreamName: NAME, logEvents: [event] }));
await pushImage();
process.stdout.write(`${JSON.stringify({ ...names, ciphertext: Buffer.from(CiphertextBlob).toString("base64") }, undefined, 2)}\n`);

/** An image of one small layer, by the distribution API. */
async function pushImage(): Promise<void> {
  const { authorizationData } = await api.client(ECRClient).send(new GetAuthorizationTokenCommand({}));
  const authorization = `Basic ${authorizationData?.[0]?.authorizationToken ?? ""}`;
  const blob = async (text: string): Promise<{ digest: string; size: number }> => {
    const body = Buffer.from(text);
    const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
    await sent("POST", `/v2/${NAME}/blobs/uploads/?digest=${digest}`, body, { authorization });
    return { digest, size: body.length };
  };
  const config = { mediaType: "application/vnd.oci.image.config.v1+json", ...(await blob('{"architecture":"amd64","os":"linux"}')) };
  const layers = [{ mediaType: "application/vnd.oci.image.layer.v1.tar", ...(await blob("planted-layer")) }];
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers }));
  await sent("PUT", `/v2/${NAME}/manifests/v1`, manifest, { authorization, "content-type": mediaType });
}

async function sent(method: string, path: string, body: Uint8Array, headers: Record<string, string>): Promise<void> {
  const response = await fetch(new URL(path, url), { method, body: Buffer.from(body), headers });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}
