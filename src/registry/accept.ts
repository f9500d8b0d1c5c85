import { isDigest } from "../domain/image-reference.ts";
import { MANIFEST_TYPES } from "../domain/image-manifest.ts";
import type { ImageRecord } from "../state/ecr.ts";
import { findImage } from "../state/ecr-images.ts";
import type { RegistryCall } from "./call.ts";
import { RegistryError } from "./errors.ts";

/**
 * The manifest in a form that the client takes. An old client that knows no indexes gets the one for linux/amd64 by a tag, as from
 * Docker's registry; by a digest it gets what has that digest or nothing. A single manifest is never turned into another form, since
 * its digest is its name.
 */
export function acceptableManifest(call: RegistryCall, image: ImageRecord, reference: string): ImageRecord {
  const accepts = accepted(call.request.headers.accept);
  if (accepts(image.mediaType)) return image;
  if (image.kind === "index" && !isDigest(reference) && IMAGE_TYPES.some(accepts)) {
    const listed = image.manifests.find(({ os, architecture }) => os === "linux" && architecture === "amd64");
    const child = listed && findImage(call.platform.state, image.repository, listed.digest);
    if (child && accepts(child.mediaType)) return child;
  }
  throw new RegistryError(404, "MANIFEST_UNKNOWN", `the manifest is ${image.mediaType}, which the Accept header does not name`);
}

const IMAGE_TYPES = Object.entries(MANIFEST_TYPES).flatMap(([type, kind]) => (kind === "image" ? type : []));

/** Reads an `Accept` header; without one, everything is welcome. Weights only tell what is refused. Source: RFC 9110, section 12.5.1. */
function accepted(header: string | undefined): (type: string) => boolean {
  const ranges = (header ?? "").split(",").flatMap((entry) => {
    const [type = "", ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
    return type === "" ? [] : [{ type, refused: parameters.some((parameter) => /^q=0(\.0{0,3})?$/.test(parameter)) }];
  });
  if (ranges.length === 0) return () => true;
  return (type) => {
    const said = [type, "application/*", "*/*"].map((name) => ranges.find((range) => range.type === name)).find((range) => range);
    return said !== undefined && !said.refused;
  };
}
