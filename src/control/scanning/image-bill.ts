import { softwareBill, type SoftwareBill } from "../../decide/scan/cyclonedx.ts";
import type { Ids } from "../../ports/ids.ts";
import { repositoryNameOf, type ImageRecord } from "../../state/ecr.ts";
import { packagesOf } from "../../state/ecr-scans.ts";
import { imageInventory, type InventoryParts } from "./image-inventory.ts";
import { UnreadableImageError } from "./reading-budget.ts";

export interface ImageBillParts extends InventoryParts {
  readonly ids: Ids;
}

/** Makes bills of materials of images; a problem is told to people. */
export function imageBills(parts: ImageBillParts) {
  return async (image: ImageRecord): Promise<{ readonly bill: SoftwareBill } | { readonly problem: string }> => {
    try {
      const inventory = await imageInventory(parts, image);
      if (!inventory) return { problem: "manifest lists and other artifacts have no packages; the images that a list names have" };
      if (inventory.sources.some(({ ecosystem }) => ecosystem === undefined))
        return {
          problem: `packages of ${inventory.distribution ?? "an unknown distribution"} have no names that a bill of materials could tell`,
        };
      const { digest, distribution } = inventory;
      const name = repositoryNameOf(image.repository);
      const timestamp = new Date(parts.clock.now()).toISOString();
      const view = { name, digest, ...(distribution !== undefined && { distribution }), packages: packagesOf(inventory) };
      return { bill: softwareBill({ ...view, id: parts.ids.uuid(), timestamp }) };
    } catch (cause) {
      if (cause instanceof UnreadableImageError) return { problem: cause.message };
      throw cause;
    }
  };
}
