import { repositoryKey, type ImageRecord } from "../state/ecr.ts";
import { findImage } from "../state/ecr-images.ts";
import { answer, requireRepository, type RegistryCall } from "./call.ts";
import { RegistryError } from "./errors.ts";

/** What is installed in an image, as a document in CycloneDX's JSON; or why there is none, for people. */
export type SoftwareBills = (image: ImageRecord) => Promise<{ readonly bill: object } | { readonly problem: string }>;

/** `GET /v2/<name>/_airfield/sbom/<tag or digest>`: an extension, named as the distribution specification wants extensions named. */
export async function getSoftwareBill(
  call: RegistryCall,
  bills: SoftwareBills | undefined,
  name: string,
  reference: string,
): Promise<void> {
  const image = findImage(call.platform.state, repositoryKey(requireRepository(call, name), name), reference);
  if (!image) throw new RegistryError(404, "MANIFEST_UNKNOWN", "Requested image not found");
  const made = await bills?.(image);
  if (!made || "problem" in made) throw new RegistryError(422, "UNSUPPORTED", made?.problem ?? "this server makes no bills of materials");
  answer(call, 200, { "content-type": "application/vnd.cyclonedx+json; version=1.6" }, JSON.stringify(made.bill));
}
