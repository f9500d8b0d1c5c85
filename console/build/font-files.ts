import { createHash } from "node:crypto";
import type { Plugin } from "vite";

/**
 * Makes files of the fonts that stand as `data:` in style sheets of packages: a browser then loads those that a page uses and nothing before it is shown, and the page's policy
 * need not allow fonts of any text.
 */
export function fontFiles(): Plugin {
  return {
    name: "font-files",
    apply: "build",
    generateBundle(_options, bundle) {
      for (const asset of Object.values(bundle)) {
        if (asset.type !== "asset" || !asset.fileName.endsWith(".css")) continue;
        const text = typeof asset.source === "string" ? asset.source : Buffer.from(asset.source).toString();
        asset.source = text.replace(/url\(["']?data:font\/woff2?;base64,([A-Za-z0-9+/=]+)["']?\)/g, (_, base64: string) => {
          const font = Buffer.from(base64, "base64");
          const fileName = `assets/font-${createHash("sha256").update(font).digest("hex").slice(0, 8)}.woff2`;
          this.emitFile({ type: "asset", fileName, source: font });
          return `url(/console/${fileName})`;
        });
      }
    },
  };
}
