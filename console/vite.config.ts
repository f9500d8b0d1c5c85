import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { fontFiles } from "./build/font-files.ts";
import { precompressed } from "./build/precompressed.ts";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "/console/",
  plugins: [react(), fontFiles(), precompressed()],
  build: {
    outDir: fileURLToPath(new URL("../dist/console", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // A module that is preloaded by a script in the page would be against the page's own policy.
    modulePreload: { polyfill: false },
    // Fonts and pictures are files of this origin, and none is part of a style sheet.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4096,
  },
  server: {
    // `npm run dev -w console` beside a server that runs.
    proxy: { "^/(console/api/|$)": process.env["AWS_ENDPOINT_URL"] ?? "http://127.0.0.1:4566" },
  },
});
